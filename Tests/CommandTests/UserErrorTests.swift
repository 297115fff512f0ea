import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import World

/// What the built program says to those who ask for what cannot be.
@Suite(.serialized, .bounded) struct UserErrorTests {
    @Test(arguments: [
        (["membrs"], "there is no command \"membrs\", did you mean \"members\"?"),
        (["nonsense"], "there is no command \"nonsense\"; gossamer --help lists them"),
        (["primes", "-5", "10"], "from: -5 is negative"), (["primes", "--chunks", "3", "0", "-10"], "to: -10 is negative"),
        (["ring", "where", ""], "the key is empty"), (["members", "--admin", "foo"], "\"foo\" is no address of a node"),
        (["leave"], "name a node of this machine"), (["leave", "n1", "--admin", "http://h:1", "--token-file", "t"], "one of the two"),
        (["drain", "--admin", "http://h:1"], "belong together"), (["up", "x.yaml", "--json"], "--json needs --detach"),
    ])
    func nonsenseIsRefusedWithItsReason(arguments: [String], reason: String) async throws {
        try await TestMesh.with(1, port: 25_200) { mesh in
            let outcome = try await mesh.run(arguments)
            #expect(outcome.status == 64 && outcome.error.contains(reason), "\(outcome)")
        }
    }

    @Test(arguments: [
        ("primes: {runningJobs: 0}\n", "5:23: "), ("membership: {quietPeriod: 366d}\n", "5:14: "),
        ("dataDir: /tmp/\(String(repeating: "d", count: 100))\n", "3:5: "),
        ("admin: {tokenFile: nowhere}\n", "5:9: "),
        ("defaults: {bind: localhost}\n", "5:18: "),
    ])
    func whatWouldKeepANodeFromStartingIsSaidBeforeAnyDoes(extra: String, place: String) async throws {
        try await TestMesh.with(2, port: 25_300, extra: extra) { mesh in
            let up = try await mesh.run("up", mesh.file, "--detach")
            #expect(up.status == (extra.contains("tokenFile") ? 74 : 64), "\(up)")
            #expect(up.error.contains("\(mesh.file):\(place)") && !up.error.contains("starting"), "\(up)")
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func aNodesDirectoryIsItsUsersAlone() async throws {
        try await TestMesh.with(2, port: 25_400) { mesh in
            let first = mesh.place("n1").directory
            try SystemFileSystem().createDirectory(first)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: first)
            try await mesh.up()
            for name in mesh.names {
                let attributes = try FileManager.default.attributesOfItem(atPath: mesh.place(name).directory)
                #expect(attributes[.posixPermissions] as? Int == 0o700, "\(name)")
            }
        }
    }

    @Test func aNodeElsewhereIsChangedWithItsToken() async throws {
        try await TestMesh.with(2, port: 25_500, extra: "admin: {tokenFile: token}\n") { mesh in
            try append("open sesame\n", to: mesh.directory + "/token")
            try append("open barley\n", to: mesh.directory + "/wrong")
            try await mesh.up()
            let admin = "http://127.0.0.1:25513"
            let refused = try await mesh.run("leave", "--admin", admin, "--token-file", mesh.directory + "/wrong")
            #expect(refused.status == 1 && refused.error.contains("the token is not the node's"), "\(refused)")
            #expect(mesh.process("n2") != nil)
            let left = try await mesh.run("leave", "--admin", admin, "--token-file", mesh.directory + "/token")
            #expect(left.status == 0 && left.output.contains("has left"), "\(left)")
            try await mesh.until("n2", seenBy: ["n1"]) { $0.status == "left" }
        }
    }

    @Test func watchingPrintsWhatHappensAndNothingElse() async throws {
        try await TestMesh.with(2, port: 25_600) { mesh in
            try await mesh.up()
            let (json, text, remarks) = (mesh.directory + "/json", mesh.directory + "/text", mesh.directory + "/remarks")
            func watch(_ arguments: [String], _ output: String, _ error: String) throws -> ChildProcess {
                try ChildProcess(
                    path: TestMesh.program, arguments: ["members", "--watch", "--topology", mesh.file] + arguments,
                    output: .file(output), error: .file(error))
            }
            let watchers = [try watch(["--json"], json, remarks), try watch([], text, mesh.directory + "/other")]
            defer {
                for watcher in watchers {
                    watcher.signal(SIGKILL)
                    _ = watcher.wait()
                }
            }
            func tables() -> Int { mesh.text(text).ranges(of: "NODE").count }
            try await mesh.until { !mesh.text(json).isEmpty && tables() > 0 }
            // Several questions later, nothing having happened, there is nothing more to read.
            try await mesh.world.sleep(for: .seconds(3))
            let (lines, seen) = (mesh.text(json).split(separator: "\n").count, tables())
            try await mesh.world.sleep(for: .seconds(3))
            #expect(mesh.text(json).split(separator: "\n").count == lines && tables() == seen)
            // A restart between two questions changes no status, but the life.
            try #require(mesh.process("n1")?.signal(SIGKILL) == true)
            try await mesh.until { mesh.text(remarks).contains("as n2 of \(mesh.file) sees it:") }
            try await mesh.up()
            try await mesh.until { mesh.text(text).split(separator: "\n").contains { $0.contains("n1 ") && $0.contains("alive      2") } }
            // When all are down it says so and goes on.
            _ = try await mesh.run("down", mesh.file)
            try await mesh.until { mesh.text(remarks).contains("no node answers") }
            try await mesh.up()
            try await mesh.until { mesh.text(text).split(separator: "\n").contains { $0.contains("n1 ") && $0.contains("alive      3") } }
        }
    }
}
