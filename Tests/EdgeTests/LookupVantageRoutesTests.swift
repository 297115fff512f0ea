import Edge
import JSONDocument
import Jobs
import Logging
import Lookup
import Testing
import Web
import WebTestSupport
import World

/// From where to look, as clients say it and read it.
@Suite struct LookupVantageRoutesTests {
    private static let points = [
        VantagePoint(name: "n3", zone: "us"), VantagePoint(name: "n1", zone: "eu"), VantagePoint(name: "n2", zone: "eu"),
    ]

    private static func withLookups(_ body: (String, FakeLookups) async throws -> Void) async throws {
        let gateway = FakeLookups()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [
                LookupRoutes(gateway: gateway, services: LookupService.all, world: gateway.world, points: { $0 == "192.0.2.99" ? [] : points }),
                LookupBatchRoutes(gateway: gateway, services: LookupService.all, world: gateway.world, points: { _ in points }),
                JobEventsRoutes(sources: [JobEvents(gateway: gateway, services: LookupService.all)], world: gateway.world),
            ],
            readiness: { .healthy }, version: "0.1.0", world: gateway.world, limits: WebLimits(requestDeadline: .seconds(60)),
            logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)", gateway) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func submit(_ base: String, _ vantage: String, target: String = "8.8.8.8", services: String = "[1,0]") async throws -> Answer {
        try await ask("POST", base + "/api/lookup", body: #"{"target":"\#(target)","services":\#(services),"Vantage":\#(vantage)}"#)
    }

    private static func id(_ answer: Answer) throws -> WorkID { try #require(answer.json?["jobId"]?.string.flatMap { WorkID($0) }, "\(answer.text)") }

    private static func outcome(_ service: Int, _ node: String, _ result: Result<String, LookupFailure>, at address: String? = nil) -> LookupOutcome {
        LookupOutcome(
            service: service, result: result, completedAtMs: 1_764_000_000_200, durationMs: 45, node: node, resolvedAddress: address)
    }

    @Test(arguments: [
        ("null", nil as [String]?), (#""all""#, ["n1", "n2", "n3"]), (#""ALL""#, ["n1", "n2", "n3"]), ("1", ["n3"]), ("2", ["n3", "n1"]),
        (#"{"zone":"eu"}"#, ["n1", "n2"]), (#"{"Node":"n2"}"#, ["n2"]),
    ])
    func theNodesAreDecidedAtSubmission(_ vantage: String, _ nodes: [String]?) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await Self.submit(base, vantage)
            let id = try Self.id(answer)
            #expect(answer.status == 202 && gateway.state.withLock { $0.jobs[id]?.request.vantage?.nodes } == nodes)
        }
    }

    @Test func fewerThanWereAskedForAreAWarning() async throws {
        try await Self.withLookups { base, gateway in
            let id = try Self.id(try await Self.submit(base, "5"))
            let vantage = gateway.state.withLock { $0.jobs[id]?.request.vantage }
            #expect(vantage?.nodes == ["n3", "n1", "n2"] && vantage?.warnings == ["5 nodes were asked for, and 3 look up"])
        }
    }

    @Test func theNodesOfAnEarlierJobLookAgain() async throws {
        try await Self.withLookups { base, gateway in
            let first = try Self.id(try await Self.submit(base, "2"))
            let second = try Self.id(try await Self.submit(base, #"{"sameAs":"\#(first)"}"#))
            #expect(gateway.state.withLock { $0.jobs[second]?.request.vantage?.nodes } == ["n3", "n1"])
            let document = try #require(try await ask("GET", "\(base)/api/lookup/\(second)").json)
            #expect(document["vantage"] == ["asked": ["sameAs": .string("\(first)")], "nodes": ["n3", "n1"]])
            gateway.state.withLock { $0.silence = JobGatewayError(.unavailable, "no majority", retryAfterSeconds: 3) }
            let later = try await Self.submit(base, #"{"sameAs":"\#(first)"}"#)
            #expect(later.status == 503 && later.headers["retry-after"] == "3", "it may be there")
        }
    }

    @Test(arguments: [
        ("0", "0 nodes; 1 to 32"), ("33", "33 nodes; 1 to 32"), ("[]", "[] says nothing"), (#""some""#, "says nothing"), ("{}", "says nothing"),
        (#"{"zone":"eu","node":"n1"}"#, "says nothing"), (#"{"rack":"r1"}"#, "'rack' is no key"),
        (#"{"zone":"mars"}"#, "no node of the zone 'mars' looks up; known are eu, us"),
        (#"{"node":"n9"}"#, "no node 'n9' looks up; known are n1, n2, n3"),
        (#"{"sameAs":"nonsense"}"#, "'nonsense' is no id of a job"),
        (#"{"sameAs":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}"#, "there is no lookup job 017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
    ])
    func whatCannotBeHadStandsUnderItsField(_ vantage: String, _ words: String) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await Self.submit(base, vantage)
            #expect(answer.status == 400 && answer.headers["content-type"]?.hasPrefix("application/problem+json") == true)
            #expect(answer.json?["errors"]?["Vantage"]?[0]?.string?.contains(words) == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func whereNobodyLooksUpThereIsNoPlaceToLookFrom() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await Self.submit(base, #""all""#, target: "192.0.2.99")
            #expect(answer.status == 400 && answer.json?["errors"]?["Vantage"] == ["no node with the role lookup is alive"])
        }
    }

    @Test func allThatIsWrongIsToldAtOnce() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await Self.submit(base, #"{"node":"n9"}"#, target: "x", services: "[9]")
            #expect(answer.json?["errors"]?.members?.map(\.key) == ["Target", "Services", "Vantage"])
        }
    }

    @Test func theDocumentHasAResultForEachNodeAndComparesThem() async throws {
        try await Self.withLookups { base, gateway in
            let id = try Self.id(try await Self.submit(base, #""all""#))
            let ping = #"{"packetsReceived":4,"averageRoundtripMs":15.2}"#
            gateway.change(id) {
                $0.status = .processing
                $0.results = [
                    Self.outcome(1, "n1", .success(ping), at: "8.8.8.8"),
                    Self.outcome(1, "n2", .success(#"{"packetsReceived":0,"averageRoundtripMs":0}"#), at: "8.8.8.8"),
                    Self.outcome(1, "n3", .failure(LookupFailure("node n3 has died", source: .mesh))),
                    Self.outcome(0, "n1", .success("{")),
                ]
            }
            let answer = try await ask("GET", "\(base)/api/lookup/\(id)"), document = try #require(answer.json)
            #expect(document.members?.map(\.key).suffix(3) == ["warnings", "vantage", "comparison"])
            #expect(document["completionPercentage"] == 66 && document["vantage"] == ["asked": "all", "nodes": ["n1", "n2", "n3"]])
            let results = try #require(document["results"]?.elements)
            #expect(results.map { $0["serviceName"] } == ["Ping", "Ping", "Ping", "GeoIP"] && results.map { $0["node"] } == ["n1", "n2", "n3", "n1"])
            #expect(results.map { $0["failureSource"] } == [.null, .null, "mesh", .null])
            #expect(results.map { $0["resolvedAddress"] } == ["8.8.8.8", "8.8.8.8", .null, .null])
            #expect(document["comparison"]?[0] == [
                "serviceType": "1", "serviceName": "Ping", "agreement": false,
                "groups": [
                    ["answer": ["reachable": true], "nodes": ["n1"], "resolvedAddresses": ["8.8.8.8"]],
                    ["answer": ["reachable": false], "nodes": ["n2"], "resolvedAddresses": ["8.8.8.8"]],
                ],
                "failures": ["mesh": ["n3"]], "pending": [],
                "fastest": ["node": "n1", "averageRoundtripMs": .number(15.2)], "slowest": ["node": "n1", "averageRoundtripMs": .number(15.2)],
            ])
            #expect(document["comparison"]?[1]?["agreement"] == .null && document["comparison"]?[1]?["pending"] == ["n2", "n3"])
            #expect(document["comparison"]?[1]?["fastest"] == .null)
            #expect(answer.headers["x-response-warnings"] == "the result of GeoIP from n1 could not be read: its data is not JSON")
            let code = try #require(try await ask("GET", "\(base)/api/lookup/\(id)", headers: [("Accept", "application/json;profile=code")]).json)
            #expect(code["comparison"]?[0]?["serviceType"] == "Ping" && code["comparison"]?[0]?["groups"] == document["comparison"]?[0]?["groups"])
        }
    }

    @Test func withoutAWishTheDocumentIsAsItWas() async throws {
        try await Self.withLookups { base, _ in
            let id = try Self.id(try await Self.submit(base, "null"))
            let document = try #require(try await ask("GET", "\(base)/api/lookup/\(id)").json)
            #expect(document["vantage"] == nil && document["comparison"] == nil)
        }
    }

    /// Two nodes answer for one service, one after the other.
    @Test func eventsTellTheNodesOfOneServiceApart() async throws {
        try await Self.withLookups { base, gateway in
            let id = try Self.id(try await Self.submit(base, "2", services: "[1]"))
            let events = try await EventReader.read("\(base)/api/jobs/\(id)/events", lastEventID: nil) { event in
                gateway.change(id) { status in
                    status.version += 1
                    switch status.results.count {
                    case 0: status.results = [Self.outcome(1, "n1", .success("{}"))]
                    case 1: status.results = [Self.outcome(1, "n3", .success("{}")), Self.outcome(1, "n1", .success("{}"))]
                    default: status.status = .completed
                    }
                }
                return true
            }
            #expect(events.map(\.kind) == ["accepted", "result", "result", "completed"])
            #expect(events[1].data["results"]?.elements?.map { $0["node"] } == ["n1"])
            #expect(events[2].data["results"]?.elements?.map { $0["node"] } == ["n3", "n1"])
            #expect(events[2].data["comparison"]?[0]?["pending"] == [] && events[2].data["vantage"] == nil, "it has not changed")
        }
    }

    // MARK: Several targets

    @Test func eachTargetOfABatchIsLookedUpFromThere() async throws {
        try await Self.withLookups { base, gateway in
            let body = #"{"targets":["8.8.8.8","localhost","example.com"],"services":[0],"vantage":{"zone":"eu"}}"#
            let answer = try await ask("POST", base + "/api/lookup/batch", body: body)
            #expect(answer.status == 202 && answer.json?["jobs"]?.elements?.map { $0["jobId"] != nil } == [true, false, true])
            #expect(gateway.state.withLock { $0.jobs.values.map { $0.request.vantage?.nodes } } == [["n1", "n2"], ["n1", "n2"]])
        }
    }

    @Test(arguments: [
        (#"{"node":"n9"}"#, 1, "no node 'n9' looks up"), ("7.5", 1, "7.5 nodes"),
        (#""all""#, 84, "3 nodes, 4 services and 84 targets are too many; at most 1000"),
    ])
    func whatIsWrongWithItRefusesTheWholeBatch(_ vantage: String, _ targets: Int, _ words: String) async throws {
        try await Self.withLookups { base, gateway in
            let list = (0..<targets).map { #""10.0.0.\#($0)""# }.joined(separator: ",")
            let answer = try await ask("POST", base + "/api/lookup/batch", body: #"{"targets":[\#(list)],"vantage":\#(vantage)}"#)
            #expect(answer.status == 400 && answer.json?["errors"]?["Vantage"]?[0]?.string?.contains(words) == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }
}
