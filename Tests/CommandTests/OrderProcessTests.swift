import Command
import Glibc
import JSONDocument
import NIOHTTP1
import Synchronization
import Testing
import Web
import World

/// Orders on meshes of processes that are killed.
@Suite(.serialized, .bounded) struct OrderProcessTests {
    private static let port = 26_700
    private static let count = 40
    /// Requests that were not acknowledged. What they asked for may have happened.
    private let failures = Tally()

    private func ask(_ path: String, _ method: HTTPMethod, body: JSON?, edge: Int) async -> HTTPAnswer? {
        try? await HTTPAsker().ask(
            "http://127.0.0.1:\(Self.port + 10 * edge + 4)", path, method: method, body: body, timeout: .seconds(10))
    }

    /// Until an edge says yes, which the next one may do when a node is dead.
    private func insist(_ path: String, _ method: HTTPMethod, body: JSON?, _ mesh: TestMesh) async throws -> HTTPAnswer {
        let deadline = mesh.world.now + .seconds(60)
        var last: HTTPAnswer?, edge = 0
        while mesh.world.now < deadline {
            last = await ask(path, method, body: body, edge: edge)
            if let last, last.isSuccess { return last }
            failures.note(path)
            edge = 1 - edge
            try await mesh.world.sleep(for: .milliseconds(50))
        }
        Issue.record("\(path) has no success within a minute: \(last?.text ?? "no answer")")
        throw CancellationError()
    }

    /// Two of five nodes die while orders are placed, and come back; then all five die at once. Each order that was acknowledged has ended, and
    /// money and stock are what the orders say.
    @Test func acknowledgedOrdersEndAndConserveMoneyAndStockWhoeverDies() async throws {
        try await TestMesh.with(5, port: Self.port, edges: 2) { mesh in
            try await mesh.begin()
            _ = try await insist("/api/accounts/alice", .PUT, body: ["balance": 500], mesh)
            _ = try await insist("/api/stock/lamp", .PUT, body: ["quantity": 30], mesh)
            let placing = Task {
                var ids: [String] = []
                for number in 0..<Self.count {
                    let fails = number % 10 == 3 ? ["order", "payment", "inventory", "shipping"][number / 10] : nil
                    var body: [JSON.Member] = [
                        .init("customer", "alice"), .init("item", "lamp"), .init("quantity", 1), .init("amount", 20),
                    ]
                    if let fails { body.append(.init("failAt", .string(fails))) }
                    let answer = try await insist("/api/orders", .POST, body: .object(body), mesh)
                    ids.append(try #require(answer.json?["orderId"]?.string))
                    try await mesh.world.sleep(for: .milliseconds(50))
                }
                return ids
            }
            for victim in ["n3", "n4"] {
                try await mesh.world.sleep(for: .milliseconds(300))
                try await mesh.kill([victim])
                try await mesh.world.sleep(for: .milliseconds(700))
                try await mesh.up(victim)
            }
            let ids = try await placing.value
            try await mesh.kill(mesh.names)
            try await mesh.begin()
            #expect(Set(ids).count == Self.count)
            var shipped: Int64 = 0
            for id in ids {
                var order: JSON?
                let deadline = mesh.world.now + .seconds(90)
                repeat {
                    order = try await insist("/api/orders/\(id)", .GET, body: nil, mesh).json
                    try await mesh.world.sleep(for: .milliseconds(20))
                } while !["Shipped", "Cancelled"].contains(order?["status"]?.string ?? "") && mesh.world.now < deadline
                let status = order?["status"]?.string
                #expect(status == "Shipped" || status == "Cancelled", "\(order?.text() ?? "nothing")")
                if status == "Shipped" { shipped += 1 }
            }
            // What is spent is written after the order has ended, by events that are on their way.
            var account: JSON?, stock: JSON?
            let deadline = mesh.world.now + .seconds(60)
            repeat {
                account = try await insist("/api/accounts/alice", .GET, body: nil, mesh).json
                stock = try await insist("/api/stock/lamp", .GET, body: nil, mesh).json
                try await mesh.world.sleep(for: .milliseconds(50))
            } while (account?["held"] != 0 || stock?["reserved"] != 0) && mesh.world.now < deadline
            let spent = 500 - (account?["balance"]?.integer(Int64.self) ?? 0), gone = 30 - (stock?["quantity"]?.integer(Int64.self) ?? 0)
            let told = "\(account?.text() ?? "nothing"), \(stock?.text() ?? "nothing"), \(shipped) shipped"
            #expect(account?["held"] == 0 && stock?["reserved"] == 0, "\(told)")
            #expect(spent == 20 * gone && gone <= 25, "500 buys 25 at 20 each: \(told)")
            // An order of which nobody heard may have been placed.
            let unheard = failures.keys.count { $0 == "/api/orders" }
            #expect(shipped > 0 && shipped <= gone && gone <= shipped + Int64(unheard), "\(told), \(unheard) were not acknowledged")
        }
    }
}
