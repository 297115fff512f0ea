import JSONDocument
import Orders
import World

// WHICH ORDERS A LOAD PLACES
//
// Everything follows from an order's place in its load, so that two runs of a scenario place the same orders. No two of them cost the same,
// or ask for the same quantity: one that was paid twice is not made good by another that was not paid at all. Each account and
// each item begins with exactly what all orders ask of it together, so that none is refused for want of money or goods but by
// mistake; those that are to lack something ask it of an account or item of their own, which never has enough.

/// The orders of a load, and what they take from.
package struct OrdersPlan: Sendable {
    /// What is special about an order.
    package enum Fate: Hashable, Sendable {
        case plain
        case failing(OrderStep)
        case unaffordable
        case outOfStock
        case cancelled
        case repeated
    }

    package let load: OrdersLoad
    /// Of the load in its scenario; part of all names, so that no two loads take from the same.
    private let number: Int

    /// More than is there of what there is never enough.
    private static let leastAmount: Int64 = 10, leastQuantity: Int64 = 2
    private static let poorBalance: Int64 = 5, scarceStock: Int64 = 1
    /// How long after its acceptance an order is cancelled, in turn: an order takes some tens of milliseconds.
    private static let pauses: [Duration] = [.zero, .milliseconds(15), .milliseconds(40)]

    package init(_ load: OrdersLoad, number: Int) {
        self.load = load
        self.number = number
    }

    /// At least 1.
    package var count: Int { Workload.count(in: load.duration, rate: load.rate) }

    private static func place(_ index: Int) -> Int { (index * 61 + 99) % 100 }

    /// How long after its acceptance an order is cancelled that is to be. By its place, so that each pause has its share even of a few.
    package func pause(_ index: Int) -> Duration { Self.pauses[Self.place(index) % Self.pauses.count] }

    /// Of each hundred orders every fate has its share, spread over all of them, because 61 and 100 have no divisor in common.
    package func fate(_ index: Int) -> Fate {
        var place = Self.place(index)
        let shares = load.shares, steps = OrderStep.allCases
        let fates: [(share: Int, fate: Fate)] = [
            (shares.failing, .failing(steps[index % steps.count])), (shares.unaffordable, .unaffordable), (shares.outOfStock, .outOfStock),
            (shares.cancelled, .cancelled), (shares.repeated, .repeated),
        ]
        for (share, fate) in fates {
            if place < share { return fate }
            place -= share
        }
        return .plain
    }

    /// What is sent to the edge.
    package func request(_ index: Int) -> JSON {
        let fate = fate(index)
        var members: [JSON.Member] = [
            .init("customer", .string(account(index, fate).name)), .init("item", .string(stock(index, fate).name)),
            .init("quantity", .number(quantity(index))), .init("amount", .number(amount(index))),
        ]
        if case .failing(let step) = fate { members.append(.init("failAt", .string(step.rawValue))) }
        return .object(members)
    }

    func order(_ index: Int) -> Client.Order {
        var order = Client.Order(kind: Submission.orders, body: request(index))
        order.key = "chaos-\(number)-\(index)"
        switch fate(index) {
        case .cancelled: order.sequel = .cancel(after: pause(index))
        case .repeated: order.sequel = .again
        case .plain, .failing, .unaffordable, .outOfStock: break
        }
        return order
    }

    /// Accounts first, and what each begins with.
    package var holdings: [(holding: Holding, amount: Int64)] {
        var amounts: [Holding: Int64] = [:]
        for index in 0..<count {
            let fate = fate(index)
            amounts[account(index, fate), default: 0] += amount(index)
            amounts[stock(index, fate), default: 0] += quantity(index)
        }
        let (poor, scarce) = (Holding(.accounts, "poor-\(number)"), Holding(.stock, "scarce-\(number)"))
        if amounts[poor] != nil { amounts[poor] = Self.poorBalance }
        if amounts[scarce] != nil { amounts[scarce] = Self.scarceStock }
        return amounts.sorted { ($0.key.path, $0.value) < ($1.key.path, $1.value) }.map { (holding: $0.key, amount: $0.value) }
    }

    private func account(_ index: Int, _ fate: Fate) -> Holding {
        Holding(.accounts, fate == .unaffordable ? "poor-\(number)" : "customer-\(number)-\(1 + index % load.customers)")
    }

    /// Every customer orders every item.
    private func stock(_ index: Int, _ fate: Fate) -> Holding {
        Holding(.stock, fate == .outOfStock ? "scarce-\(number)" : "item-\(number)-\(1 + index / load.customers % load.items)")
    }

    private func amount(_ index: Int) -> Int64 { Self.leastAmount + Int64(index) }
    private func quantity(_ index: Int) -> Int64 { Self.leastQuantity + Int64(index) }
}
