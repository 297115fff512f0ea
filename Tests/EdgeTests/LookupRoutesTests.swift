import Edge
import JSONDocument
import Jobs
import Logging
import Lookup
import Testing
import Web
import WebTestSupport
import World

@Suite struct LookupRoutesTests {
    private static func withLookups(_ body: (String, FakeLookups) async throws -> Void) async throws {
        let gateway = FakeLookups()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [LookupRoutes(gateway: gateway, services: LookupService.all, world: gateway.world)],
            readiness: { .healthy }, version: "0.1.0", world: gateway.world, logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)", gateway) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func submit(_ base: String, _ body: String) async throws -> Answer {
        try await ask("POST", base + "/api/lookup", body: body)
    }

    @Test func aLookupIsAcceptedWithItsAbsoluteLocation() async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await Self.submit(base, #"{"Target":" 8.8.8.8 ","SERVICES":[3,"ping"]}"#)
            #expect(answer.status == 202)
            let id = try #require(answer.json?["jobId"]?.string)
            #expect(answer.json == [
                "jobId": .string(id), "statusUrl": .string("/api/lookup/\(id)"),
                "message": "Job submitted successfully. Poll the status URL to check progress.",
            ])
            #expect(answer.headers["location"] == "\(base)/api/lookup/\(id)")
            let request = try #require(gateway.state.withLock { $0.jobs.values.first?.request })
            #expect(request.target.text == "8.8.8.8" && request.services == [3, 1])
        }
    }

    @Test(arguments: [#"{"target":"8.8.8.8"}"#, #"{"target":"8.8.8.8","services":null}"#])
    func withoutServicesAllAreMeant(_ body: String) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await Self.submit(base, body)
            #expect(answer.status == 202)
            #expect(gateway.state.withLock { $0.jobs.values.first?.request.services } == [0, 1, 2, 3])
        }
    }

    @Test(arguments: [
        (#"{"services":[0]}"#, "Target"), (#"{"target":null}"#, "Target"), (#"{"target":"localhost"}"#, "Target"),
        (#"{"target":"8.8.8.8","services":[]}"#, "Services"), (#"{"target":"8.8.8.8","services":[4]}"#, "Services"),
        (#"{"target":"8.8.8.8","services":[0,0]}"#, "Services"), (#"{"target":"8.8.8.8","services":[0,"geoip"]}"#, "Services"),
        (#"{"target":"8.8.8.8","services":["Whois"]}"#, "Services"), (#"{"target":"8.8.8.8","services":[1.5]}"#, "Services"),
        (#"{"target":"8.8.8.8","services":[0,1,2,3,0,1,2,3,0,1,2]}"#, "Services"),
        (#"{"target":17}"#, "$.target"), (#"{"target":17}"#, "request"), (#"{"target":"8.8.8.8","services":"Ping"}"#, "$.services"),
        ("{", "$"), ("{", "request"), ("[]", "$"),
    ])
    func whatIsWrongStandsUnderItsField(_ body: String, _ field: String) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await Self.submit(base, body)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"]?.hasPrefix("application/problem+json") == true)
            #expect(answer.json?["title"] == "One or more validation errors occurred.")
            #expect(answer.json?["errors"]?.members?.contains { $0.key == field } == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func bothFieldsAreToldAtOnce() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await Self.submit(base, #"{"target":"x","services":[9]}"#)
            #expect(answer.json?["errors"]?.members?.map(\.key) == ["Target", "Services"])
        }
    }

    @Test func aTargetThatPassesTheFirstCheckOnlyIsRefusedInOneSentence() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await Self.submit(base, #"{"target":"8.8.8.8%eth0"}"#)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
            #expect(answer.json == ["error": "Target must be a valid IP address or domain name"])
        }
    }

    @Test func theDocumentIsThatOfTheContractInBothProfiles() async throws {
        try await Self.withLookups { base, gateway in
            let accepted = try await Self.submit(base, #"{"target":"8.8.8.8","services":[1,0]}"#)
            let id = try #require(accepted.json?["jobId"]?.string.flatMap { WorkID($0) })
            gateway.change(id) {
                $0.status = .processing
                $0.results = [
                    LookupOutcome(
                        service: 1, result: .success(#"{"averageRoundtripMs":15.2,"results":[{"roundtripTime":15,"ttl":64}]}"#),
                        completedAtMs: 1_764_000_000_200, durationMs: 45, node: "n3"),
                ]
            }
            let readme = try #require(try await ask("GET", "\(base)/API/Lookup/\(id)/").json)
            #expect(readme.members?.map(\.key) == [
                "jobId", "target", "targetType", "status", "createdAt", "completedAt", "completionPercentage",
                "requestedServices", "results", "warnings",
            ])
            #expect(readme["targetType"] == "IPAddress" && readme["completionPercentage"] == 50 && readme["warnings"] == .null)
            #expect(readme["requestedServices"] == [1, 0])
            #expect(readme["results"]?[0] == [
                "serviceType": "1", "success": true,
                "data": #"{"averageRoundtripMs":15.2,"results":[{"roundtripTime":15,"ttl":64}]}"#, "errorMessage": nil,
                "completedAt": "2025-11-24T16:00:00.200Z", "durationMs": 45, "serviceName": "Ping",
                "result": ["averageRoundtripMs": .number("15.2"), "results": [["roundtripTime": 15, "ttl": 64]]],
                "cache": nil,
            ])
            let code = try #require(try await ask(
                "GET", "\(base)/api/lookup/\(id)", headers: [("Accept", "application/json; profile=code")]).json)
            #expect(code["requestedServices"] == ["Ping", "GeoIP"])
            #expect(code["results"]?[0]?["serviceType"] == "Ping")
            #expect(code["results"]?[0]?["data"] == #"{"AverageRoundtripMs":15.2,"Results":[{"RoundtripTime":15,"TTL":64}]}"#)
        }
    }

    @Test func aResultThatCannotBeReadIsAWarningInTheDocumentAndInAHeader() async throws {
        try await Self.withLookups { base, gateway in
            let accepted = try await Self.submit(base, #"{"target":"8.8.8.8","services":[1,3]}"#)
            let url = "\(base)/api/lookup/\(try #require(accepted.json?["jobId"]?.string))"
            let id = try #require(accepted.json?["jobId"]?.string.flatMap { WorkID($0) })
            let good = LookupOutcome(service: 1, result: .success("{}"), completedAtMs: 0, durationMs: 1, node: "n1")
            gateway.change(id) { $0.results = [good]; $0.warnings = ["no node \u{2013} wait"] }
            let well = try await ask("GET", url)
            #expect(well.headers["x-response-warnings"] == nil && well.json?["warnings"] == ["no node \u{2013} wait"])
            gateway.change(id) {
                $0.results = [
                    good,
                    LookupOutcome(service: 3, result: .success(#"{"found":tru"#), completedAtMs: 0, durationMs: 1, node: "n1"),
                ]
            }
            let answer = try await ask("GET", url)
            let warning = "the result of ReverseDNS could not be read: its data is not JSON"
            #expect(answer.json?["warnings"] == ["no node \u{2013} wait", .string(warning)])
            #expect(answer.json?["results"]?[1]?["data"] == .null && answer.json?["results"]?[0]?["data"] == "{}")
            #expect(answer.headers["x-response-warnings"] == "no node ? wait; \(warning)")
        }
    }

    @Test func eventsNameAServiceAsTheJobDoes() async throws {
        let gateway = FakeLookups()
        let whois = LookupService(value: 4, name: "Whois", description: "Registration by whois")
        let target = try LookupTarget("192.0.2.7")
        let id = WorkIDGenerator(gateway.world).next()
        try await gateway.submit(LookupRequest(target: target, services: [4]), id: id)
        gateway.change(id) {
            $0.results = [LookupOutcome(service: 4, result: .success("{}"), completedAtMs: 0, durationMs: 1, node: "n1")]
        }
        guard case .change(let change) = await JobEvents(gateway: gateway, services: [whois]).sighting(of: id, seen: nil) else {
            Issue.record("the job is not found")
            return
        }
        #expect(change.document["results"]?[0]?["serviceName"] == "Whois")
    }

    @Test(arguments: ["evil.com/\"x", "evil.com/x?", "user@evil.com", "a b"])
    func aHostThatIsNoneGetsIntoNoLocation(_ host: String) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await ask("POST", base + "/api/lookup", body: #"{"target":"8.8.8.8"}"#, headers: [("Host", host)])
            #expect(answer.status == 400 && answer.headers["location"] == nil)
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func withoutAHostTheLocationIsThePath() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await ask("POST", base + "/api/lookup", body: #"{"target":"8.8.8.8"}"#, headers: [("Host", "")])
            #expect(answer.status == 202)
            #expect(answer.headers["location"] == answer.json?["statusUrl"]?.string)
        }
    }

    @Test func whatARegistryHasSaidStaysAsItIsInBothProfiles() async throws {
        try await Self.withLookups { base, gateway in
            let accepted = try await Self.submit(base, #"{"target":"8.8.8.8","services":[2]}"#)
            let id = try #require(accepted.json?["jobId"]?.string.flatMap { WorkID($0) })
            gateway.change(id) {
                $0.results = [
                    LookupOutcome(
                        service: 2, result: .success(#"{"handle":"NET-8"}"#), completedAtMs: 0, durationMs: 1, node: "n1"),
                ]
            }
            let answer = try await ask("GET", "\(base)/api/lookup/\(id)", headers: [("Accept", "application/json;profile=code")])
            #expect(answer.json?["results"]?[0]?["data"] == #"{"handle":"NET-8"}"#)
        }
    }

    @Test(arguments: ["017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "nonsense"])
    func anUnknownJobIsNotFoundWhateverItsIDLooksLike(_ id: String) async throws {
        try await Self.withLookups { base, _ in
            for method in ["GET", "DELETE"] {
                let answer = try await ask(method, "\(base)/api/lookup/\(id)")
                #expect(answer.status == 404 && answer.json == ["error": "Job not found"])
            }
        }
    }

    @Test func theServicesAreListedAndNotTakenForAJob() async throws {
        try await Self.withLookups { base, _ in
            let services = try #require(try await ask("GET", base + "/api/lookup/services").json?.elements)
            #expect(services.map { $0["name"]?.string } == ["GeoIP", "Ping", "RDAP", "ReverseDNS"])
            #expect(services.map { $0["value"] } == [0, 1, 2, 3])
            #expect(services[3]["description"] == "Reverse DNS lookup (PTR record)")
        }
    }

    @Test func anEdgeWithoutAHomeSaysWhenToComeAgain() async throws {
        try await Self.withLookups { base, gateway in
            gateway.state.withLock { $0.failure = JobGatewayError(.unavailable, "n3 does not answer", retryAfterSeconds: 2) }
            let answer = try await Self.submit(base, #"{"target":"8.8.8.8"}"#)
            #expect(answer.status == 503 && answer.headers["retry-after"] == "2")
            #expect(answer.json?["outcome"] == "failed" && answer.json?["jobId"] == nil)
        }
    }

    @Test func aJobThatMayHaveBeenTakenIsToldByItsID() async throws {
        try await Self.withLookups { base, gateway in
            gateway.state.withLock { $0.failure = JobGatewayError(.unknown, "n3 has not said") }
            let answer = try await Self.submit(base, #"{"target":"8.8.8.8"}"#)
            #expect(answer.status == 503 && answer.json?["outcome"] == "unknown")
            let id = try #require(answer.json?["jobId"]?.string)
            #expect(WorkID(id) != nil && answer.json?["statusUrl"]?.string == "/api/lookup/\(id)")
        }
    }

    @Test func otherMethodsAndTypesAreRefused() async throws {
        try await Self.withLookups { base, _ in
            let put = try await ask("PUT", base + "/api/lookup")
            #expect(put.status == 405)
            let text = try await ask("POST", base + "/api/lookup", body: #"{"target":"8.8.8.8"}"#, type: "text/plain")
            #expect(text.status == 415)
        }
    }
}
