import Choreography
import JSONDocument
import Registers
import Testing
import WebTestSupport
import WorkTestSupport
import World

/// Durable work at the admin port.
@Suite struct WorkRoutesTests {
    private let orders: OrdersInMemory
    private let id = OrdersInMemory.id

    init() throws { orders = try OrdersInMemory() }

    private static func path(_ dead: DeadID) -> String {
        dead.description.replacing("%", with: "%25").replacing("/", with: "%2F").replacing("@", with: "%40")
    }

    // MARK: Traces

    @Test func aTraceTellsEntriesAndWhatIsToCome() async throws {
        orders.pass(4)
        try orders.pay()
        orders.pass(6)
        let care = WorkPicture.Care(
            actor: OrdersInMemory.order, node: "n2", efforts: [
                Effort(errand: .letter(to: ActorName("stock", named: "lamp")!), attempts: 2, nextInMs: 300, isUnderWay: false),
            ])
        orders.work.care = [care]
        try await withAdmin(work: orders.work) { bench in
            let answer = try await ask("GET", "\(bench.network)/traces/\(id)")
            let trace = try #require(answer.json)
            #expect(answer.status == 200 && trace["work"]?.string == "\(id)" && trace["startedAt"] == "2027-01-15T08:00:00.000Z")
            #expect(trace["isOver"] == false && trace["isCut"] == false && trace["unread"] == [])
            let entries = try #require(trace["entries"]?.elements)
            #expect(entries.map { $0["event"] } == ["place", "charge", "charged"])
            #expect(entries.map { $0["id"] } == [1, 2, 3] && entries.map { $0["causes"] } == [[], [1], [2]])
            #expect(entries.map { $0["afterMs"] } == [0, 4, 4])
            #expect(entries[1]["actor"] == "account/alice" && entries[1]["node"] == "n1" && entries[1]["life"] == "1")
            #expect(entries[1]["from"] == ["kind": "letter", "sender": .string("order/\(id)"), "sequence": 1, "attempt": 3])
            #expect(entries[1]["detours"] == ["attempt 3"] && entries[1]["outcome"] == "done" && entries[1]["reason"] == .null)
            #expect(entries[0]["sent"] == [["event": "charge", "to": "account/alice", "sequence": 1]])
            let awaited = try #require(trace["awaited"]?.elements)
            #expect(awaited.map { $0["what"] } == ["letter", "timer"])
            #expect(awaited[0]["after"] == 3 && awaited[0]["to"] == "stock/lamp" && awaited[0]["state"] == "due")
            #expect(awaited[0]["home"] == "n2" && awaited[0]["attempts"] == 2 && awaited[0]["nextInMs"] == 300)
            let words = try #require(awaited[0]["words"]?.string)
            #expect(words.hasPrefix("stock/lamp has not taken reserve (letter 1)"), "\(words)")
            #expect(words.hasSuffix("; n2 tries again (attempt 3) in 300 ms"), "\(words)")
            #expect(awaited[1]["after"] == 1 && awaited[1]["at"] == "2027-01-15T08:00:30.000Z")
        }
    }

    @Test func whatOperatorsAndRefusalsDoIsInTheTrace() async throws {
        try orders.refuse()
        _ = try await orders.work.redrive(orders.letter, operation: id)
        try await withAdmin(work: orders.work) { bench in
            let entries = try #require(try await ask("GET", "\(bench.network)/traces/\(id)").json?["entries"]?.elements)
            #expect(entries.map { $0["outcome"] } == ["done", "dead", "redriven"])
            #expect(entries.map { $0["from"]?["kind"] } == ["outside", "burial", "operator"])
            #expect(entries[1]["reason"] == "the account is closed" && entries[2]["detours"] == ["by an operator"])
        }
    }

    @Test func aTraceOfNobodyAndOneOfNonsenseAreToldApart() async throws {
        try await withAdmin(work: orders.work) { bench in
            let nobody = try await ask("GET", "\(bench.network)/traces/017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
            #expect(nobody.status == 404 && nobody.text.contains("nobody knows a piece of work 017f22e2"))
            #expect(try await ask("GET", "\(bench.network)/traces/7").status == 400)
        }
        orders.engine.close(CreationHour(of: id))
        try await withAdmin(work: orders.work) { bench in
            let other = WorkID(milliseconds: 1_800_000_000_000, randomA: 3, randomB: 3)
            let past = try await ask("GET", "\(bench.network)/traces/\(other)")
            #expect(past.status == 404 && past.json?["detail"]?.string?.contains("(2027-01-15T08:00:00.000Z) is closed") == true, "\(past.text)")
            let dead = DeadID.letter(from: ActorName("order", of: other), sequence: 1, to: orders.account)
            let gone = try await ask("GET", "\(bench.network)/dead-letters/\(Self.path(dead))")
            #expect(gone.status == 404 && gone.text.contains("has been closed"), "\(gone.text)")
            #expect(try await ask("GET", "\(bench.network)/traces/\(id)").status == 200, "what is there is shown")
        }
        orders.engine.silence(OrdersInMemory.order)
        try await withAdmin(work: orders.work) { bench in
            let silent = try await ask("GET", "\(bench.network)/traces/\(id)")
            #expect(silent.status == 503 && silent.headers["retry-after"] == "1" && silent.text.contains("two of three"))
        }
        try await withAdmin { bench in
            #expect(try await ask("GET", "\(bench.network)/sagas").json == ["sagas": [], "unheard": [], "shardsWithoutStore": 0, "next": nil])
            #expect(try await ask("GET", "\(bench.network)/dead-letters").json?["deadLetters"] == [])
            for path in ["traces/\(id)", "dead-letters/\(Self.path(orders.letter))"] {
                let none = try await ask("GET", "\(bench.network)/\(path)")
                #expect(none.status == 404 && none.text.contains("no part in durable work"), "\(path)")
            }
        }
    }

    // MARK: Lists

    @Test func openWorkIsListedWithWhatItWaitsFor() async throws {
        try await withAdmin(work: orders.work) { bench in
            let list = try #require(try await ask("GET", "\(bench.network)/sagas").json)
            let saga = try #require(list["sagas"]?[0])
            #expect(saga["work"]?.string == "\(id)" && saga["kind"] == "order" && saga["state"] == "Placed" && saga["home"] == "n1")
            #expect(saga["awaited"]?[0]?["event"] == "charge" && list["unheard"] == ["n5"] && list["next"] == .null)
            // Nothing is overdue in a second, by the clock of the registers.
            let stuck = try await ask("GET", "\(bench.network)/sagas?stuck=10&kind=order&limit=3")
            #expect(stuck.json?["sagas"] == [])
            for query in ["kind=prime", "limit=0", "limit=201", "stuck=-1", "stuck=x", "before=7"] {
                let bad = try await ask("GET", "\(bench.network)/sagas?\(query)")
                let field = String(query.prefix { $0 != "=" })
                #expect(bad.status == 400 && bad.json?["errors"]?[field] != nil, "\(query): \(bad.text)")
            }
        }
    }

    @Test func whatIsDeadIsListedAndShownWithItsPayload() async throws {
        try orders.refuse()
        try await withAdmin(work: orders.work) { bench in
            let list = try #require(try await ask("GET", "\(bench.network)/dead-letters").json)
            let dead = try #require(list["deadLetters"]?[0])
            #expect(dead["id"]?.string == orders.letter.description && dead["work"]?.string == "\(id)" && dead["state"] == "dead")
            #expect(dead["owner"]?.string == "order/\(id)" && dead["to"] == "account/alice" && dead["event"] == "charge"
                && dead["sequence"] == 1)
            #expect(dead["cause"] == "the account is closed" && dead["since"] == "2027-01-15T08:00:00.000Z")
            let shown = try #require(try await ask("GET", "\(bench.network)/dead-letters/\(Self.path(orders.letter))").json)
            #expect(shown["payload"] == ["amount": 20, "fails": false] && shown["held"] == 0 && shown["cause"] == dead["cause"])
            let other = DeadID.letter(from: OrdersInMemory.order, sequence: 2, to: orders.account)
            #expect(try await ask("GET", "\(bench.network)/dead-letters/\(Self.path(other))").status == 404)
            #expect(try await ask("GET", "\(bench.network)/dead-letters/nothing").status == 400)
            #expect(try await ask("GET", "\(bench.network)/dead-letters?limit=1001").status == 400)
        }
    }

    // MARK: Changes

    @Test func operatorsRedriveAndDiscardThroughTheSocketOrWithTheToken() async throws {
        try orders.refuse()
        try await withAdmin(token: "secret", work: orders.work) { bench in
            let path = "dead-letters/\(Self.path(orders.letter))"
            for deed in ["redrive", "discard"] {
                #expect(try await ask("POST", "\(bench.network)/\(path)/\(deed)").status == 403)
                let wrong = try await ask("POST", "\(bench.network)/\(path)/\(deed)", headers: [("Authorization", "Bearer wrong")])
                #expect(wrong.status == 401)
            }
            #expect(orders.work.deeds.isEmpty)
            let operation = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
            let redriven = try await ask("POST", "\(bench.socket)/\(path)/redrive?operation=\(operation)")
            #expect(redriven.status == 200 && redriven.json == ["id": .string(orders.letter.description), "operation": .string(operation)])
            #expect(orders.work.deeds == ["redrive \(orders.letter) as \(operation)"])
            #expect(try await ask("POST", "\(bench.socket)/\(path)/redrive?operation=\(operation)").status == 200, "the same wish")
            let late = try await ask("POST", "\(bench.socket)/\(path)/redrive")
            #expect(late.status == 409 && late.text.contains("is not dead, or not any more"))
            try orders.refuse()
            let token = [("Authorization", "Bearer secret")]
            #expect(try await ask("POST", "\(bench.network)/\(path)/discard", headers: token).status == 200)
            #expect(try await ask("GET", "\(bench.network)/dead-letters").json?["deadLetters"] == [])
            #expect(try await ask("POST", "\(bench.socket)/\(path)/discard?operation=x").status == 400)
            #expect(try await ask("POST", "\(bench.socket)/dead-letters/x/discard").status == 400)
        }
    }

    @Test func aListSaysWhetherItsReaderMayChangeAnything() async throws {
        for (token, plain, knowing) in [(nil, "no", "no"), ("secret", "token", "allowed")] as [(String?, JSON, JSON)] {
            try await withAdmin(token: token, work: orders.work) { bench in
                let headers = [("Authorization", "Bearer secret")]
                let unknown = try await ask("GET", "\(bench.network)/dead-letters"), known = try await ask("GET", "\(bench.socket)/dead-letters")
                let shown = try await ask("GET", "\(bench.network)/dead-letters", headers: headers)
                #expect(unknown.json?["changes"] == plain && known.json?["changes"] == "allowed" && shown.json?["changes"] == knowing)
            }
        }
    }
}
