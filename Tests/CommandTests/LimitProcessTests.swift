import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import WebTestSupport
import World

/// One client and two edges of a mesh of processes, and a node that counts for both.
@Suite(.serialized, .bounded) struct LimitProcessTests {
    private static let port = 22_830
    private static let edges = ["http://127.0.0.1:\(port + 4)", "http://127.0.0.1:\(port + 14)"]

    /// n1 and n2 are edges. n3 alone is a store, so that it is the home of every bucket. Clients are told apart by what a proxy says, which
    /// is this machine.
    private func withMesh(_ limits: String, _ body: (TestMesh) async throws -> Void) async throws {
        let roles = ["n1": ", roles: [lookup]", "n2": ", roles: [lookup]", "n3": ", roles: [store]"]
        let extra = "limits: {trustedProxies: [127.0.0.1], \(limits)}\n"
        try await TestMesh.with(3, port: Self.port, edges: 2, extra: extra, more: roles) { mesh in
            try await mesh.up()
            // Until both edges know of the node that counts.
            let deadline = mesh.world.now + .seconds(30)
            var (before, after) = (try await fallbacks(mesh), [String: Int]())
            while before != after {
                try #require(mesh.world.now < deadline)
                before = try await fallbacks(mesh)
                _ = try await ask(as: "198.51.100.1", times: 2)
                after = try await fallbacks(mesh)
                try await mesh.world.sleep(for: .milliseconds(100))
            }
            try await body(mesh)
        }
    }

    /// Asks as a client, at one edge.
    private func ask(as client: String, _ edge: String) async throws -> Answer {
        // An id that is none: it is answered without asking anybody.
        try await WebTestSupport.ask("GET", edge + "/api/lookup/nobody", headers: [("X-Forwarded-For", client)])
    }

    /// Asks as a client so many times, at one edge and the other in turn.
    private func ask(as client: String, times: Int) async throws -> [Answer] {
        var answers: [Answer] = []
        for number in 0..<times { answers.append(try await ask(as: client, Self.edges[number % 2])) }
        return answers
    }

    private func fallbacks(_ mesh: TestMesh) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for name in ["n1", "n2"] {
            let text = try #require(await mesh.ask(name, "/metrics")).text
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("gossamer_limits_fallback_total ") }, "\(text)")
            counts[name] = Int(line.split(separator: " ").last.flatMap { Double($0) } ?? -1)
        }
        return counts
    }

    @Test func theTwentyFirstSubmissionIsRefusedWhicheverEdgeItGoesTo() async throws {
        try await withMesh("post: {queue: 0}") { mesh in
            let body = #"{"target":"127.0.0.1","services":["ping"]}"#, before = try await fallbacks(mesh)
            var answers: [Answer] = []
            for number in 0..<25 {
                let url = Self.edges[number % 2] + "/api/lookup"
                answers.append(try await WebTestSupport.ask("POST", url, body: body, headers: [("X-Forwarded-For", "192.0.2.1")]))
            }
            let left = try await fallbacks(mesh)
            #expect(left == before, "the node that counts was asked each time")
            #expect(answers.map(\.status) == Array(repeating: 202, count: 20) + Array(repeating: 429, count: 5))
            let remaining = (0..<20).reversed().map { "\($0)" } + Array(repeating: "0", count: 5)
            #expect(answers.map { $0.headers["ratelimit-remaining"] } == remaining)
            #expect(answers.allSatisfy { $0.headers["ratelimit-limit"] == "20" })
            #expect(answers.suffix(5).allSatisfy { $0.headers["retry-after"] == "60" })
            let headers = [("X-Forwarded-For", "192.0.2.2")]
            let other = try await WebTestSupport.ask("POST", Self.edges[0] + "/api/lookup", body: body, headers: headers)
            #expect(other.status == 202, "another client")
        }
    }

    @Test func whatOneEdgeHasGrantedHasTheOtherOnesRequestWait() async throws {
        try await withMesh("get: {limit: 2, window: 10s, segments: 2, queue: 1}") { mesh in
            let answers = try await ask(as: "192.0.2.1", times: 3)
            #expect(answers.map(\.status) == [404, 404, 404])
            let text = try #require(await mesh.ask("n1", "/metrics")).text
            #expect(text.contains(#"gossamer_limits_requests_total{outcome="queued",rate="get"} 1"#), "\(text)")
        }
    }

    @Test func whileTheNodeThatCountsIsSilentEachEdgeGoesByItsShare() async throws {
        try await withMesh("get: {limit: 20, queue: 0}") { mesh in
            let before = try await ask(as: "192.0.2.1", times: 25)
            #expect(before.map(\.status) == Array(repeating: 404, count: 20) + Array(repeating: 429, count: 5))

            let home = try #require(mesh.process("n3"))
            #expect(home.signal(SIGSTOP))
            let meanwhile = try await ask(as: "192.0.2.2", times: 30)
            #expect(home.signal(SIGCONT))
            // Whether it is only silent or counts as dead already: ten at each of two edges.
            #expect(meanwhile.map(\.status) == Array(repeating: 404, count: 20) + Array(repeating: 429, count: 10))
            #expect(meanwhile.allSatisfy { $0.headers["ratelimit-limit"] == "10" })
            let left = try await fallbacks(mesh)
            #expect(left.values.allSatisfy { $0 >= 15 }, "\(left)")

            // It is asked again when it is there again.
            let deadline = mesh.world.now + .seconds(60)
            var limits: [String?] = []
            while limits != ["20", "20"], mesh.world.now < deadline {
                limits = try await ask(as: "192.0.2.3", times: 2).map { $0.headers["ratelimit-limit"] }
                try await mesh.world.sleep(for: .milliseconds(500))
            }
            #expect(limits == ["20", "20"])

            // And when it is dead for good, clients are served all the same.
            try await mesh.kill(["n3"])
            let after = try await ask(as: "192.0.2.4", times: 22)
            #expect(after.map(\.status) == Array(repeating: 404, count: 20) + Array(repeating: 429, count: 2))
        }
    }
}
