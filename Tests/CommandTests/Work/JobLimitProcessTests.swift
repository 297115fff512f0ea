import JSONDocument
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// The limit of running jobs, on a mesh of processes that is asked for many in one moment.
@Suite(.serialized, .bounded) struct JobLimitProcessTests {
    private static let port = 22_760
    private static let bases = (0..<3).map { "http://127.0.0.1:\(port + 10 * $0 + 4)" }
    /// Takes longer than the test.
    private static let body = #"{"from":0,"to":200000000,"algorithm":"trial","chunks":4000}"#

    private static func submit(_ count: Int) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<count {
                group.addTask { try await ask("POST", bases[number % bases.count] + "/api/primes", body: body) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// One job for each of three homes, whoever asks; and as many again once these are cancelled.
    @Test func aBurstOfJobsBeginsAsManyAsMayRun() async throws {
        try await TestMesh.with(3, port: Self.port, edges: 3, extra: "primes: {runningJobs: 1, deadline: 1h}\n") { mesh in
            try await mesh.begin()
            for round in 1...2 {
                var taken: [String] = []
                // Until every home has one: those of the round before may not have been let go of yet.
                let deadline = mesh.world.now + .seconds(60)
                while taken.count < 3, mesh.world.now < deadline {
                    for answer in try await Self.submit(60) {
                        if answer.status == 202, let path = answer.json?["statusUrl"]?.string {
                            taken.append(path)
                            continue
                        }
                        #expect(answer.status == 503 && answer.json?["outcome"] == "failed", "\(answer.text)")
                        #expect(answer.json?["detail"]?.string?.contains("and the limit is 1") == true, "\(answer.text)")
                    }
                }
                #expect(taken.count == 3, "round \(round)")
                for path in taken { #expect(try await ask("DELETE", Self.bases[0] + path).status == 202) }
            }
        }
    }
}
