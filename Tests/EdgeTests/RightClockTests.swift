import Edge
import ItemTestSupport
import Jobs
import Logging
import OrderTestSupport
import Primes
import Synchronization
import Testing
import Truth
import Web
import WebTestSupport
import WorkTestSupport
import World

/// An edge whose wall clock is off, and is put right.
@Suite struct RightClockTests {
    private struct Scene {
        let world = SystemWorld()
        let orders: OrderBook
        let items = ItemBook()
        let jobs = FakeGateway()
        let registers: MemoryRegisters
        let fault = Fault()

        init() {
            orders = OrderBook(world)
            registers = MemoryRegisters(IdempotencyMachine(), now: world.wallTime)
        }
    }

    private final class Fault: Sendable {
        private let words = Mutex<String?>("3.2 s ahead of the others'")
        var now: String? { words.withLock { $0 } }
        func mend() { words.withLock { $0 = nil } }
    }

    private func withEdge(_ body: (String, Scene) async throws -> Void) async throws {
        let scene = Scene()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [
                PrimesRoutes(gateway: scene.jobs, limits: scene.jobs.limits, workers: { 5 }, world: scene.world),
                OrderRoutes(gateway: scene.orders, world: scene.world), ItemRoutes(gateway: scene.items, world: scene.world),
            ],
            idempotency: IdempotencyKeys(engine: scene.registers), readiness: { .healthy },
            clockFault: { [fault = scene.fault] in fault.now }, version: "0.1.0", world: scene.world, logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)", scene) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static let order = #"{"customer":"alice","item":"lamp","quantity":1,"amount":20}"#
    private static let primes = #"{"from":0,"to":9}"#
    private static let item = #"[{"id":"a","tenant":"t"}]"#

    @Test func nothingIsBegunUntilTheClockIsRight() async throws {
        try await withEdge { base, scene in
            for (method, path, body) in [
                ("POST", "/api/primes", Self.primes), ("POST", "/api/orders", Self.order),
                ("PUT", "/api/accounts/alice", #"{"balance":5}"#), ("PUT", "/api/stock/lamp", #"{"quantity":5}"#),
                ("DELETE", "/api/orders/017f22e2-79b0-7cc3-98c4-dc0c0c07398f", nil),
            ] as [(String, String, String?)] {
                let answer = try await ask(method, base + path, body: body)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "10", "\(path): \(answer.text)")
                #expect(answer.headers["content-type"] == "application/problem+json" && answer.json?["outcome"] == "failed")
                #expect(answer.json?["detail"]?.string?.contains("wall clock of this edge is 3.2 s ahead of the others'") == true)
            }
            #expect(scene.jobs.state.withLock { $0.jobs.isEmpty } && scene.orders.orders.isEmpty)
            scene.fault.mend()
            for (path, body) in [("/api/primes", Self.primes), ("/api/orders", Self.order)] {
                let answer = try await ask("POST", base + path, body: body)
                #expect(answer.status == 202, "\(answer.text)")
            }
        }
    }

    @Test func itemsAreRefusedInTheWordsOfTheirContract() async throws {
        try await withEdge { base, scene in
            let answer = try await ask("POST", base + "/items", body: Self.item)
            #expect(answer.status == 503 && answer.headers["retry-after"] == "10")
            #expect(answer.json?["message"] == "Unable to add items" && answer.json?["outcome"] == "not counted")
            #expect(answer.json?["detail"]?.string?.contains("3.2 s ahead") == true && scene.items.adds.isEmpty)
        }
    }

    /// Its time would be that of the key.
    @Test func noKeyIsClaimed() async throws {
        try await withEdge { base, scene in
            func place() async throws -> Answer {
                try await ask("POST", base + "/api/orders", body: Self.order, headers: [("Idempotency-Key", "k")])
            }
            let refused = try await place()
            #expect(refused.status == 503 && scene.registers.keys.isEmpty)
            scene.fault.mend()
            let placed = try await place()
            #expect(placed.status == 202 && placed.headers["idempotency-replayed"] == nil && scene.orders.orders.count == 1)
        }
    }

    @Test func whatThereIsCanBeAskedForAndCancelled() async throws {
        try await withEdge { base, scene in
            let id = WorkIDGenerator(scene.world).next()
            try await scene.jobs.submit(PrimesRequest(from: 0, to: 9), id: id)
            let shown = try await ask("GET", base + "/api/primes/\(id)"), cancelled = try await ask("DELETE", base + "/api/primes/\(id)")
            #expect(shown.status == 200 && cancelled.status == 202)
            let count = try await ask("GET", base + "/items/t/count"), health = try await ask("POST", base + "/health")
            #expect(count.status == 200 && health.status == 200)
        }
    }
}
