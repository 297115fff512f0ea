import Edge
import JSONDocument
import Jobs
import Logging
import Lookup
import Testing
import Web
import WebTestSupport
import World

/// What clients say and hear of answers that are kept.
@Suite struct LookupCacheRoutesTests {
    private static func withEdge(_ body: (String, FakeLookups) async throws -> Void) async throws {
        let gateway = FakeLookups(), services = LookupService.all
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [
                LookupBatchRoutes(gateway: gateway, services: services, world: gateway.world),
                LookupRoutes(gateway: gateway, services: services, world: gateway.world),
            ],
            readiness: { .healthy }, version: "0.1.0", world: gateway.world,
            limits: WebLimits(requestDeadline: .seconds(60)), logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)", gateway) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func result(_ service: Int, _ use: CacheUse?) -> LookupOutcome {
        LookupOutcome(service: service, result: .success("{}"), completedAtMs: 0, durationMs: 1, node: "n1", cache: use)
    }

    /// What the edge says of a job with these results.
    /// - Parameter isUnreal: no job is like that, and no document tells of it.
    private static func answer(_ results: [LookupOutcome], about target: String = "8.8.8.8", isUnreal: Bool = false) async throws -> Answer {
        var answer: Answer?
        try await withEdge { base, gateway in
            let id = WorkIDGenerator(gateway.world).next()
            let request = LookupRequest(target: try LookupTarget(target), services: [0, 1, 2, 3])
            try await gateway.submit(request, id: id)
            gateway.change(id) { $0.results = results }
            let url = "\(base)/api/lookup/\(id)"
            answer = try await isUnreal ? WebTestSupport.ask("GET", url) : ask("GET", url)
        }
        return try #require(answer)
    }

    // MARK: Fresh

    @Test(arguments: [
        ("", false), (#","fresh":null"#, false), (#","fresh":false"#, false), (#","fresh":true"#, true), (#","FRESH":true"#, true),
    ])
    func whoWantsNothingThatWasKeptSaysSo(_ member: String, _ isFresh: Bool) async throws {
        try await Self.withEdge { base, gateway in
            let one = try await ask("POST", base + "/api/lookup", body: #"{"target":"8.8.8.8"\#(member)}"#)
            let many = try await ask("POST", base + "/api/lookup/batch", body: #"{"targets":["8.8.4.4","example.com"]\#(member)}"#)
            #expect(one.status == 202 && many.status == 202, "\(one.text) \(many.text)")
            let requests = gateway.state.withLock { $0.jobs.values.map(\.request) }
            #expect(requests.count == 3 && requests.allSatisfy { $0.isFresh == isFresh })
        }
    }

    @Test(arguments: [#""true""#, "1", "[]"])
    func whatIsNeitherTrueNorFalseIsRefusedByName(_ value: String) async throws {
        try await Self.withEdge { base, gateway in
            for (path, body) in [("/api/lookup", #""target":"8.8.8.8""#), ("/api/lookup/batch", #""targets":["8.8.8.8"]"#)] {
                let answer = try await ask("POST", base + path, body: #"{\#(body),"fresh":\#(value)}"#)
                #expect(answer.status == 400)
                let words = answer.json?["errors"]?["$.fresh"]?[0]?.string
                #expect(words?.hasPrefix("fresh is true or false, not ") == true, "\(answer.text)")
                #expect(answer.json?["errors"]?["request"] != nil)
            }
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    // MARK: Cache-Status

    @Test func theHeaderTellsHowEachResultCameAboutInTheirOrder() async throws {
        let answer = try await Self.answer([
            Self.result(2, .hit(age: .seconds(20), left: .milliseconds(39_900))),
            Self.result(0, .lookedUp(.miss, kept: .seconds(60))),
            Self.result(1, .lookedUp(.miss, isJoined: true, kept: nil)),
            Self.result(3, .lookedUp(.request, kept: .seconds(5))),
        ], about: "2001:DB8::1")
        let members = [
            #"gossamer; hit; ttl=39; key="rdap/2001:db8::1"; detail="RDAP""#,
            #"gossamer; fwd=miss; stored; ttl=60; key="geoip/2001:db8::1"; detail="GeoIP""#,
            #"gossamer; fwd=miss; collapsed; key="ping/2001:db8::1"; detail="Ping""#,
            #"gossamer; fwd=request; stored; ttl=5; key="reversedns/2001:db8::1"; detail="ReverseDNS""#,
        ]
        #expect(answer.headers["cache-status"] == members.joined(separator: ", "))
    }

    @Test func aNodeThatKeepsNothingAndOneThatSaysNothingAreTold() async throws {
        let answer = try await Self.answer([Self.result(0, .lookedUp(.bypass, kept: nil)), Self.result(1, nil)])
        let members = [
            #"gossamer; fwd=bypass; key="geoip/8.8.8.8"; detail="GeoIP""#, #"gossamer; key="ping/8.8.8.8"; detail="Ping""#,
        ]
        #expect(answer.headers["cache-status"] == members.joined(separator: ", "))
        #expect(answer.json?["results"]?[1]?["cache"] == .null)
    }

    @Test func whileThereIsNoResultThereIsNoHeader() async throws {
        let answer = try await Self.answer([])
        #expect(answer.status == 200 && answer.headers["cache-status"] == nil)
    }

    /// Whole members only, or nobody could read what is there.
    @Test func theHeaderEndsBeforeItIsTooLong() async throws {
        let target = Array(repeating: String(repeating: "x", count: 49), count: 5).joined(separator: ".")
        let answer = try await Self.answer(Array(repeating: Self.result(1, .lookedUp(.miss, kept: nil)), count: 40), about: target, isUnreal: true)
        let members = try #require(answer.headers["cache-status"]).split(separator: ", ").map(String.init)
        #expect(Set(members) == [#"gossamer; fwd=miss; key="ping/\#(target)"; detail="Ping""#])
        #expect((10..<40).contains(members.count), "ten always have room")
        #expect(answer.json?["results"]?.elements?.count == 40)
    }

    @Test func aResultTellsItsAge() async throws {
        let answer = try await Self.answer([
            Self.result(2, .hit(age: .seconds(20), left: .seconds(39))), Self.result(0, .lookedUp(.request, kept: nil)),
        ])
        let results = answer.json?["results"]
        #expect(results?[0]?["cache"] == ["hit": true, "ageSeconds": 20, "ttlSeconds": 39])
        #expect(results?[1]?["cache"] == ["hit": false, "ageSeconds": 0, "ttlSeconds": nil])
    }
}
