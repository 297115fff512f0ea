import JSONDocument

/// What a history tells of accounts and stock.
struct Books {
    struct Entry {
        let holding: Holding
        /// What it began with; nil when no edge has said that it was made.
        var initial: Int64?
        /// The last answer to that which said something else.
        var answer = ""
        /// What the edges have said in the end, in the order of their answers.
        var readings: [Reading] = []
    }

    struct Reading {
        let via: String
        /// `failed`: the edge says that there is no such thing.
        let outcome: HistoryRecord.Outcome
        let told: HoldingReading?
        let detail: String
    }

    /// In the order in which they were first named.
    private(set) var entries: [Entry] = []
    private var places: [Holding: Int] = [:]

    mutating func put(_ holding: Holding, _ amount: Int64, _ record: HistoryRecord) {
        let place = place(of: holding)
        if record.outcome == .ok {
            entries[place].initial = amount
        } else {
            entries[place].answer = [record.via, record.detail].compactMap { $0 }.joined(separator: " answered ")
        }
    }

    mutating func get(_ holding: Holding, _ told: HoldingReading?, _ record: HistoryRecord) {
        let reading = Reading(via: record.via ?? "?", outcome: record.outcome, told: told, detail: record.detail)
        entries[place(of: holding)].readings.append(reading)
    }

    private mutating func place(of holding: Holding) -> Int {
        if let place = places[holding] { return place }
        places[holding] = entries.count
        entries.append(Entry(holding: holding))
        return entries.count - 1
    }

    func initial(_ holding: Holding) -> Int64? { places[holding].flatMap { entries[$0].initial } }
}

/// What an order asks for.
struct Wish {
    /// By account and stock, how much.
    let takes: [Holding: Int64]
    /// The step that is to fail.
    let failAt: String?

    init(_ request: JSON) {
        var takes: [Holding: Int64] = [:]
        for (kind, name, amount) in [(Holding.Kind.accounts, "customer", "amount"), (.stock, "item", "quantity")] {
            guard let name = request[name]?.string, let amount = request[amount]?.integer(Int64.self) else { continue }
            takes[Holding(kind, name)] = amount
        }
        self.takes = takes
        failAt = request["failAt"]?.string
    }
}

/// What orders have taken of one account or stock, as far as it follows from how they ended.
struct Claims {
    private(set) var shipped: [(job: Story.Job, amount: Int64)] = []
    private(set) var cancelled: [(job: Story.Job, amount: Int64)] = []
    /// What may have been taken, too, by orders that have not ended or of which nobody knows whether they were placed.
    private(set) var open: Int64 = 0

    var spent: Int64 { shipped.reduce(0) { $0 + $1.amount } }

    static func byHolding(_ story: Story) -> [Holding: Claims] {
        var claims: [Holding: Claims] = [:]
        for order in story.placed {
            let end = order.endings.first?.document
            for (holding, amount) in Wish(order.submission.request).takes {
                switch end?.isShipped {
                case true?: claims[holding, default: Claims()].shipped.append((order, amount))
                case false?: claims[holding, default: Claims()].cancelled.append((order, amount))
                case nil: claims[holding, default: Claims()].open += amount
                }
            }
        }
        for order in story.orders where order.kind == Submission.orders && !order.isAccepted && order.isDoubtful {
            for (holding, amount) in Wish(order.request).takes { claims[holding, default: Claims()].open += amount }
        }
        return claims
    }

    /// What would explain that so much more is gone than should be, or less: no two orders of a load take the same.
    func explanation(of surplus: Int64) -> String? {
        if let twice = shipped.first(where: { $0.amount == surplus }) { return "\(twice.job.name) had been carried out twice" }
        if let undone = cancelled.first(where: { $0.amount == surplus }) {
            return "\(undone.job.name), which was cancelled, had not been undone"
        }
        return shipped.first { $0.amount == -surplus }.map { "\($0.job.name) had not been carried out" }
    }
}
