import Glibc
import JSONDocument
import Testing
import Web
import WebTestSupport
import World

/// Keys of requests on meshes of processes that are killed.
@Suite(.serialized, .bounded) struct IdempotencyProcessTests {
    private static let order = #"{"customer":"alice","item":"lamp","quantity":2,"amount":20}"#

    private static func base(_ port: Int, _ edge: Int) -> String { "http://127.0.0.1:\(port + 10 * (edge - 1) + 4)" }

    private func place(_ base: String, _ body: String = order, key: String = "order-1") async throws -> Answer {
        try await ask("POST", base + "/api/orders", body: body, headers: [("Idempotency-Key", key)])
    }

    /// Asks until the answer is as wanted, a minute at most.
    private func insist(
        _ mesh: TestMesh, _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ question: () async throws -> Answer,
        until isEnough: (Answer) -> Bool
    ) async throws -> Answer {
        let deadline = mesh.world.now + .seconds(60)
        var last: Answer?
        while mesh.world.now < deadline {
            last = try? await question()
            if let last, isEnough(last) { return last }
            try await mesh.world.sleep(for: .milliseconds(50))
        }
        return try #require(nil as Answer?, "\(what): \(last?.text ?? "no answer")", sourceLocation: sourceLocation)
    }

    /// What an order is told is told again by the other edge, and by all of them when every node has died in between; and it is one order.
    @Test func anOrderIsOneOrderWhicheverEdgeIsAskedAndWhoeverDies() async throws {
        let port = 22_100
        try await TestMesh.with(5, port: port, edges: 2) { mesh in
            try await mesh.begin()
            let edges = [Self.base(port, 1), Self.base(port, 2)]
            for (path, body) in [("/api/accounts/alice", #"{"balance":100}"#), ("/api/stock/lamp", #"{"quantity":10}"#)] {
                // Once more it exists, and is what it should be.
                _ = try await insist(mesh, path, { try await ask("PUT", edges[0] + path, body: body) }) { [200, 412].contains($0.status) }
            }
            let first = try await insist(mesh, "the order", { try await place(edges[0]) }) { $0.status == 202 }
            #expect(first.headers["idempotency-expires"] != nil)
            let again = try await place(edges[1])
            #expect(again.status == 202 && again.text == first.text && again.headers["location"] == first.headers["location"])
            #expect(again.headers["idempotency-replayed"] == "true")
            #expect(again.headers["idempotency-expires"] == first.headers["idempotency-expires"])
            for (body, path) in [(Self.order + " ", "/api/orders"), (Self.order, "/api/lookup")] {
                let other = try await ask("POST", edges[1] + path, body: body, headers: [("Idempotency-Key", "order-1")])
                #expect(other.status == 409 && other.headers["content-type"] == "application/problem+json", "\(other.text)")
            }
            // Who has taken it dies, and whoever is left tells the same.
            try await mesh.kill(["n1"])
            let left = try await insist(mesh, "without n1", { try await place(edges[1]) }) { $0.status != 503 }
            #expect(left.status == 202 && left.text == first.text)
            try await mesh.kill(["n2", "n3", "n4", "n5"])
            try await mesh.begin()
            for edge in edges {
                let late = try await insist(mesh, "after all have died", { try await place(edge) }) { $0.status != 503 }
                #expect(late.status == 202 && late.text == first.text && late.headers["idempotency-replayed"] == "true")
                #expect(late.headers["idempotency-expires"] == first.headers["idempotency-expires"])
            }
            let stock = try await insist(mesh, "the stock", { try await ask("GET", edges[0] + "/api/stock/lamp") }) {
                $0.json?["reserved"] == 0 && $0.json?["quantity"] != 10
            }
            #expect(stock.json?["quantity"] == 8, "one order of two: \(stock.text)")
            let account = try await insist(mesh, "the account", { try await ask("GET", edges[0] + "/api/accounts/alice") }) {
                $0.json?["held"] == 0
            }
            #expect(account.json?["balance"] == 80, "\(account.text)")
        }
    }

    /// Whoever cannot know whether it was asked for before does nothing, and says when to ask again.
    @Test func withoutAMajorityNothingIsDone() async throws {
        let port = 22_200
        try await TestMesh.with(3, port: port) { mesh in
            try await mesh.begin()
            let edge = Self.base(port, 1)
            let known = try await insist(mesh, "the order", { try await place(edge, key: "known") }) { $0.status == 202 }
            try await mesh.kill(["n2", "n3"])
            for key in ["known", "new"] {
                let answer = try await place(edge, key: key)
                #expect(answer.status == 503 && answer.headers["retry-after"] != nil, "\(answer.text)")
                #expect(answer.json?["outcome"] == "failed" && answer.json?["detail"]?.string?.contains("nothing was done") == true)
            }
            let items = try await ask("POST", edge + "/items", body: #"[{"id":"a","tenant":"t"}]"#, headers: [("Idempotency-Key", "items")])
            #expect(items.status == 503 && items.json?["outcome"] == "not counted" && items.headers["retry-after"] != nil, "\(items.text)")
            for name in ["n2", "n3"] { try await mesh.up(name) }
            let again = try await insist(mesh, "the known order", { try await place(edge, key: "known") }) { $0.status != 503 }
            #expect(again.status == 202 && again.text == known.text)
            let new = try await insist(mesh, "the new order", { try await place(edge, key: "new") }) { $0.status != 503 }
            #expect(new.status == 202 && new.text != known.text)
            let count = try await insist(mesh, "the count", { try await ask("GET", edge + "/items/t/count") }) { $0.status == 200 }
            #expect(count.json?["count"] == 0, "\(count.text)")
        }
    }
}
