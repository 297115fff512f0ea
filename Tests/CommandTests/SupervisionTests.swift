import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// `gossamer up` and those who start and end nodes besides it.
@Suite(.serialized, .bounded) struct SupervisionTests {
    private func supervisor(_ mesh: TestMesh) -> ProcessIdentity? {
        MeshFiles(directory: mesh.directory + "/.gossamer/\(mesh.meshName)").running(SystemFileSystem())
    }

    private func superviseAll(_ mesh: TestMesh, grace: Int = 10) async throws -> ProcessIdentity {
        let up = try await mesh.run("up", mesh.file, "--detach", "--restart", "--grace", "\(grace)")
        #expect(up.status == 0, "\(up)")
        return try #require(supervisor(mesh), "\(up)")
    }

    private func killAndAwait(_ name: String, _ mesh: TestMesh) async throws {
        let life = try #require(await mesh.members(at: name)?.first { $0.name == name }?.life)
        try #require(mesh.process(name)?.signal(SIGKILL) == true)
        try await mesh.until(name, seenBy: mesh.names) { $0.isAlive && $0.life > life }
    }

    @Test func aNewSupervisorTakesOverTheNodesOfOneThatDied() async throws {
        try await TestMesh.with(3, port: 24_500) { mesh in
            let first = try await superviseAll(mesh)
            first.signal(SIGKILL)
            try await mesh.untilGone(first)
            try #require(mesh.process("n3")?.signal(SIGKILL) == true)
            let second = try await superviseAll(mesh)
            #expect(second != first)
            for name in ["n1", "n3"] { try await killAndAwait(name, mesh) }
        }
    }

    @Test func aNodeThatIsBroughtBackBelongsToTheSupervisorAgain() async throws {
        try await TestMesh.with(3, port: 24_600) { mesh in
            _ = try await superviseAll(mesh)
            let drain = try await mesh.run("drain", "n3", "--topology", mesh.file)
            #expect(drain.status == 0, "\(drain)")
            try await mesh.up("n3")
            try await mesh.until("n3", seenBy: mesh.names) { $0.isAlive && $0.life == 2 }
            try await killAndAwait("n3", mesh)
        }
    }

    @Test func nodesThatRunAlreadyGetASupervisorWhenAskedFor() async throws {
        try await TestMesh.with(2, port: 24_700) { mesh in
            try await mesh.up()
            #expect(supervisor(mesh) == nil)
            let first = try await superviseAll(mesh)
            let again = try await mesh.run("up", mesh.file, "--detach", "--restart", "--json")
            #expect(again.status == 0 && again.error.contains("they belong to process \(first.pid)"), "\(again)")
            let json = try JSON(parsing: Array(again.output.utf8))
            #expect(json["supervisor"]?.integer(Int32.self) == first.pid && json["nodes"]?[1]?["started"] == false, "\(again)")
            try await killAndAwait("n2", mesh)
        }
    }

    @Test func theForegroundEndsTheNodesThatWereBroughtBack() async throws {
        try await TestMesh.with(3, port: 24_800) { mesh in
            let foreground = mesh.directory + "/foreground"
            let up = try ChildProcess(
                path: TestMesh.program, arguments: ["up", mesh.file], output: .file(foreground), error: .file(foreground))
            try await mesh.until("n3", seenBy: mesh.names) { $0.isAlive }
            let drain = try await mesh.run("drain", "n3", "--topology", mesh.file)
            #expect(drain.status == 0, "\(drain)")
            try await mesh.up()
            let pid = try #require(mesh.process("n3")?.pid)
            try await mesh.until { mesh.text(foreground).contains("n3 was started by another command as process \(pid)") }
            up.signal(SIGINT)
            #expect(try await onOwnThread { up.wait() }.ending == .exited(code: 0))
            #expect(mesh.text(foreground).contains("all nodes have left"), "\(mesh.text(foreground))")
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func theForegroundNamesWhomItLeavesRunning() async throws {
        try await TestMesh.with(3, port: 24_900) { mesh in
            try await mesh.up("n1", "n2")
            let foreground = mesh.directory + "/foreground"
            let up = try ChildProcess(
                path: TestMesh.program, arguments: ["up", mesh.file, "n3"], output: .file(foreground), error: .file(foreground))
            try await mesh.until { mesh.text(foreground).contains("all 3 nodes see") }
            up.signal(SIGINT)
            #expect(try await onOwnThread { up.wait() }.ending == .exited(code: 0))
            let pid = try #require(mesh.process("n1")?.pid)
            #expect(mesh.text(foreground).contains("n1 (process \(pid)) was started by another command and goes on"))
            #expect(mesh.process("n2") != nil && mesh.process("n3") == nil)
        }
    }

    @Test func whoWasKilledIsSaidToHaveBeen() async throws {
        try await TestMesh.with(2, port: 25_000) { mesh in
            // The supervisor's patience is the shorter one, but not its to lose.
            let supervisor = try await superviseAll(mesh, grace: 1)
            // A process that is stopped cannot leave.
            try #require(mesh.process("n2")?.signal(SIGSTOP) == true)
            let down = try await mesh.run("down", mesh.file, "--grace", "3", "--json")
            let entries = try #require(try JSON(parsing: Array(down.output.utf8)).elements)
            #expect(entries.map { $0["name"]?.string } == ["n1", "n2"], "\(down)")
            #expect(entries.map { $0["killed"] } == [false, true], "\(down)")
            #expect(!supervisor.isRunning && mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func aForegroundWhoseNodesAreEndedSaysWhoDidIt() async throws {
        try await TestMesh.with(2, port: 25_100) { mesh in
            let foreground = mesh.directory + "/foreground"
            let up = try ChildProcess(
                path: TestMesh.program, arguments: ["up", mesh.file, "--restart"], output: .file(foreground), error: .file(foreground))
            try await mesh.until { mesh.text(foreground).contains("all 2 nodes see") }
            let down = try await mesh.run("down", mesh.file)
            #expect(down.status == 0 && !down.output.contains("killed"), "\(down)")
            #expect(try await onOwnThread { up.wait() }.ending == .exited(code: 0))
            #expect(mesh.text(foreground).contains("\"gossamer down\" ends the nodes"))
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }
}
