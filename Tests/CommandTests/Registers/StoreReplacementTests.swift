import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// `gossamer store add|remove|replace|cancel` on meshes of processes that lose disks and are killed.
@Suite(.serialized, .bounded) struct StoreReplacementTests {
    private static let port = 26_480

    private func putAll(_ count: Int, _ mesh: TestMesh) async throws -> [String: String] {
        var values: [String: String] = [:]
        for number in 0..<count {
            let answer = await mesh.put("k\(number)", "v\(number)", at: mesh.names[number % mesh.names.count])
            try #require(answer?.status == 200, "\(answer?.text ?? "no answer")")
            values["k\(number)"] = "v\(number)"
        }
        return values
    }

    /// Of two lost disks of five, one after the other, most values were on both.
    @Test func disksThatAreLostOneAfterTheOtherAreReplacedAndNothingIsLost() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            var values = try await putAll(100, mesh)
            for (epoch, victim) in [(3, "n3"), (5, "n1"), (7, "n5")] {
                try await mesh.wipe(victim)
                let others = mesh.names.filter { $0 != victim }
                let more = try await mesh.puttingMeanwhile(at: Array(others.prefix(3)), prefix: "during-\(victim)") {
                    let replace = try await mesh.store("replace", victim)
                    try #require(replace.status == 0, "\(replace)")
                    #expect(replace.output.contains("replaced") && replace.output.contains("epoch \(epoch)"), "\(replace)")
                }
                values.merge(more) { $1 }
                try await mesh.untilSettled(epoch, at: mesh.names)
                try await mesh.untilStore(at: victim, is: "voting")
                try await mesh.expectAll(values)
            }
            let list = try await mesh.store("list")
            #expect(list.status == 0 && !list.output.contains("down") && list.error.contains("epoch 7"), "\(list)")
            // What was carried is on disks: all of them are killed at once.
            try await mesh.kill(mesh.names)
            try await mesh.begin()
            try await mesh.expectAll(values)
        }
    }

    @Test func aStoreIsRemovedAndAddedAgainAndAnotherRemovedWhilePutsGoOn() async throws {
        try await TestMesh.with(4, port: Self.port) { mesh in
            try await mesh.begin()
            var values = try await putAll(40, mesh)
            let more = try await mesh.puttingMeanwhile(at: ["n2", "n3", "n4"], prefix: "during") {
                let remove = try await mesh.store("remove", "n4")
                try #require(remove.status == 0 && remove.output.contains("removed"), "\(remove)")
                try await mesh.untilStore(at: "n4", is: "spare")
                #expect(await mesh.ask("n4", "/health/ready")?.status == 200)
                #expect(await mesh.stores(at: "n4")?["stores"]?.elements?.count == 3)

                let add = try await mesh.store("add", "n4", "--json")
                try #require(add.status == 0, "\(add)")
                let report = try JSON(parsing: add.output.utf8)
                #expect(report["ended"] == true && report["epoch"] == 5 && report["change"] == "add n4", "\(add)")
                try await mesh.untilStore(at: "n4", is: "voting")

                let other = try await mesh.store("remove", "n1")
                try #require(other.status == 0, "\(other)")
                try await mesh.untilStore(at: "n1", is: "spare")
            }
            values.merge(more) { $1 }
            try await mesh.untilSettled(7, at: mesh.names)
            try await mesh.expectAll(values)
            // Nothing rests on the store that left.
            try await mesh.kill(["n1"])
            try await mesh.expectAll(values)
            #expect(await mesh.put("k0", "last", at: "n2")?.status == 200)
        }
    }

    /// Without n4 nothing of the shards that it shares with n3 can be carried over, so the change is in its middle for certain.
    @Test func aReplaceEndsByItselfWhoeverDiesAndIsJoinedWhenCalledAgain() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            let values = try await putAll(60, mesh)
            try await mesh.wipe("n3")
            try await mesh.kill(["n4"])
            let client = try mesh.start(["store", "replace", "n3", "--topology", mesh.file])
            try await untilUnderWay(mesh, at: ["n1", "n2", "n3", "n5"])
            // The home of the configuration, and who watches.
            try await mesh.kill(["n1"])
            client.signal(SIGINT)
            let report = try await onOwnThread { client.wait() }
            let words = mesh.text(mesh.directory + "/err-store")
            #expect(report.ending == .exited(code: 130) && words.contains("goes on by itself"), "\(words)")

            // Another home knows how far it is.
            try await mesh.until("n1", seenBy: ["n2", "n3", "n5"]) { $0.status == "dead" }
            let deadline = mesh.world.now + .seconds(30)
            var carried: Int?
            while carried == nil, mesh.world.now < deadline {
                carried = await mesh.stores(at: "n5")?["change"]?["carried"]?.integer(Int.self)
                try await mesh.world.sleep(for: .milliseconds(50))
            }
            #expect(carried != nil, "n1 is dead, and nobody else says how far it is")
            let list = try await mesh.store("list")
            #expect(list.output.contains("joining") && list.output.contains("leaving"), "\(list)")
            #expect(list.error.contains("under way: replace n3"), "\(list)")
            let other = try await mesh.store("add", "n3")
            #expect(other.status != 0, "\(other)")

            try await mesh.up()
            try await mesh.untilSettled(3, at: mesh.names)
            let again = try await mesh.store("replace", "n3")
            #expect(again.status == 0 && again.output.contains("the shards are those of the store that n3 has"), "\(again)")
            try await mesh.untilStore(at: "n3", is: "voting")
            try await mesh.expectAll(values)
        }
    }

    /// The new store of n3 dies, and n2, without which nothing of the shards of both can be carried over.
    @Test func aChangeWhoseNewcomerIsDeadIsTakenBack() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            let values = try await putAll(60, mesh)
            try await mesh.wipe("n3")
            try await mesh.kill(["n2"])
            let begun = try await mesh.store("replace", "n3", "--no-wait", "--json")
            try #require(begun.status == 0, "\(begun)")
            #expect(try JSON(parsing: begun.output.utf8)["ended"] == false, "\(begun)")
            try await untilUnderWay(mesh, at: ["n1", "n4", "n5"])
            try await mesh.kill(["n3"])
            let waited = try await mesh.store("replace", "n3", "--timeout", "2")
            #expect(waited.status == 75 && waited.error.contains("call this again"), "\(waited)")
            let elsewhere = try await mesh.store("remove", "n5")
            #expect(elsewhere.status == 1 && elsewhere.error.contains("another change is under way since epoch 2: replace n3"), "\(elsewhere)")

            let cancel = try await mesh.store("cancel", "n3")
            #expect(cancel.status == 0 && cancel.output.contains("taken back, in epoch 3"), "\(cancel)")
            let twice = try await mesh.store("cancel")
            #expect(twice.status == 0 && twice.output.contains("no change of stores is under way"), "\(twice)")
            try await mesh.up()
            try await mesh.untilSettled(3, at: mesh.names)
            try await mesh.untilStore(at: "n3", is: "spare")
            try await mesh.untilStore(at: "n2", is: "voting")
            try await mesh.expectAll(values)

            let replace = try await mesh.store("replace", "n3")
            #expect(replace.status == 0 && replace.output.contains("epoch 5"), "\(replace)")
            try await mesh.untilStore(at: "n3", is: "voting")
            try await mesh.expectAll(values)
        }
    }

    private func untilUnderWay(_ mesh: TestMesh, at observers: [String]) async throws {
        for observer in observers {
            let deadline = mesh.world.now + .seconds(30)
            var last: JSON?
            while last?["change"]?["change"] != "replace n3" {
                last = await mesh.stores(at: observer)
                try #require(mesh.world.now < deadline, "\(observer): \(last?.text() ?? "no answer")\n\(mesh.text(mesh.directory + "/err-store"))")
                try await mesh.world.sleep(for: .milliseconds(20))
            }
        }
    }
}
