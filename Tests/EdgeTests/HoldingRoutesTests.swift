import JSONDocument
import OrderTestSupport
import Orders
import Testing
import Web
import WebTestSupport
import World

@Suite struct HoldingRoutesTests {
    /// What accounts and stock do not have in common.
    struct Kind: Sendable, CustomTestStringConvertible {
        let path: String
        let amount: String
        let held: String
        var testDescription: String { amount }

        func body(_ amount: Int) -> String { #"{"\#(self.amount)":\#(amount)}"# }

        func document(_ name: String, _ amount: Int, held: Int = 0) -> JSON {
            .object([.init("id", .string(name)), .init(self.amount, .number(amount)), .init(self.held, .number(held))])
        }
    }

    private static let kinds = [
        Kind(path: "/api/accounts/", amount: "balance", held: "held"),
        Kind(path: "/api/stock/", amount: "quantity", held: "reserved"),
    ]

    private static func put(_ url: String, _ body: String, ifMatch: String? = nil) async throws -> Answer {
        try await ask("PUT", url, body: body, headers: ifMatch.map { [("If-Match", $0)] } ?? [])
    }

    @Test(arguments: kinds) func whatIsPutIsReadWithItsRevision(_ kind: Kind) async throws {
        try await withOrders { base, _ in
            let url = base + kind.path + "alice"
            let nothing = try await ask("GET", url)
            #expect(nothing.status == 404 && nothing.headers["etag"] == nil)
            #expect(nothing.json?["detail"]?.string?.contains("alice") == true)
            let made = try await Self.put(url, #"{"\#(kind.amount.uppercased())":"1000"}"#)
            #expect(made.status == 200 && made.json == kind.document("alice", 1_000) && made.headers["etag"] == #""1""#)
            let set = try await Self.put(url, kind.body(7), ifMatch: #""1""#)
            #expect(set.status == 200 && set.json == kind.document("alice", 7) && set.headers["etag"] == #""2""#)
            let read = try await ask("GET", url)
            #expect(read.status == 200 && read.json == kind.document("alice", 7) && read.headers["etag"] == #""2""#)
        }
    }

    @Test(arguments: kinds) func aNameThatIsNoUTF8IsNone(_ kind: Kind) async throws {
        try await withOrders { base, _ in
            for (method, body) in [("PUT", kind.body(5)), ("GET", nil)] as [(String, String?)] {
                let answer = try await askAsWritten(method, base, kind.path + "jos%E9", body: body)
                #expect(answer.status == 400 && answer.json?["errors"]?["id"]?[0]?.string?.contains("\"jos%E9\" is no UTF-8") == true)
            }
            #expect(try await ask("GET", base + kind.path + "jos%EF%BF%BD").status == 404, "as which it would be mended")
        }
    }

    @Test(arguments: kinds) func whatExistsIsNotMadeAgain(_ kind: Kind) async throws {
        try await withOrders { base, _ in
            let url = base + kind.path + "alice"
            #expect(try await Self.put(url, kind.body(0)).status == 200)
            let again = try await Self.put(url, kind.body(5))
            #expect(again.status == 412)
            #expect(again.json?["detail"]?.string?.contains("\"alice\" exists") == true)
            #expect(try await ask("GET", url).json == kind.document("alice", 0))
        }
    }

    /// The revision is 2 when it is asked for.
    @Test(arguments: [
        #""1""#, #""3""#, #""0""#, #"W/"2""#, #""02""#, #""+2""#, #"" 2""#, #""x""#, #""""#, #""1", "3""#, #"W/"2", "1""#,
    ])
    func aTagThatDoesNotFitSetsNothing(_ tag: String) async throws {
        try await withOrders { base, _ in
            for kind in Self.kinds {
                let url = base + kind.path + "alice"
                _ = try await Self.put(url, kind.body(1))
                _ = try await Self.put(url, kind.body(2), ifMatch: #""1""#)
                let answer = try await Self.put(url, kind.body(3), ifMatch: tag)
                #expect(answer.status == 412, "\(tag): \(answer.text)")
                #expect(answer.json?["detail"]?.string?.contains("If-Match is not the ETag of") == true)
                #expect(try await ask("GET", url).json == kind.document("alice", 2))
            }
        }
    }

    @Test(arguments: [#""1""#, #""0""#, #"W/"1""#, #""1", "2""#]) func aTagMakesNothing(_ tag: String) async throws {
        try await withOrders { base, _ in
            for kind in Self.kinds {
                let answer = try await Self.put("\(base)\(kind.path)alice", kind.body(3), ifMatch: tag)
                #expect(answer.status == 412)
                #expect(try await ask("GET", "\(base)\(kind.path)alice").status == 404)
            }
        }
    }

    @Test(arguments: [#""2","1""#, #"W/"3" , "1""#, #"  "x,y", "1"  "#]) func oneOfSeveralTagsSuffices(_ tags: String) async throws {
        try await withOrders { base, _ in
            for kind in Self.kinds {
                let url = base + kind.path + "alice"
                _ = try await Self.put(url, kind.body(1))
                let answer = try await Self.put(url, kind.body(3), ifMatch: tags)
                #expect(answer.status == 200 && answer.json == kind.document("alice", 3), "\(answer.text)")
            }
        }
    }

    @Test(arguments: [
        ("*", "* would set whatever is there"), (#""*""#, "* would set whatever is there"),
        (#""1", *"#, "* would set whatever is there"), ("1", "no entity tag"), (#""1"#, "no entity tag"),
        (#"w/"1""#, "no entity tag"), (#""1" "2""#, "no entity tag"), ("", "an empty value"),
    ])
    func aHeaderThatSaysNothingIsRefused(_ header: String, _ reason: String) async throws {
        try await withOrders { base, _ in
            for kind in Self.kinds {
                let url = base + kind.path + "alice"
                _ = try await Self.put(url, kind.body(1))
                let answer = try await Self.put(url, kind.body(3), ifMatch: header)
                #expect(answer.status == 400)
                #expect(answer.json?["errors"]?["If-Match"]?[0]?.string?.contains(reason) == true, "\(answer.text)")
                #expect(try await ask("GET", url).json == kind.document("alice", 1))
            }
        }
    }

    @Test(arguments: kinds) func notLessThanOrdersHold(_ kind: Kind) async throws {
        try await withOrders { base, book in
            _ = try await Self.put(base + "/api/accounts/alice", #"{"balance":100}"#)
            _ = try await Self.put(base + "/api/stock/lamp", #"{"quantity":100}"#)
            let order = try await ask(
                "POST", base + "/api/orders", body: #"{"customer":"alice","item":"lamp","quantity":20,"amount":20}"#)
            let id = try #require(order.json?["orderId"]?.string.flatMap { WorkID($0) })
            try book.advance(id, to: .reserved)
            let name = kind.amount == "balance" ? "alice" : "lamp", url = base + kind.path + name
            #expect(try await ask("GET", url).json == kind.document(name, 100, held: 20))
            let answer = try await Self.put(url, kind.body(19), ifMatch: #""1""#)
            #expect(answer.status == 409)
            #expect(answer.json?["errors"]?[kind.amount]?[0]?.string?.contains("orders hold more") == true, "\(answer.text)")
            #expect(try await Self.put(url, kind.body(20), ifMatch: #""1""#).json == kind.document(name, 20, held: 20))
        }
    }

    @Test(arguments: kinds) func aNameIsWhatItIs(_ kind: Kind) async throws {
        try await withOrders { base, _ in
            let names = [
                ("Alice", "Alice"), ("alice", "alice"), ("a%2Fb", "a/b"), ("100%2525", "100%25"), ("%C3%A9", "é"), ("a%20b", "a b"),
                (String(repeating: "n", count: 256), String(repeating: "n", count: 256)),
            ]
            for (index, name) in names.enumerated() {
                let answer = try await Self.put("\(base)\(kind.path)\(name.0)", kind.body(index))
                #expect(answer.json == kind.document(name.1, index))
            }
            for (index, name) in names.enumerated() {
                #expect(try await ask("GET", "\(base)\(kind.path)\(name.0)").json == kind.document(name.1, index))
            }
        }
    }

    @Test(arguments: kinds) func whatIsNoNameIsRefused(_ kind: Kind) async throws {
        try await withOrders { base, _ in
            for (name, reason) in [(String(repeating: "n", count: 257), "257 bytes"), ("a%00b", "U+0000"), ("%C2%85", "U+0085")] {
                let url = base + kind.path + name
                for answer in [try await ask("GET", url), try await Self.put(url, kind.body(1))] {
                    #expect(answer.status == 400)
                    #expect(answer.json?["errors"]?["id"]?[0]?.string?.contains(reason) == true, "\(answer.text)")
                }
            }
        }
    }

    @Test(arguments: [
        ("-1", "negative"), ("1000000000000001", "too large"), (#""x""#, "not a number"), ("0.5", "whole"), ("[]", "an array"),
        ("null", "expected a whole number from 0 to 1000000000000000"),
    ])
    func anAmountThatIsNoneIsRefusedByName(_ value: String, _ reason: String) async throws {
        try await withOrders { base, _ in
            for kind in Self.kinds {
                let answer = try await Self.put(base + kind.path + "alice", #"{"\#(kind.amount)":\#(value)}"#, ifMatch: "*")
                #expect(answer.status == 400)
                #expect(answer.json?["errors"]?.members?.map(\.key) == [kind.amount, "If-Match"])
                #expect(answer.json?["errors"]?[kind.amount]?[0]?.string?.contains(reason) == true, "\(answer.text)")
            }
        }
    }
}
