import Edge
import ItemTestSupport
import Items
import JSONDocument
import Logging
import Testing
import Web
import WebTestSupport
import World

/// An edge with items in memory; `hasItems` false for one that reaches none.
func withItems(hasItems: Bool = true, _ body: (String, ItemBook, SystemWorld) async throws -> Void) async throws {
    let world = SystemWorld(), book = ItemBook()
    let edge = EdgeServer(
        address: .tcp(host: "127.0.0.1", port: 0), groups: [ItemRoutes(gateway: hasItems ? book : nil, world: world)],
        readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
    let port = try await edge.start()
    do { try await body("http://127.0.0.1:\(port)", book, world) } catch {
        await edge.stop()
        throw error
    }
    await edge.stop()
}

@Suite struct ItemRoutesTests {
    private static let unreadable = #"{"message":"Unable to unmarshal json"}"#, incomplete = #"{"message":"both values are required"}"#

    private static func items(_ pairs: (String, String)...) -> String {
        JSON.array(pairs.map { .object([.init("id", .string($0.0)), .init("tenant", .string($0.1))]) }).text()
    }

    @Test func itemsAreAddedAndCounted() async throws {
        try await withItems { base, book, world in
            let before = world.now
            let answer = try await ask("POST", base + "/items", body: Self.items(("1", "t"), ("2", "t"), ("1", "u"), ("2", "t")))
            #expect(answer.status == 200 && answer.text == #"{"message":"Success"}"#)
            #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
            // Before the server's own limit, so that the answer is the contract's.
            let deadline = try #require(book.deadlines.first)
            #expect(deadline >= before + ItemRoutes.deadline && deadline <= world.now + ItemRoutes.deadline)
            #expect(ItemRoutes.deadline < WebLimits().requestDeadline)
            for (tenant, count) in [("t", 2), ("u", 1), ("nobody", 0)] {
                let answer2 = try await ask("GET", base + "/items/\(tenant)/count")
                #expect(answer2.status == 200 && answer2.text == #"{"count":\#(count)}"#)
                #expect(answer2.headers["x-gossamer-version"] == nil)
            }
        }
    }

    @Test func aTenantThatIsNoUTF8IsNone() async throws {
        try await withItems { base, _, _ in
            _ = try await ask("POST", base + "/items", body: Self.items(("1", "t\u{FFFD}")))
            #expect(try await ask("GET", base + "/items/t%EF%BF%BD/count").text == #"{"count":1}"#)
            let answer = try await askAsWritten("GET", base, "/items/t%FF/count")
            #expect(answer.status == 400 && answer.headers["content-type"]?.hasPrefix("text/plain") == true)
            #expect(answer.json?["message"]?.string?.hasPrefix("Invalid URI: tenant: \"t%FF\" is no UTF-8") == true, "\(answer.text)")
        }
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "text/plain", "nonsense", nil])
    func theContentTypeIsIgnored(_ type: String?) async throws {
        try await withItems { base, book, _ in
            let answer = try await ask("POST", base + "/items", body: Self.items(("a", "t")), type: type)
            #expect(answer.status == 200)
            #expect(book.adds == [[Item(id: "a", tenant: "t")]])
        }
    }

    @Test func keysAreReadInAnyCaseAndUnknownOnesAreIgnored() async throws {
        try await withItems { base, book, _ in
            let body = #"[{"ID":"a","Tenant":"Té/x","x":{"id":5}},{"tenAnt":"b","iD":" "}]"#
            let answer = try await ask("POST", base + "/Items", body: body)
            #expect(answer.status == 200)
            #expect(book.adds == [[Item(id: "a", tenant: "Té/x"), Item(id: " ", tenant: "b")]])
        }
    }

    @Test func ofAKeyThatComesTwiceTheLastCountsInAnyCase() async throws {
        try await withItems { base, book, _ in
            let body = #"[{"id":"a","tenant":"t","ID":"b"},{"TENANT":"t","id":"c","tenant":"u"}]"#
            let answer = try await ask("POST", base + "/items", body: body)
            #expect(answer.status == 200)
            #expect(book.adds == [[Item(id: "b", tenant: "t"), Item(id: "c", tenant: "u")]])
        }
    }

    @Test func aSlashAtTheEndOfAPathChangesNothing() async throws {
        try await withItems { base, _, _ in
            let answer = try await ask("POST", base + "/items/", body: Self.items(("1", "a/b")))
            #expect(answer.status == 200)
            let count = try await ask("GET", base + "/Items/a/b/Count/")
            #expect(count.status == 200 && count.text == #"{"count":1}"#)
        }
    }

    @Test(arguments: ["[]", "null", " [ ] "]) func nothingIsAddedWithSuccess(_ body: String) async throws {
        try await withItems { base, book, _ in
            let answer = try await ask("POST", base + "/items", body: body)
            #expect(answer.status == 200 && answer.text == #"{"message":"Success"}"#)
            #expect(book.adds == [[]])
        }
    }

    @Test(arguments: [
        ("", unreadable), ("{", unreadable), (#"{"id":"a","tenant":"t"}"#, unreadable), ("5", unreadable), ("[5]", unreadable),
        (#"["a"]"#, unreadable), (#"[{"id":5,"tenant":"t"}]"#, unreadable), (#"[{"id":"a","tenant":["t"]}]"#, unreadable),
        (#"[{"id":"a","tenant":"t"}] x"#, unreadable), (#"[{"id":"","tenant":"t"},{"id":5}]"#, unreadable), (#"[[]]"#, unreadable),
        (#"[{}]"#, incomplete), (#"[null]"#, incomplete), (#"[{"id":"a"}]"#, incomplete), (#"[{"tenant":"t"}]"#, incomplete),
        (#"[{"id":"","tenant":"t"}]"#, incomplete), (#"[{"id":"a","tenant":""}]"#, incomplete), (#"[{"id":null,"tenant":"t"}]"#, incomplete),
        (#"[{"id":"a","tenant":"t"},{"id":"b"}]"#, incomplete),
    ])
    func whatIsNotInOrderIsRefusedAsAWhole(_ body: String, _ text: String) async throws {
        try await withItems { base, book, _ in
            let answer = try await ask("POST", base + "/items", body: body)
            #expect(answer.status == 400 && answer.text == text)
            #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
            #expect(book.adds.isEmpty)
        }
    }

    @Test func whatIsTooLongIsRefusedWithTheLimit() async throws {
        try await withItems { base, book, _ in
            func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }
            for (id, tenant, said) in [(text(ItemLimits.idBytes + 1), "t", "15360"), ("a", text(ItemLimits.tenantBytes + 1), "500")] {
                let answer = try await ask("POST", base + "/items", body: Self.items(("fine", "t"), (id, tenant)))
                #expect(answer.status == 400 && answer.json?["message"]?.string?.contains(said) == true, "\(answer.text)")
            }
            #expect(book.adds.isEmpty)
            let most = Self.items((text(ItemLimits.idBytes), text(ItemLimits.tenantBytes)))
            let answer2 = try await ask("POST", base + "/items", body: most)
            #expect(answer2.status == 200)
            let told1 = try await ask("GET", base + "/items/\(text(ItemLimits.tenantBytes))/count").text
            #expect(told1 == #"{"count":1}"#)
            let answer3 = try await ask("POST", base + "/items", body: String(repeating: " ", count: 1 << 20) + "[]")
            #expect(answer3.status == 413)
        }
    }

    @Test func soManyTenantsMayBeInOneRequestAndNoMore() async throws {
        try await withItems { base, book, _ in
            func body(_ tenants: Int) -> String {
                let items = (0..<2 * tenants).map { JSON.object([.init("id", .string("\($0)")), .init("tenant", .string("t\($0 / 2)"))]) }
                return JSON.array(items).text()
            }
            let many = try await ask("POST", base + "/items", body: body(ItemLimits.tenants + 1))
            #expect(many.status == 400 && many.headers["content-type"]?.hasPrefix("text/plain") == true)
            let said = many.json?["message"]
            #expect(said == "1001 tenants in one request; at most 1000 are allowed: divide them among several")
            #expect(book.adds.isEmpty)
            let most = try await ask("POST", base + "/items", body: body(ItemLimits.tenants))
            #expect(most.status == 200 && book.adds.first?.count == 2 * ItemLimits.tenants)
        }
    }

    @Test(arguments: [
        ("a/b/c", "a/b/c"), ("a%2Fb", "a/b"), ("count", "count"), ("a/count", "a/count"), ("A", "A"), ("%C3%A9%20", "é "), ("a//b", "a//b"),
        ("%25", "%"), ("a/b", "a/b"),
    ])
    func aTenantMayHaveSlashesAndEverythingElse(_ path: String, _ tenant: String) async throws {
        try await withItems { base, _, _ in
            let answer = try await ask("POST", base + "/items", body: Self.items(("1", tenant)))
            #expect(answer.status == 200)
            let told2 = try await ask("GET", base + "/items/\(path)/count").text
            #expect(told2 == #"{"count":1}"#)
            let told3 = try await ask("GET", base + "/ITEMS/\(path)/Count?x=1").text
            #expect(told3 == #"{"count":1}"#)
            let told4 = try await ask("GET", base + "/items/x\(path)/count").text
            #expect(told4 == #"{"count":0}"#)
        }
    }

    @Test(arguments: ["a", "a/b", "a/count/b", "count", "a/counts", "a/xcount", "a%2Fcount"])
    func aPathWithoutACountIsNone(_ path: String) async throws {
        try await withItems { base, _, _ in
            let answer = try await ask("GET", base + "/items/" + path)
            #expect(answer.status == 400 && answer.text == #"{"message":"Invalid URI"}"#)
            #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
        }
    }

    @Test func otherMethodsAreRefusedWithoutABody() async throws {
        try await withItems { base, book, _ in
            for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
                let answer = try await ask(method, base + "/items", body: method == "PUT" ? "[]" : nil)
                #expect(answer.status == 405 && answer.text.isEmpty && answer.headers["allow"] == "POST, OPTIONS", "\(method)")
            }
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                for path in ["a/count", "a/b/count", "a"] {
                    let answer2 = try await ask(method, base + "/items/" + path)
                    #expect(answer2.status == 405 && answer2.text.isEmpty, "\(method) \(path)")
                }
            }
            let answer3 = try await ask("HEAD", base + "/items/a/count")
            #expect(answer3.status == 200)
            #expect(book.adds.isEmpty)
        }
    }

    @Test func whatIsNotCountedIsToldApartFromWhatNobodyKnows() async throws {
        try await withItems { base, book, _ in
            for (code, outcome, status) in [(ItemGatewayError.Code.unavailable, "not counted", 503), (.unknown, "unknown", 503), (.invalid, nil, 500)] {
                book.fail(ItemGatewayError(code, "no majority", retryAfterSeconds: 7))
                let answer = try await ask("POST", base + "/items", body: Self.items(("1", "t")))
                #expect(answer.status == status && answer.json?["message"] == "Unable to add items")
                guard let outcome else { continue }
                #expect(answer.json?["outcome"]?.string == outcome && answer.headers["retry-after"] == "7", "\(answer.text)")
                let count = try await ask("GET", base + "/items/t/count")
                #expect(count.status == 503 && count.json?["message"] == "Unable to get count" && count.headers["retry-after"] == "7")
            }
        }
        try await withItems(hasItems: false) { base, _, _ in
            let answer2 = try await ask("POST", base + "/items", body: Self.items(("1", "t")))
            #expect(answer2.status == 503 && answer2.json?["outcome"] == "not counted" && answer2.headers["retry-after"] == "10")
            let answer3 = try await ask("GET", base + "/items/t/count")
            #expect(answer3.status == 503)
        }
    }

    @Test func oneReplicaIsAskedForWhatMayBeBehind() async throws {
        try await withItems { base, book, _ in
            let answer = try await ask("POST", base + "/items", body: Self.items(("1", "t"), ("2", "t")))
            #expect(answer.status == 200)
            book.fail(ItemGatewayError(.unavailable, "no majority"))
            let stale = try await ask("GET", base + "/items/t/count?Consistency=stale")
            #expect(stale.status == 200 && stale.text == #"{"count":2}"# && stale.headers["x-gossamer-version"] == "20")
            let answer2 = try await ask("GET", base + "/items/t/count?consistency=strict")
            #expect(answer2.status == 503)
            let other = try await ask("GET", base + "/items/t/count?consistency=maybe")
            #expect(other.status == 400 && other.json?["message"]?.string?.contains("\"maybe\"") == true)
        }
    }

    @Test func countersAreNotOfferedAndHealthIsByAnyMethod() async throws {
        try await withItems { base, _, _ in
            let answer = try await ask("POST", base + "/counters", body: "counter-1")
            #expect(answer.status == 404)
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
                let answer2 = try await ask(method, base + "/health")
                #expect(answer2.status == 200 && answer2.text.isEmpty, "\(method)")
            }
            let told5 = try await ask("GET", base + "/health/live").text
            #expect(told5 == "Healthy")
        }
    }

    @Test func theDocumentDescribesThem() async throws {
        try await withItems { base, _, _ in
            let description = try await ask("GET", base + "/openapi.json")
            let document = try #require(description.json)
            #expect(document["paths"]?["/items"]?["post"]?["responses"]?["503"] != nil)
            let count = try #require(document["paths"]?["/items/{tenant}/count"]?["get"])
            #expect(count["parameters"]?.elements?.map { $0["name"] } == ["tenant", "consistency"])
            #expect(document["components"]?["schemas"]?["Items"]?["items"]?["required"] == ["id", "tenant"])
        }
    }
}
