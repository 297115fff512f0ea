import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// The command on meshes of real processes.
@Suite(.serialized, .bounded) struct ProcessMeshTests {
    @Test func fiveNodesSeeEachOtherWorkTogetherAndEnd() async throws {
        try await TestMesh.with(5, port: 23_100) { mesh in
            try await mesh.up()
            let members = try await mesh.run("members", "--topology", mesh.file, "--json")
            #expect(members.error.contains("asked http://127.0.0.1:23103 (n1 of \(mesh.file))"))
            let rows = try MemberRow.rows(JSON(parsing: Array(members.output.utf8)))
            #expect(rows.map(\.name) == mesh.names)
            #expect(rows.allSatisfy { $0.isAlive && $0.life == 1 && $0.roles == ["lookup", "primes", "store"] })
            #expect(rows[0].edge == "http://127.0.0.1:23104" && rows[1].edge == nil)

            let primes = try await mesh.run("primes", "0", "10000000", "--topology", mesh.file)
            #expect(primes.status == 0 && primes.output == "664579\n", "\(primes)")
            let refused = try await mesh.run("primes", "10", "5", "--topology", mesh.file)
            #expect(refused.status == 64 && refused.error.contains("from"), "\(refused)")

            let ring = try await mesh.run("ring", "--topology", mesh.file)
            #expect(ring.status == 0 && mesh.names.allSatisfy(ring.output.contains), "\(ring)")
            let place = try await mesh.run("ring", "where", "some key/with a slash", "--topology", mesh.file)
            #expect(place.status == 0 && mesh.names.contains { place.output.contains($0) }, "\(place)")

            let again = try await mesh.run("up", mesh.file)
            #expect(again.status == 69 && again.error.contains("running already: n1"), "\(again)")
            let down = try await mesh.run("down", mesh.file)
            #expect(down.status == 0 && !down.output.contains("killed"), "\(down)")
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func aKilledNodeIsDeadToAllAndReturnsWithAHigherLife() async throws {
        try await TestMesh.with(5, port: 23_200) { mesh in
            try await mesh.up()
            let others = mesh.names.filter { $0 != "n3" }
            try #require(mesh.process("n3")?.signal(9) == true)
            try await mesh.until("n3", seenBy: others) { $0.status == "dead" }
            try await mesh.up()
            try await mesh.until("n3", seenBy: mesh.names) { $0.isAlive && $0.life > 1 }
        }
    }

    @Test func aNodeThatIsStoppedForTwoSecondsIsNotDead() async throws {
        try await TestMesh.with(3, port: 23_300) { mesh in
            try await mesh.up()
            let process = try #require(mesh.process("n2"))
            process.signal(SIGSTOP)
            let end = mesh.world.now + .seconds(2)
            var seen: Set<String> = []
            while mesh.world.now < end {
                for observer in ["n1", "n3"] {
                    if let row = await mesh.members(at: observer)?.first(where: { $0.name == "n2" }) { seen.insert(row.status) }
                }
                try await mesh.world.sleep(for: .milliseconds(20))
            }
            process.signal(SIGCONT)
            try await mesh.until("n2", seenBy: mesh.names) { $0.isAlive && $0.life == 1 }
            #expect(!seen.contains("dead") && seen.contains("alive"), "\(seen)")
        }
    }

    @Test func whoLeavesIsLeftAndNotDead() async throws {
        try await TestMesh.with(4, port: 23_400) { mesh in
            try await mesh.up()
            let leave = try await mesh.run("leave", "n4", "--topology", mesh.file)
            #expect(leave.status == 0, "\(leave)")
            try await mesh.until("n4", seenBy: ["n1", "n2", "n3"]) { $0.status == "left" }
            let drain = try await mesh.run("drain", "n3", "--topology", mesh.file)
            #expect(drain.status == 0, "\(drain)")
            try await mesh.until("n3", seenBy: ["n1", "n2"]) { $0.status == "left" }
            #expect(mesh.process("n3") == nil && mesh.process("n4") == nil)
        }
    }

    @Test func aPortInUseIsNamedAndNothingStaysStarted() async throws {
        try await TestMesh.with(2, port: 23_500) { mesh in
            let listener = try ChildProcess(
                path: "/usr/bin/env",
                arguments: [
                    "python3", "-c",
                    "import socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',23513))\ns.listen()\nprint('ready',flush=True)\ntime.sleep(60)",
                ], output: .pipe, error: .inherited)
            defer {
                listener.signal(9)
                _ = listener.wait()
            }
            #expect(listener.readLine() == "ready")
            let up = try await mesh.run("up", mesh.file, "--detach")
            #expect(up.status == 69 && up.error.contains("port 23513 (admin port of node n2"), "\(up)")
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func aFileWithAMistakeStartsNothing() async throws {
        try await TestMesh.with(2, port: 23_600, extra: "membrship: {preset: lan}\n") { mesh in
            let up = try await mesh.run("up", mesh.file, "--detach")
            #expect(up.status == 64, "\(up)")
            #expect(up.error.contains("\(mesh.file):5:1: ") && up.error.contains("did you mean \"membership\"?"), "\(up)")
            #expect(!SystemFileSystem().exists(mesh.directory + "/.gossamer"))
        }
    }

    @Test func aFigureThatCannotWorkIsRefusedAtItsLine() async throws {
        let extra = "membership:\n  probeInterval: 1s\n  probeTimeout: 2s\n"
        try await TestMesh.with(2, port: 23_650, extra: extra) { mesh in
            let check = try await mesh.run("topology", "check", mesh.file)
            #expect(check.status == 64 && check.error.contains("\(mesh.file):7:"), "\(check)")
            let document = try await mesh.run("topology", "check", mesh.file, "--json")
            let json = try JSON(parsing: Array(document.output.utf8))
            #expect(document.status == 64 && json["ok"] == false, "\(document)")
            #expect(json["problems"]?[0]?["key"]?.string == "membership.probeTimeout", "\(document)")
        }
    }

    @Test func interruptingTheForegroundEndsAllInOrder() async throws {
        try await TestMesh.with(3, port: 23_700) { mesh in
            let up = try mesh.start(["up", mesh.file])
            try await mesh.until("n3", seenBy: mesh.names) { $0.isAlive }
            let deadline = mesh.world.now + .seconds(20)
            while !mesh.text(mesh.directory + "/err-up").contains("all 3 nodes see"), mesh.world.now < deadline {
                try await mesh.world.sleep(for: .milliseconds(20))
            }
            up.signal(SIGINT)
            let report = try await onOwnThread { up.wait() }
            #expect(report.ending == .exited(code: 0))
            #expect(mesh.text(mesh.directory + "/err-up").contains("all nodes have left"))
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func nodesOfAForegroundEndWithItHoweverItEnds() async throws {
        try await TestMesh.with(2, port: 23_800) { mesh in
            let up = try mesh.start(["up", mesh.file])
            try await mesh.until("n2", seenBy: mesh.names) { $0.isAlive }
            up.signal(SIGKILL)
            _ = try await onOwnThread { up.wait() }
            let deadline = mesh.world.now + .seconds(20)
            while mesh.names.contains(where: { mesh.process($0) != nil }), mesh.world.now < deadline {
                try await mesh.world.sleep(for: .milliseconds(20))
            }
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func aSupervisedNodeThatDiesComesBack() async throws {
        try await TestMesh.with(3, port: 23_900) { mesh in
            let up = try await mesh.run("up", mesh.file, "--detach", "--restart")
            #expect(up.status == 0, "\(up)")
            try #require(mesh.process("n2")?.signal(9) == true)
            try await mesh.until("n2", seenBy: mesh.names) { $0.isAlive && $0.life > 1 }
            let down = try await mesh.run("down", mesh.file)
            #expect(down.status == 0, "\(down)")
            #expect(mesh.names.allSatisfy { mesh.process($0) == nil })
        }
    }

    @Test func twoProcessesCannotBeOneNode() async throws {
        try await TestMesh.with(1, port: 24_000) { mesh in
            try await mesh.up()
            let second = try await mesh.run("node", mesh.file, "n1")
            #expect(second.status == 69 && second.error.contains("node n1 runs already as process"), "\(second)")
        }
    }

    @Test func whatNodesWriteIsShown() async throws {
        try await TestMesh.with(2, port: 24_100) { mesh in
            try await mesh.up()
            let logs = try await mesh.run("logs", "n2", "--topology", mesh.file)
            #expect(logs.status == 0 && logs.output.contains(" n2 "), "\(logs)")
            let objects = try await mesh.run("logs", "--topology", mesh.file, "--json").output.split(separator: "\n").map {
                try JSON(parsing: Array($0.utf8))
            }
            #expect(objects.contains { $0["node"] == "n2" && $0["level"] == "notice" && $0["text"]?.string?.hasPrefix("the node is up") == true })
            let stranger = try await mesh.run("logs", "n9", "--topology", mesh.file)
            #expect(stranger.status == 64 && stranger.error.contains("no node \"n9\""), "\(stranger)")
        }
    }

    @Test func nodesWithKeysMeet() async throws {
        try await TestMesh.with(2, port: 24_200) { mesh in
            var section = "security:\n  curve:\n    nodes:\n"
            for name in mesh.names {
                let secret = mesh.directory + "/\(name).key"
                let keys = try await mesh.run("keys", "new", "--out", secret, "--json")
                let publicKey = try #require(try JSON(parsing: Array(keys.output.utf8))["publicKey"]?.string)
                section += "      \(name): {publicKey: '\(publicKey)', secretKeyFile: \(secret)}\n"
                let again = try await mesh.run("keys", "new", "--out", secret)
                #expect(again.status == 74 && again.error.contains("exists already"), "\(again)")
            }
            try append(section, to: mesh.file)
            try await mesh.up()
            for name in mesh.names { try await mesh.until(name, seenBy: mesh.names) { $0.isAlive } }
        }
    }
}
