import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// Jobs on meshes of real processes, one of which is killed in the middle.
@Suite(.serialized, .bounded) struct DeathTests {
    /// Trial division of so many numbers keeps two processors busy for seconds, so that the kill comes in the middle.
    private static let order = PrimesOrder(from: "0", to: "40000000", algorithm: "trial", chunks: 400)
    private static let count: UInt64 = 2_433_654

    /// Submits the order through the edge n1 until another node looks after its job. A mesh that has just come up takes none before all its
    /// stores have met.
    private func begin(_ mesh: TestMesh, _ client: EdgeClient) async throws -> (EdgeClient.Ticket, home: String) {
        for name in mesh.names { try await mesh.untilStore(at: name, is: "voting") }
        for _ in 0..<50 {
            let ticket = try await client.submit(Self.order.body, to: PrimesOrder.path)
            let home = try await mesh.home(ofJob: String(ticket.path.split(separator: "/").last ?? ""))
            if home != "n1" { return (ticket, home) }
            await client.cancel(ticket)
        }
        throw CommandFailure(.software, "n1 is the home of every job")
    }

    /// Follows the job; kills `victim` once the job has done some parts, some of them there.
    private func follow(
        _ ticket: EdgeClient.Ticket, _ client: EdgeClient, _ mesh: TestMesh, killing victim: String
    ) async throws -> PrimesDocument {
        var isKilled = false
        let result = try await client.follow(ticket, as: PrimesDocument.self) { document in
            let isUnderWay = document.done > 3 && document.shares.contains { $0.node == victim && $0.chunks > 0 }
            if !isKilled, isUnderWay, document.status == "Processing" { isKilled = mesh.process(victim)?.signal(SIGKILL) == true }
        }
        try #require(isKilled, "the job was over before \(victim) could be killed: \(result.document.text())")
        return result
    }

    @Test func aRunningJobOutlivesAWorkerThatDies() async throws {
        try await TestMesh.with(4, port: 24_300) { mesh in
            try await mesh.up()
            let client = EdgeClient(edges: ["http://127.0.0.1:24304"], world: mesh.world)
            let (ticket, home) = try await begin(mesh, client)
            let victim = try #require(mesh.names.last { $0 != home && $0 != "n1" })
            let result = try await follow(ticket, client, mesh, killing: victim)
            #expect(result.status == "Completed" && result.count == Self.count, "\(result.document.text())")
            #expect(result.resent > 0, "the parts of \(victim) were counted again: \(result.document.text())")
        }
    }

    @Test func aJobOutlivesItsHome() async throws {
        try await TestMesh.with(4, port: 24_400) { mesh in
            try await mesh.up()
            let client = EdgeClient(edges: ["http://127.0.0.1:24404"], world: mesh.world)
            let (ticket, home) = try await begin(mesh, client)
            let result = try await follow(ticket, client, mesh, killing: home)
            #expect(result.status == "Completed" && result.count == Self.count, "\(result.document.text())")
        }
    }

    @Test func aJobOutlivesTheDeathOfAllNodesAtOnce() async throws {
        try await TestMesh.with(4, port: 24_300) { mesh in
            try await mesh.up()
            let client = EdgeClient(edges: ["http://127.0.0.1:24304"], world: mesh.world)
            let (ticket, _) = try await begin(mesh, client)
            var done = 0
            let deadline = mesh.world.now + .seconds(30)
            while done <= 3, mesh.world.now < deadline {
                done = try await ask("GET", "http://127.0.0.1:24304" + ticket.path).json?["chunks"]?["done"]?.integer() ?? 0
            }
            try #require((4..<400).contains(done), "\(done) parts are done")
            for name in mesh.names { #expect(mesh.process(name)?.signal(SIGKILL) == true) }
            try await mesh.up()
            let result = try await client.follow(ticket, as: PrimesDocument.self) { _ in }
            #expect(result.status == "Completed" && result.count == Self.count, "\(result.document.text())")
        }
    }
}
