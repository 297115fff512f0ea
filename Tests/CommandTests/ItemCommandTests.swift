import Chaos
import Command
import Edge
import Hummingbird
import ItemTestSupport
import Items
import JSONDocument
import Logging
import Testing
import Web
import World

/// `gossamer items` as the built program, on an edge whose items are in memory.
@Suite(.serialized, .bounded) struct ItemCommandTests {
    private func withEdge(
        _ body: (ItemBook, TestMesh, _ run: ([String]) async throws -> TestMesh.Outcome) async throws -> Void
    ) async throws {
        let world = SystemWorld(), book = ItemBook()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [OnlyMember(), ItemRoutes(gateway: book, world: world)],
            readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let admin = "http://127.0.0.1:\(try await edge.start())"
        do {
            try await TestMesh.with(1, port: 27_700) { mesh in
                try await body(book, mesh) { try await mesh.run($0 + ["--admin", admin]) }
            }
        } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    @Test func itemsAreAddedFromWordsAndFilesAndCounted() async throws {
        try await withEdge { book, mesh, run in
            let added = try await run(["items", "add", "a/b", "x", "y", "x"])
            #expect(added.status == 0 && added.output == "2 ids count at a/b\n", "\(added)")
            let once = try await run(["items", "add", "a/b", "x", "x"])
            #expect(once.status == 0 && once.output == "1 id counts at a/b\n", "\(once)")
            let path = mesh.directory + "/ids"
            let ids = (0..<3_000).map { "id \($0)" }
            try SystemFileSystem().writeDurably(Array(("\n" + ids.joined(separator: "\r\n") + "\n\n").utf8), to: path)
            let file = try await run(["items", "add", "a/b", "z", "--file", path, "--json"])
            #expect(file.status == 0, "\(file)")
            #expect(try JSON(parsing: file.output.utf8) == ["tenant": "a/b", "added": 3_001])
            #expect(book.ids(of: "a/b") == Set((ids + ["x", "y", "z"]).map { Array($0.utf8) }))
            #expect(book.adds.allSatisfy { $0.count <= ItemLimits.parcelItems })
            #expect(try await run(["items", "count", "a/b"]).output == "3003\n")
            let stale = try await run(["items", "count", "a/b", "--stale", "--json"])
            #expect(try JSON(parsing: stale.output.utf8) == ["tenant": "a/b", "count": 3_003, "version": 30_030])
            #expect(try await run(["items", "count", "nobody"]).output == "0\n")
        }
    }

    @Test func whatCannotBeSaysWhy() async throws {
        try await withEdge { book, mesh, run in
            let history = mesh.directory + "/history"
            try SystemFileSystem().writeDurably(Array("{}\n".utf8), to: history)
            let expectations: [([String], Int32, String)] = [
                (["items", "add", "t"], 64, "there is nothing to add"), (["items", "count", ""], 64, "the tenant's name is empty"),
                (["items", "add", "t", "--file", mesh.directory + "/none"], 66, "/none"),
                (["items", "add", String(repeating: "t", count: 501), "a"], 64, "at most 500"),
                (["items", "add", "t", ""], 64, "both values are required"),
                (["items", "hammer", "--via", "n7"], 64, "--via n7: that node is no edge; edges are n1"),
                (["items", "hammer", "--history", history], 64, "exists; remove it"),
                (["items", "hammer", "--seconds", "1", "--operations", "1"], 64, "exclude each other"),
            ]
            for (arguments, status, reason) in expectations {
                let outcome = try await run(arguments)
                #expect(outcome.status == status && outcome.error.contains(reason), "\(arguments): \(outcome)")
            }
            #expect(book.adds.isEmpty)
            let none = try await mesh.run("items", "check", history)
            #expect(none.status == 64 && none.error.contains("history:1: \"process\" is missing"), "\(none)")
        }
    }

    @Test func whatIsRefusedIsTriedAgainAndThenToldApart() async throws {
        try await withEdge { book, _, run in
            book.fail(ItemGatewayError(.unavailable, "no majority"))
            let failed = try await run(["items", "add", "t", "a"])
            #expect(failed.status == 69 && failed.error.contains("nothing was changed"), "\(failed)")
            #expect(book.adds.count > 10)
            #expect(try await run(["items", "count", "t"]).status == 69)
            book.fail(ItemGatewayError(.unknown, "no majority"))
            #expect(try await run(["items", "add", "t", "a"]).status == 2)
        }
    }

    @Test func aHammeredEdgeThatCountsIsJudgedRight() async throws {
        try await withEdge { book, mesh, run in
            let history = mesh.directory + "/history"
            let outcome = try await run(["items", "hammer", "--operations", "120", "--tenants", "2", "--history", history, "--json"])
            #expect(outcome.status == 0, "\(outcome)")
            let document = try JSON(parsing: outcome.output.utf8)
            #expect(document["verdict"]?["linearizable"] == true && document["verdict"]?["tenants"]?.elements?.count == 2)
            let lines = try SystemFileSystem().read(history).split(separator: UInt8(ascii: "\n"))
            // Two more for the last counts.
            #expect(lines.count == 122)
            #expect(try lines.allSatisfy { try ItemRecord(JSON(parsing: $0)).via == "n1" })
            #expect(try await mesh.run("items", "check", history).status == 0)
            // What an edge forgets is found out.
            book.forgets = true
            let forgetful = try await run(["items", "hammer", "--operations", "120"])
            #expect(forgetful.status == 1 && forgetful.output.contains("not linearizable: "), "\(forgetful)")
            book.fail(ItemGatewayError(.unavailable, "no majority"))
            // Nothing was taken, so nothing is proved.
            let nothing = try await run(["items", "hammer", "--seconds", "1", "--tenants", "1", "--no-check"])
            #expect(nothing.status == 69 && nothing.error.contains("nothing is proved"), "\(nothing)")
        }
    }
}
