import Orders
import World

// WHAT BECAME OF THE ORDERS
//
// An order that was acknowledged stands in a register, and ends: it is shipped, or cancelled and undone. Which of both it may be follows
// from the history. An order that was to fail, that asks for more than there ever was, or whose cancellation was acknowledged is
// never shipped. Any other is, unless its time runs out (a mesh that has no majority for a minute gives it up), its customer wanted to
// cancel it, or what all orders ask for is more than there is. And the reason that a cancelled order gives has to be the one it had.
//
// What an order does to others shows in the books. When all orders have ended, an account has what it began with, less what the orders
// cost that were shipped, and so has stock. Nobody's death excuses a difference. An order of which nobody knows whether it was placed
// leaves room for as much as it asks for; where that room is used, nothing is proved.

extension Judge {
    /// The reason of an order whose time has run out.
    private static let deadline = "deadline"
    /// How long after it was placed an order is given up. The edge's figure, which a test compares.
    package static let orderDeadline = Duration.seconds(60)

    static func ordersEnd(_ story: Story) -> Answer {
        let orders = story.placed
        var shipped = 0, doubt: Answer?, demand: [Holding: Int64] = [:]
        for order in story.orders where order.kind == Submission.orders {
            for (holding, amount) in Wish(order.request).takes { demand[holding, default: 0] += amount }
        }
        for order in orders {
            if let denial = order.cancels.first(where: { $0.answer == .missing }) {
                return (.broken, "\(order.name), by \(denial.via): there is no such order (\(denial.detail))")
            }
            switch fault(in: order, story, { objection(to: $0, of: order, demand, story.books) }) {
            case nil: break
            case (.broken, let reason)?: return (.broken, reason)
            case let unknown: doubt = doubt ?? unknown
            }
            if order.last?.document.isShipped == true { shipped += 1 }
        }
        if let doubt { return doubt }
        guard !orders.isEmpty else { return (.unknown, "no order was accepted") }
        // Where none was shipped the mesh may as well refuse all.
        return (shipped > 0 ? .holds : .unknown, "\(shipped) of \(orders.count) shipped, \(orders.count - shipped) cancelled")
    }

    /// What is wrong with an end; nil for one that the order may have.
    private static func objection(
        to end: Story.Job.Reading, of order: Story.Job, _ demand: [Holding: Int64], _ books: Books
    ) -> String? {
        let wish = Wish(order.submission.request)
        func lacks(_ amounts: [Holding: Int64]) -> [Holding] {
            wish.takes.keys.sorted { $0.path < $1.path }.filter { holding in
                books.initial(holding).map { $0 < amounts[holding] ?? 0 } ?? false
            }
        }
        guard end.document.isShipped else {
            let reason = end.document.warnings.first ?? "no reason was given"
            let isExcused = switch reason {
            case deadline: order.askedNs + orderDeadline.nanoseconds <= end.ns
            case Order.customersReason: order.cancels.contains(where: \.mayHaveWorked)
            default:
                wish.failAt.map { reason.hasPrefix("\($0):") } == true
                    || lacks(demand).contains { reason.hasPrefix("\($0.kind.step.rawValue):") }
            }
            return isExcused ? nil : "it was cancelled, and nothing was against it: \(reason)"
        }
        if let step = wish.failAt { return "it has been shipped, and was to fail at \(step)" }
        if let taken = order.cancels.first(where: { $0.answer == .accepted }) {
            return "it has been shipped, and \(taken.via) had acknowledged its cancellation"
        }
        return lacks(wish.takes).first.map { "it has been shipped, and \($0.path) never had so much" }
    }

    /// What a load was to do to its orders, and has not.
    static func undone(_ workload: [Workload], _ story: Story) -> [Finding] {
        let shares = workload.compactMap { if case .orders(let load) = $0 { load.shares } else { nil } }
        var reasons: [String] = []
        if shares.contains(where: { $0.repeated > 0 }), story.repeats == 0, story.refusals.isEmpty, story.doubles.isEmpty {
            reasons.append("no order that was sent again under its key was answered")
        }
        let cancels = story.placed.flatMap(\.cancels)
        if shares.contains(where: { $0.cancelled > 0 }), !cancels.contains(where: { $0.answer == .accepted }) {
            reasons.append("none of \(cancels.count) cancellations was accepted")
        }
        return reasons.map { Finding(.run, "work", .unknown, $0) }
    }

    static func effectsOnce(_ story: Story) -> Answer {
        if let double = story.doubles.first { return (.broken, "an order that was sent again is two: \(double)") }
        if let refusal = story.refusals.first {
            return (.broken, "an order that had been accepted was refused when it was sent again: \(refusal)")
        }
        var ended = 0
        for order in story.placed {
            let ends = order.endings.map(\.document)
            for document in order.readings.map(\.document) + ends where document.gathered != document.done {
                return (.broken, "\(order.name) has \(document.gathered) steps done that are \(document.done)")
            }
            for end in ends {
                let fault: String? = if end.isShipped, end.done != end.total {
                    "was shipped with \(end.done) of \(end.total) steps"
                } else if !end.isShipped, end.done > 0 {
                    "was cancelled, and \(end.done) of its steps are not undone"
                } else {
                    end.inFlight > 0 ? "has ended, and \(end.inFlight) of its steps have not" : nil
                }
                if let fault { return (.broken, "\(order.name) \(fault)") }
            }
            if !ends.isEmpty { ended += 1 }
        }
        guard ended > 0 else { return (.unknown, "no order has ended") }
        return (.holds, "\(ended) orders have all of their effects or none, \(story.repeats) that were sent again are one each")
    }

    // MARK: Money and stock

    static func conserved(_ kind: Holding.Kind, _ story: Story) -> Answer {
        let entries = story.books.entries.filter { $0.holding.kind == kind }, claims = Claims.byHolding(story)
        var begun: Int64 = 0, spent: Int64 = 0, doubt: Answer?
        for entry in entries {
            let own = claims[entry.holding] ?? Claims()
            switch fault(in: entry, own) {
            case nil: break
            case (.broken, let reason)?: return (.broken, reason)
            case let unknown: doubt = doubt ?? unknown
            }
            (begun, spent) = (begun + (entry.initial ?? 0), spent + own.spent)
        }
        if let doubt { return doubt }
        guard !entries.isEmpty else { return (.unknown, "nothing was there to be taken") }
        let places = "\(entries.count) \(kind == .accounts ? "accounts" : "items")"
        return (spent > 0 ? .holds : .unknown, "of \(begun) in \(places) \(spent) are gone")
    }

    private static func fault(in entry: Books.Entry, _ claims: Claims) -> Answer? {
        let name = entry.holding.path, spent = claims.spent
        guard let initial = entry.initial else { return (.unknown, "\(name) was not made: \(entry.answer)") }
        guard !entry.readings.isEmpty else { return (.unknown, "nobody was asked for \(name) in the end") }
        let left = initial - spent
        var doubt: Answer?
        for reading in entry.readings {
            let place = "\(name), by \(reading.via)"
            guard reading.outcome != .failed else { return (.broken, "\(place): there is no such thing (\(reading.detail))") }
            guard reading.outcome == .ok, let told = reading.told else {
                doubt = doubt ?? (.unknown, "\(place): no answer in the end: \(reading.detail)")
                continue
            }
            guard (left - claims.open...left).contains(told.amount) else {
                let why = claims.explanation(of: left - told.amount).map { ", as if \($0)" } ?? ""
                return (.broken, "\(place), has \(told.amount) of \(initial); the orders that were shipped took \(spent)\(why)")
            }
            guard (0...claims.open).contains(told.held) else { return (.broken, "\(place), holds \(told.held) for orders that have ended") }
            if told != HoldingReading(amount: left, held: 0) {
                let room = "\(claims.open) may be of orders of which nobody knows"
                doubt = doubt ?? (.unknown, "\(place), has \(told.amount) of \(initial) and holds \(told.held); \(room)")
            }
        }
        return doubt
    }
}

extension Holding.Kind {
    /// What refuses an order for want of it.
    fileprivate var step: OrderStep { self == .accounts ? .payment : .inventory }
}

extension JobReading {
    /// Whether an order was carried out.
    var isShipped: Bool { status == Order.Status.shipped.rawValue }
}
