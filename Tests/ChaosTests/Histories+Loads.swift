import Chaos
import JSONDocument

extension Holding {
    static let alice = Holding(.accounts, "alice")
    static let lamp = Holding(.stock, "lamp")
}

extension TestHistory {
    // MARK: Orders

    mutating func make(_ holding: Holding, _ amount: Int64, outcome: HistoryRecord.Outcome = .ok) {
        add(.client, .put(holding, amount), process: 90, outcome: outcome, via: "n1", detail: outcome == .ok ? "" : "503: no majority")
    }

    /// What an order of alice for lamps asks for.
    static func wish(_ amount: Int64, _ quantity: Int64, failAt: String? = nil) -> JSON {
        [
            "customer": "alice", "item": "lamp", "quantity": .number(quantity), "amount": .number(amount), "failAt": .text(failAt),
        ]
    }

    /// An order is placed, and accepted unless told otherwise.
    mutating func place(
        _ number: Int, _ wish: JSON, id: String? = nil, process: Int? = nil, outcome: HistoryRecord.Outcome = .ok, via: String = "n1",
        refusal: Int? = nil
    ) {
        let jobId = outcome == .ok ? id ?? "order-\(number)" : nil
        add(
            .client, .submit(Submission(kind: Submission.orders, request: wish, order: number, jobId: jobId, refusal: refusal)),
            process: process ?? number, outcome: outcome, via: via,
            detail: outcome == .ok ? "" : refusal.map { "\($0): no" } ?? "503: nobody knows")
    }

    /// How an order stands.
    static func order(
        _ number: Int, _ status: String, done: Int, inFlight: Int = 0, gathered: Int? = nil, reason: String? = nil
    ) -> JobReading {
        JobReading(
            jobId: "order-\(number)", status: status, done: done, total: 3, inFlight: inFlight, gathered: gathered,
            warnings: reason.map { [$0] } ?? [])
    }

    mutating func tell(_ reading: JobReading, of number: Int, via: String = "n1") {
        add(.client, .read(reading), process: number, via: via)
    }

    mutating func ship(_ number: Int) { tell(Self.order(number, "Shipped", done: 3), of: number) }

    mutating func cancelled(_ number: Int, because reason: String) {
        tell(Self.order(number, "Cancelled", done: 0, reason: reason), of: number)
    }

    mutating func cancel(
        _ number: Int, _ answer: Cancellation?, via: String = "n2", outcome: HistoryRecord.Outcome? = nil
    ) {
        let outcome = outcome ?? (answer == .accepted ? .ok : answer == nil ? .unknown : .failed)
        let detail = answer == .missing ? "404" : ""
        add(.client, .cancel(jobId: "order-\(number)", answer), process: 91, outcome: outcome, via: via, detail: detail)
    }

    /// What an edge says in the end.
    mutating func left(_ holding: Holding, _ amount: Int64, held: Int64 = 0, by edge: String = "n1") {
        add(.client, .get(holding, HoldingReading(amount: amount, held: held)), process: 92, via: edge)
    }

    /// Two orders of alice, who has 100, for lamps, of which there are 10: one is shipped, one fails. What else happens, and what is left
    /// in the end, is up to the test.
    static func shop(_ happens: (inout TestHistory) -> Void) -> TestHistory {
        var history = TestHistory()
        history.make(.alice, 100)
        history.make(.lamp, 10)
        history.place(1, wish(20, 2))
        history.place(2, wish(30, 3, failAt: "shipping"))
        history.at(1_000)
        history.ship(1)
        history.cancelled(2, because: "shipping: it was asked to fail")
        history.at(2_000)
        happens(&history)
        history.at(9_000)
        history.end()
        return history
    }

    // MARK: Items

    mutating func add(_ ids: [String], to tenant: String = "t", by process: Int, outcome: HistoryRecord.Outcome = .ok) {
        add(.client, .items(tenant: tenant, .add(ids)), process: process, outcome: outcome, via: "n1")
    }

    /// What nobody knew is added again in the end.
    mutating func settle(_ ids: [String], of tenant: String = "t", outcome: HistoryRecord.Outcome = .ok) {
        let detail = outcome == .ok ? "" : "503: no majority"
        add(.client, .settle(tenant: tenant, ids: ids), process: 82, outcome: outcome, via: "n1", detail: detail)
    }

    /// What an edge counts in the end.
    mutating func total(_ count: Int?, of tenant: String = "t", via: String = "n2", outcome: HistoryRecord.Outcome? = nil) {
        let outcome = outcome ?? (count == nil ? .unknown : .ok)
        add(
            .client, .total(tenant: tenant, count), process: 83, outcome: outcome, via: via, detail: count == nil ? "503: no majority" : "")
    }

    mutating func count(_ count: Int?, of tenant: String = "t", by process: Int = 80, via: String = "n2") {
        add(.client, .items(tenant: tenant, .read(count: count)), process: process, outcome: count == nil ? .failed : .ok, via: via)
    }
}
