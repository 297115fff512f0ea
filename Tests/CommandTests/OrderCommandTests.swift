import Chaos
import Command
import Edge
import Hummingbird
import JSONDocument
import Logging
import OrderTestSupport
import Orders
import Testing
import Truth
import Web
import WorkTestSupport
import World

/// `gossamer order`, `account` and `stock` as the built program, on an edge whose orders are in memory.
@Suite(.serialized, .bounded) struct OrderCommandTests {
    @Test func theHarnessKnowsTheDeadlineOfOrders() {
        #expect(Judge.orderDeadline == OrderRoutes.deadline)
    }

    private func withEdge(
        hasOrders: Bool = true, _ body: (OrderBook, _ run: ([String]) async throws -> TestMesh.Outcome) async throws -> Void
    ) async throws {
        let world = SystemWorld()
        let book = OrderBook(world)
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [OnlyMember(), OrderRoutes(gateway: hasOrders ? book : nil, world: world)],
            idempotency: IdempotencyKeys(engine: MemoryRegisters(IdempotencyMachine(), now: world.wallTime)), readiness: { .healthy },
            version: "0.1.0", world: world, logger: Logger(label: "test"))
        let admin = "http://127.0.0.1:\(try await edge.start())"
        do {
            try await TestMesh.with(1, port: 26_900) { mesh in
                try await body(book) { try await mesh.run($0 + ["--admin", admin]) }
            }
        } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    @Test func anAccountIsMadeAndSetAndShown() async throws {
        for (command, path) in [("account", "balance 40, held 0"), ("stock", "quantity 40, reserved 0")] {
            try await withEdge { _, run in
                let nobody = try await run([command, "show", "a b/c"])
                #expect(nobody.status == 66 && nobody.error.contains("\"a b/c\""), "\(nobody)")
                #expect(try await run([command, "set", "a b/c", "1000"]).status == 0)
                let set = try await run([command, "set", "a b/c", "40"])
                #expect(set.status == 0 && set.output == "\(command) a b/c: \(path)\n", "\(set)")
                let shown = try await run([command, "show", "a b/c"])
                #expect(shown.status == 0 && shown.output == set.output)
                #expect(try JSON(parsing: try await run([command, "show", "a b/c", "--json"]).output.utf8)["id"] == "a b/c")
                let wrong = try await run([command, "set", "a b/c", "much"])
                #expect(wrong.status == 64 && wrong.error.contains("\"much\" is not a number; expected a whole number"), "\(wrong)")
            }
        }
    }

    @Test func anOrderIsPlacedShownAndCancelled() async throws {
        try await withEdge { book, run in
            _ = try await run(["account", "set", "alice", "1000"])
            _ = try await run(["stock", "set", "lamp", "10"])
            let placed = try await run(["order", "place", "alice", "lamp", "--quantity", "2", "--amount", "40"])
            let id = try #require(book.orders.first)
            #expect(placed.status == 0 && placed.output == "\(id)\n", "\(placed)")
            let request = try book.request(of: id)
            #expect(request?.quantity == 2 && request?.amount == 40 && request?.failAt == nil)
            try book.advance(id, to: .paid)
            let shown = try await run(["order", "show", "\(id)"])
            #expect(shown.status == 0 && shown.output.hasPrefix("order \(id): Paid\nSTEP"), "\(shown)")
            #expect(shown.output.contains("inventory  asked  \(book.now.iso8601)"), "\(shown)")
            let json = try JSON(parsing: try await run(["order", "show", "\(id)", "--json"]).output.utf8)
            #expect(json["status"] == "Paid" && json["steps"]?.elements?.count == 3)
            let cancelled = try await run(["order", "cancel", "\(id)"])
            #expect(cancelled.status == 0 && cancelled.output == "order \(id) is being cancelled\n", "\(cancelled)")
            try book.play()
            #expect(try await run(["order", "show", "\(id)"]).output.hasPrefix("order \(id): Cancelled, cancelled by its customer\n"))
            let late = try await run(["order", "cancel", "\(id)"])
            #expect(late.status == 1 && late.error.contains("has ended"), "\(late)")
        }
    }

    @Test func theSameOrderUnderItsKeyIsPlacedOnce() async throws {
        try await withEdge { book, run in
            let place = ["order", "place", "alice", "lamp", "--amount", "40", "--idempotency-key"]
            let first = try await run(place + ["k"]), again = try await run(place + ["k"])
            #expect(first.status == 0 && again.status == 0 && first.output == again.output && book.orders.count == 1, "\(first) \(again)")
            let other = try await run(["order", "place", "alice", "lamp", "--amount", "41", "--idempotency-key", "k"])
            #expect(other.status == 1 && other.error.contains("belongs to another request"), "\(other)")
            let wrong = try await run(place + ["a b"])
            #expect(wrong.status == 64 && wrong.error.contains("1 to 255 visible ASCII"), "\(wrong)")
            #expect(book.orders.count == 1)
        }
    }

    @Test(arguments: [("shipping", 1, "Cancelled, shipping: it was asked to fail"), ("", 0, "Shipped")])
    func theEndOfAnOrderIsAwaited(_ failAt: String, _ status: Int32, _ words: String) async throws {
        try await withEdge { book, run in
            _ = try await run(["account", "set", "alice", "1000"])
            _ = try await run(["stock", "set", "lamp", "10"])
            let world = SystemWorld()
            // Lets things happen while the command waits.
            let player = world.spawn("player") {
                while (try? await world.sleep(for: .milliseconds(5))) != nil { try? book.play() }
            }
            let outcome = try await run(
                ["order", "place", "alice", "lamp", "--amount", "20", "--wait"] + (failAt.isEmpty ? [] : ["--fail-at", failAt]))
            player.cancel()
            #expect(outcome.status == status && outcome.output.contains(words), "\(outcome)")
        }
    }

    @Test func whatCannotBeSaysWhy() async throws {
        try await withEdge { book, run in
            let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
            let expectations: [([String], Int32, String)] = [
                (["order", "show", "x"], 64, "\"x\" is no id of an order"),
                (["order", "cancel", "x"], 64, "\"x\" is no id of an order"),
                (["order", "show", id], 66, "there is no order \(id)"), (["order", "cancel", id], 66, "there is no order \(id)"),
                (["order", "place", "a", "b", "--quantity", "-5"], 64, "quantity: -5 is negative"),
                (["order", "place", "a", "", "--amount", "x"], 64, "item: \"\" is empty"),
                (["order", "place", "a", "b", "--fail-at", "packing"], 64, "failAt: \"packing\" is no step; expected \"order\""),
                (["account", "set", "a", "-5"], 64, "balance: -5 is negative"),
                (["stock", "set", "a", "-5"], 64, "quantity: -5 is negative"),
                (["account", "show", ""], 64, "the name is empty"),
            ]
            for (arguments, status, reason) in expectations {
                let outcome = try await run(arguments)
                #expect(outcome.status == status && outcome.error.contains(reason), "\(arguments): \(outcome)")
            }
            #expect(book.orders.isEmpty)
        }
    }

    @Test func whatNobodyKnowsIsToldApartFromWhatHasNotHappened() async throws {
        try await withEdge { book, run in
            book.fail(OrderGatewayError(.unknown, "no majority"))
            let unknown = try await run(["order", "place", "a", "b"])
            let id = try #require(book.orders.first)
            #expect(unknown.status == 2 && unknown.error.contains("this tells: gossamer order show \(id)"), "\(unknown)")
            book.fail(OrderGatewayError(.unavailable, "no majority"))
            let failed = try await run(["order", "place", "a", "b"])
            #expect(failed.status == 69 && failed.error.contains("no majority; nothing was changed"), "\(failed)")
            #expect(try await run(["account", "show", "a"]).status == 69)
        }
        try await withEdge(hasOrders: false) { _, run in
            let nobody = try await run(["stock", "set", "lamp", "3"])
            #expect(nobody.status == 69 && nobody.error.contains("this edge has no orders"), "\(nobody)")
        }
    }
}
