import Edge
import JSONDocument
import Logging
import OrderTestSupport
import Orders
import Testing
import Web
import WebTestSupport
import World

/// An edge with orders in memory; `hasOrders` false for one that reaches none.
func withOrders(hasOrders: Bool = true, _ body: (String, OrderBook) async throws -> Void) async throws {
    let world = SystemWorld()
    let book = OrderBook(world)
    let edge = EdgeServer(
        address: .tcp(host: "127.0.0.1", port: 0),
        groups: [OrderRoutes(gateway: hasOrders ? book : nil, world: world), JobEventsRoutes(sources: [OrderEvents(gateway: book)], world: world)],
        readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
    let port = try await edge.start()
    do { try await body("http://127.0.0.1:\(port)", book) } catch {
        await edge.stop()
        throw error
    }
    await edge.stop()
}

@Suite struct OrderRoutesTests {
    static let lamp = #"{"customer":"alice","item":"lamp","quantity":1,"amount":20}"#

    /// An account and stock that suffice.
    private static func stockUp(_ base: String) async throws {
        try #require(try await ask("PUT", base + "/api/accounts/alice", body: #"{"balance":1000}"#).status == 200)
        try #require(try await ask("PUT", base + "/api/stock/lamp", body: #"{"quantity":10}"#).status == 200)
    }

    private static func place(_ base: String, _ body: String = lamp) async throws -> WorkID {
        let answer = try await ask("POST", base + "/api/orders", body: body)
        try #require(answer.status == 202, "\(answer.text)")
        return try #require(answer.json?["orderId"]?.string.flatMap { WorkID($0) })
    }

    @Test func anOrderIsAcceptedWithItsURLAndADeadline() async throws {
        try await withOrders { base, book in
            let before = SystemWorld().wallTime.millisecondsSince1970
            let answer = try await ask(
                "POST", base + "/api/orders",
                body: #"{"CUSTOMER":"Alice é","Item":"lamp","quantity":"3","Amount":2e1,"FAILAT":"Shipping","x":1}"#)
            let after = SystemWorld().wallTime.millisecondsSince1970
            #expect(answer.status == 202)
            let id = try #require(book.orders.first)
            #expect(answer.json == ["orderId": .string("\(id)"), "statusUrl": .string("/api/orders/\(id)")])
            #expect(answer.headers["location"] == "/api/orders/\(id)")
            let request = try #require(try book.request(of: id))
            #expect(request.customer == "Alice é" && request.item == "lamp" && request.quantity == 3 && request.amount == 20)
            #expect(request.failAt == .shipping)
            #expect((before + 60_000...after + 60_000).contains(request.deadlineMs))
        }
    }

    @Test(arguments: [Order.Status.placed, .paid, .reserved, .shipped])
    func theDocumentIsThatOfTheContractAllTheWay(_ status: Order.Status) async throws {
        try await withOrders { base, book in
            try await Self.stockUp(base)
            let id = try await Self.place(base, #"{"customer":"alice","item":"lamp","quantity":1,"amount":20,"failAt":null}"#)
            try book.advance(id, to: status)
            let answer = try await ask("GET", "\(base)/API/Orders/\(id.description.uppercased())/")
            #expect(answer.status == 200)
            func step(_ name: JSON, _ state: JSON) -> JSON { ["step": name, "state": state, "at": .string(book.now.iso8601)] }
            let reached = [Order.Status.placed, .paid, .reserved, .shipped].firstIndex(of: status) ?? 0
            let steps = ["payment", "inventory", "shipping"].enumerated().prefix(reached + 1).map { index, name in
                step(.string(name), index < reached ? "done" : "asked")
            }
            #expect(answer.json == [
                "orderId": .string("\(id)"), "status": .string(status.rawValue), "reason": nil,
                "steps": .array([step("order", "done")] + steps),
            ])
        }
    }

    @Test(arguments: OrderStep.allCases) func anOrderThatFailsSaysAtWhichStep(_ step: OrderStep) async throws {
        try await withOrders { base, book in
            try await Self.stockUp(base)
            let id = try await Self.place(
                base, #"{"customer":"alice","item":"lamp","quantity":1,"amount":20,"failAt":"\#(step.rawValue)"}"#)
            try book.play()
            let document = try #require(try await ask("GET", "\(base)/api/orders/\(id)").json)
            #expect(document["status"] == "Cancelled" && document["reason"]?.string == "\(step.rawValue): it was asked to fail")
            let states = document["steps"]?.elements?.map { $0["state"] }
            #expect(states?.last == "refused" && states?.count == (OrderStep.allCases.firstIndex(of: step) ?? 0) + 1)
            #expect(states?.dropFirst().dropLast().allSatisfy { $0 == "undone" } == true)
            let account = try await ask("GET", base + "/api/accounts/alice")
            #expect(account.json == ["id": "alice", "balance": 1_000, "held": 0])
        }
    }

    @Test func theEventsOfAnOrderTellItToItsEnd() async throws {
        try await withOrders { base, book in
            try await Self.stockUp(base)
            let id = try await Self.place(base)
            let events = try await EventReader.read("\(base)/api/jobs/\(id)/events", lastEventID: nil) { event in
                switch event.data["status"]?.string {
                case "Placed": try book.advance(id, to: .paid)
                case "Paid": try book.advance(id, to: .reserved)
                default: try book.advance(id, to: .shipped)
                }
                return true
            }
            #expect(events.map(\.kind) == ["accepted", "progress", "progress", "completed"])
            #expect(events.map { $0.data["status"] } == ["Placed", "Paid", "Reserved", "Shipped"])
            #expect(events[1].data.members?.map(\.key) == ["orderId", "status", "steps"])
        }
    }

    @Test func theEventsOfAnOrderTellThatItIsUndone() async throws {
        try await withOrders { base, book in
            try await Self.stockUp(base)
            let id = try await Self.place(base)
            try book.advance(id, to: .paid)
            let events = try await EventReader.read("\(base)/api/jobs/\(id)/events", lastEventID: nil) { event in
                switch event.kind {
                case "accepted":
                    let answer = try await ask("DELETE", "\(base)/api/orders/\(id)")
                    #expect(answer.status == 202)
                case "compensating": try book.play()
                default: break
                }
                return true
            }
            #expect(events.map(\.kind) == ["accepted", "compensating", "cancelled"])
            let other = try await Self.place(base, #"{"customer":"alice","item":"lamp","quantity":11,"amount":20}"#)
            try book.play()
            let failed = try await EventReader.read("\(base)/api/jobs/\(other)/events", lastEventID: nil) { _ in true }
            #expect(failed.map(\.kind) == ["accepted", "failed"])
        }
    }

    @Test func anOrderIsCancelledUntilItHasEnded() async throws {
        try await withOrders { base, book in
            try await Self.stockUp(base)
            let id = try await Self.place(base), url = "\(base)/api/orders/\(id)"
            try book.advance(id, to: .reserved)
            let first = try await ask("DELETE", url)
            #expect(first.status == 202)
            #expect(first.json == ["orderId": .string("\(id)"), "statusUrl": .string("/api/orders/\(id)")])
            let document = try await ask("GET", url).json
            #expect(document?["status"] == "Compensating" && document?["reason"] == "cancelled by its customer")
            #expect(try await ask("DELETE", url).status == 202)
            try book.play()
            #expect(try await ask("GET", url).json?["status"] == "Cancelled")
            let late = try await ask("DELETE", url)
            #expect(late.status == 409 && late.json?["detail"]?.string?.contains("has ended") == true)
        }
    }

    @Test(arguments: ["x", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"])
    func whatIsNoOrderIsNotFound(_ id: String) async throws {
        try await withOrders { base, _ in
            for method in ["GET", "DELETE"] {
                let answer = try await ask(method, "\(base)/api/orders/\(id)")
                #expect(answer.status == 404 && answer.json?["detail"]?.string?.contains(id) == true)
                #expect(answer.json?["detail"]?.string?.contains("order") == true)
            }
        }
    }

    @Test(arguments: [
        (#"{"item":"a","quantity":1,"amount":1}"#, "customer", "missing"),
        (#"{"customer":null,"item":"a","quantity":1,"amount":1}"#, "customer", "missing"),
        (#"{"customer":17,"item":"a","quantity":1,"amount":1}"#, "customer", "a number is not a name"),
        (#"{"customer":"","item":"a","quantity":1,"amount":1}"#, "customer", "is empty"),
        (#"{"customer":"a","item":"\#(String(repeating: "é", count: 129))","quantity":1,"amount":1}"#, "item", "258 bytes"),
        (#"{"customer":"a","item":"b\nc","quantity":1,"amount":1}"#, "item", "U+000A"),
        (#"{"customer":"a","item":"b\u0085c","quantity":1,"amount":1}"#, "item", "U+0085"),
        (#"{"customer":"a","item":"b","amount":1}"#, "quantity", "missing; expected a whole number from 1 to 1000000000"),
        (#"{"customer":"a","item":"b","quantity":0,"amount":1}"#, "quantity", "0 is too small"),
        (#"{"customer":"a","item":"b","quantity":-1,"amount":1}"#, "quantity", "negative"),
        (#"{"customer":"a","item":"b","quantity":1000000001,"amount":1}"#, "quantity", "too large"),
        (#"{"customer":"a","item":"b","quantity":"99999999999999999999","amount":1}"#, "quantity", "too large"),
        (#"{"customer":"a","item":"b","quantity":1.5,"amount":1}"#, "quantity", "whole"),
        (#"{"customer":"a","item":"b","quantity":"1e3","amount":1}"#, "quantity", "not a number"),
        (#"{"customer":"a","item":"b","quantity":true,"amount":1}"#, "quantity", "not a number"),
        (#"{"customer":"a","item":"b","quantity":1}"#, "amount", "missing"),
        (#"{"customer":"a","item":"b","quantity":1,"amount":-1}"#, "amount", "negative"),
        (#"{"customer":"a","item":"b","quantity":1,"amount":1000000000000001}"#, "amount", "0 to 1000000000000000"),
        (#"{"customer":"a","item":"b","quantity":1,"amount":1,"failAt":"packing"}"#, "failAt", #"or "shipping""#),
        (#"{"customer":"a","item":"b","quantity":1,"amount":1,"failAt":3}"#, "failAt", "a number is no step"),
        ("{", "$", "not JSON"), ("[]", "$", "an array"),
    ])
    func badInputIsRefusedByField(_ body: String, _ field: String, _ reason: String) async throws {
        try await withOrders { base, book in
            let answer = try await ask("POST", base + "/api/orders", body: body)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json?["errors"]?.members?.map(\.key) == [field])
            #expect(answer.json?["errors"]?[field]?[0]?.string?.contains(reason) == true, "\(answer.text)")
            #expect(book.orders.isEmpty)
        }
    }

    @Test func allFieldsAreToldAtOnce() async throws {
        try await withOrders { base, _ in
            let answer = try await ask("POST", base + "/api/orders", body: #"{"failAt":"x"}"#)
            #expect(answer.json?["errors"]?.members?.map(\.key) == ["customer", "item", "quantity", "amount", "failAt"])
        }
    }

    @Test func theLargestOrderIsOne() async throws {
        try await withOrders { base, book in
            let name = String(repeating: "n", count: 256)
            let id = try await Self.place(
                base, #"{"customer":"\#(name)","item":"\#(name)","quantity":1000000000,"amount":1000000000000000}"#)
            try book.play()
            #expect(try await ask("GET", "\(base)/api/orders/\(id)").json?["status"] == "Cancelled")
        }
    }

    @Test func otherTypesMethodsAndSizesAreRefused() async throws {
        try await withOrders { base, book in
            #expect(try await ask("POST", "\(base)/api/orders", body: Self.lamp, type: "text/plain").status == 415)
            #expect(try await ask("PUT", "\(base)/api/accounts/a", body: #"{"balance":1}"#, type: "text/plain").status == 415)
            #expect(try await ask("GET", "\(base)/api/orders").headers["allow"] == "POST, OPTIONS")
            #expect(try await ask("DELETE", "\(base)/api/stock/lamp").status == 405)
            let large = #"{"customer":"\#(String(repeating: "n", count: 1 << 20))"}"#
            let refused = try await ask("POST", "\(base)/api/orders", body: large)
            #expect(refused.status == 413)
            #expect(book.orders.isEmpty)
        }
    }

    // MARK: Without a majority

    /// Every route, once.
    private static let requests: [(method: String, path: String, body: String?)] = [
        ("POST", "/api/orders", lamp), ("GET", "/api/orders/017f22e2-79b0-7cc3-98c4-dc0c0c07398f", nil),
        ("DELETE", "/api/orders/017f22e2-79b0-7cc3-98c4-dc0c0c07398f", nil), ("GET", "/api/accounts/alice", nil),
        ("PUT", "/api/accounts/alice", #"{"balance":1}"#), ("GET", "/api/stock/lamp", nil),
        ("PUT", "/api/stock/lamp", #"{"quantity":1}"#),
    ]

    @Test(arguments: [(OrderGatewayError.Code.unavailable, "failed"), (.unknown, "unknown")])
    func aMajorityThatIsSilentIsAReasonToComeAgain(_ code: OrderGatewayError.Code, _ outcome: String) async throws {
        try await withOrders { base, book in
            book.fail(OrderGatewayError(code, "two of three stores are silent", retryAfterSeconds: 3))
            for request in Self.requests {
                let answer = try await ask(request.method, base + request.path, body: request.body)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "3", "\(request)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.json?["detail"] == "two of three stores are silent")
                #expect(answer.json?["outcome"]?.string == outcome)
            }
        }
    }

    @Test func anOrderOfWhichNobodyKnowsIsFoundByItsID() async throws {
        try await withOrders { base, book in
            book.fail(OrderGatewayError(.unknown, "no answer"))
            let answer = try await ask("POST", base + "/api/orders", body: Self.lamp)
            #expect(answer.headers["location"] == nil)
            book.fail(nil)
            let path = try #require(answer.json?["statusUrl"]?.string)
            #expect(try await ask("GET", "\(base)\(path)").json?["orderId"] == answer.json?["orderId"])
            book.fail(OrderGatewayError(.unavailable, "no answer"))
            #expect(try await ask("POST", "\(base)/api/orders", body: Self.lamp).json?["orderId"] == nil)
        }
    }

    @Test func anEdgeThatReachesNoOrdersSaysSo() async throws {
        try await withOrders(hasOrders: false) { base, _ in
            for request in Self.requests {
                let answer = try await ask(request.method, base + request.path, body: request.body)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "10", "\(request)")
                #expect(answer.json?["detail"]?.string?.contains("this edge has no orders") == true)
                #expect(answer.json?["outcome"] == "failed")
            }
        }
    }

    @Test func whatTheRulesRefuseIsABadRequest() async throws {
        try await withOrders { base, book in
            book.fail(OrderGatewayError(.invalid, "that cannot be"))
            let answer = try await ask("POST", base + "/api/orders", body: Self.lamp)
            #expect(answer.status == 400 && answer.json?["detail"] == "that cannot be")
        }
    }

    @Test func theOpenAPIDocumentDescribesWhatIsServed() async throws {
        try await withOrders { base, _ in
            let document = try #require(try await ask("GET", base + "/openapi.json").json)
            let paths = try #require(document["paths"])
            #expect(paths.members?.map(\.key).filter { $0.hasPrefix("/api/") } == [
                "/api/orders", "/api/orders/{id}", "/api/accounts/{id}", "/api/stock/{id}", "/api/jobs/{id}/events",
            ])
            #expect(paths["/api/orders"]?.members?.map(\.key) == ["post"])
            #expect(paths["/api/orders/{id}"]?.members?.map(\.key) == ["get", "delete"])
            for path in ["/api/accounts/{id}", "/api/stock/{id}"] {
                #expect(paths[path]?.members?.map(\.key) == ["get", "put"])
                #expect(paths[path]?["put"]?["parameters"]?.elements?.map { $0["name"] } == ["id", "If-Match"])
                let answers = paths[path]?["put"]?["responses"]?.members?.map(\.key)
                #expect(answers == ["200", "400", "408", "409", "412", "413", "415", "431", "500", "503"])
            }
            let schemas = try #require(document["components"]?["schemas"])
            #expect(schemas["Account"]?["required"] == ["id", "balance", "held"])
            #expect(schemas["Stock"]?["required"] == ["id", "quantity", "reserved"])
        }
    }
}
