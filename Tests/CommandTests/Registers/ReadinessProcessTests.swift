import TestSupport
import Testing
import WebTestSupport
import World

/// What load balancers are told by a mesh of processes that loses its stores.
@Suite(.serialized, .bounded) struct ReadinessProcessTests {
    private static let port = 22_500
    /// The admin port of the node that stays, its edge, and the edge of a node without a store.
    private static let doors = [port + 3, port + 4, port + 54].map { "http://127.0.0.1:\($0)/health/ready" }

    private func until(
        _ word: String, _ status: Int, reason: String?, _ mesh: TestMesh, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = mesh.world.now + .seconds(60)
        for door in Self.doors {
            var last: Answer?
            repeat {
                if last != nil { try await mesh.world.sleep(for: .milliseconds(50)) }
                last = try await ask("GET", door)
            } while last?.text != word && mesh.world.now < deadline
            let given = last?.headers["gossamer-reason"]
            #expect(last?.text == word && last?.status == status, "\(door)", sourceLocation: sourceLocation)
            let isAsExpected = reason.map { given?.contains($0) == true } ?? (given == nil)
            #expect(isAsExpected, "\(door): \(given ?? "no reason")", sourceLocation: sourceLocation)
        }
    }

    @Test func readinessFollowsTheMajoritiesOfTheShards() async throws {
        let more = ["n6": ", roles: [primes], edge: {port: \(Self.port + 54)}"]
        try await TestMesh.with(6, port: Self.port, more: more) { mesh in
            try await mesh.up(options: ["--init"])
            for name in mesh.names.dropLast() { try await mesh.untilStore(at: name, is: "voting") }
            try await until("Healthy", 200, reason: nil, mesh)
            // Of three replicas on five stores two are gone now and then.
            try await mesh.kill(["n4", "n5"])
            try await until("Degraded", 200, reason: "of 1024 shards do not have a majority of live stores", mesh)
            try await mesh.kill(["n2", "n3"])
            try await until("Unhealthy", 503, reason: "none of the 1024 shards has a majority of live stores", mesh)
            try await mesh.up("n2", "n3", "n4", "n5")
            try await until("Healthy", 200, reason: nil, mesh)
        }
    }
}
