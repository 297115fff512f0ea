import Foundation
import Mesh
import TestSupport
import Testing
import World

/// A client written in another language from docs/WIRE.md alone, against real nodes.
@Suite struct PythonClientTests {
    private struct Answer: Decodable {
        struct Member: Decodable {
            var name: String
            var status: String
        }

        var targets: [String]?
        var members: [Member]?
        var result: Int?
    }

    private func client(_ mesh: TestMesh, _ arguments: [String]) async throws -> Answer {
        let port = String(mesh[0].configuration.address.port)
        let output = try await PythonEnvironment.run(
            script: "gossamer_client.py", [mesh.name, "127.0.0.1", port] + arguments, packages: ["pyzmq", "msgpack"])
        return try JSONDecoder().decode(Answer.self, from: Data(output))
    }

    @Test func aStrangerListsMembersAndCallsAnActor() async throws {
        let mesh = try await TestMesh(3)
        let probe = Probe(actorSystem: mesh[0].system)
        try await mesh.start()
        let listing = try await client(mesh, ["--members", "--targets"])
        #expect(listing.members?.map(\.name) == ["n1", "n2", "n3"])
        #expect(listing.members?.allSatisfy { $0.status == "alive" } == true)
        let target = try #require(listing.targets?.first { $0.contains("5ProbeC3sum") })
        let sum = try await client(mesh, ["--call", target, #"[40, null, {"x": 1, "y": 1}]"#])
        #expect(sum.result == 42)
        // A client is no member, and nobody mistakes it for one.
        #expect(mesh[0].members.members.map(\.name) == ["n1", "n2", "n3"])
        withExtendedLifetime(probe) {}
        await mesh.stop()
    }

    @Test func aStrangerIsToldWhatIsWrong() async throws {
        let mesh = try await TestMesh(1)
        let probe = Probe(actorSystem: mesh[0].system)
        try await mesh.start()
        let target = try #require(try await client(mesh, ["--targets"]).targets?.first { $0.contains("5ProbeC3sum") })
        let failure = await #expect(throws: CommandLineTool.Failure.self) {
            _ = try await client(mesh, ["--call", target, #"["not a number", null, {}]"#])
        }
        #expect(failure?.description.contains("Int") == true)
        #expect(failure?.description.contains("code 7") == true)
        // The first call of a function goes another way than the later ones.
        for _ in 0..<2 {
            for wrong in ["[1]", "[1, 2, {}, 4]", #"["not a number", null, {}]"#] {
                let failure = await #expect(throws: CommandLineTool.Failure.self) {
                    _ = try await client(mesh, ["--call", target, wrong])
                }
                #expect(failure?.description.contains("code 7") == true, "\(wrong): \(failure?.description ?? "")")
            }
            #expect(try await client(mesh, ["--call", target, "[1, 2, {}]"]).result == 3)
        }
        let versions = await #expect(throws: CommandLineTool.Failure.self) {
            _ = try await client(mesh, ["--versions", "900,901", "--members"])
        }
        #expect(versions?.description.contains("900") == true)
        withExtendedLifetime(probe) {}
        await mesh.stop()
    }

    private func watchesServed(_ node: Node) async -> Double? {
        await node.metrics().first { $0.name == "gossamer_watches_served" }?.value
    }

    @Test func aStrangerIsToldOfTheEndOfAnActorAndForgottenAfterwards() async throws {
        let mesh = try await TestMesh(1)
        let probe = Probe(actorSystem: mesh[0].system)
        try await mesh.start()
        let note = try #require(try await client(mesh, ["--targets"]).targets?.first { $0.contains("5ProbeC4note_") || $0.contains("5ProbeC4noteyySi") })
        let pupil = Keeper(Pupil("ann", actorSystem: mesh[0].system)), id = try #require(pupil.value?.id)
        let other = Pupil("bob", actorSystem: mesh[0].system)
        let watching = Tally()
        mesh[0].world.spawn("client") {
            await #expect(throws: Never.self) {
                _ = try await client(mesh, ["--watch", "\(id.number)", id.type.mangledName, "--call", note, "[1]"])
            }
            watching.count()
        }
        // The note came after the watch, on the same session.
        try await eventually("the client watches") { (try? await probe.noted()) == [1] }
        #expect(watching.sum == 0)
        pupil.letGo()
        try await eventually("the client was told, and left") { watching.sum == 1 }
        _ = try await client(mesh, ["--watch", "99", id.type.mangledName, "--members"])
        try await eventually("nothing of the clients is kept") { await watchesServed(mesh[0]) == 0 }
        await #expect(throws: CommandLineTool.Failure.self, "the other lives on") {
            _ = try await client(mesh, ["--timeout", "1", "--watch", "\(other.id.number)", id.type.mangledName])
        }
        #expect(await watchesServed(mesh[0]) == 1, "a client that went without a goodbye may come back")
        withExtendedLifetime((probe, other)) {}
        await mesh.stop()
    }
}
