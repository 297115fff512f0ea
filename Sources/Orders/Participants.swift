import Choreography
import World

/// What a customer has to spend. One for each customer.
public enum Account: DurableActor {
    public struct State: Codable, Hashable, Sendable {
        public internal(set) var balance: Int64 = 0
        /// Of the balance, what orders hold that are under way.
        public internal(set) var held: Int64 = 0
        /// Rises whenever the balance changes; 0 for an account that nobody has made.
        public internal(set) var revision: UInt64 = 0
    }

    public static let kind = "account"
    public static var blank: State { State() }

    public static var rules: [Rule<Account>] {
        [
            .on(SetBalance.self, .note, from: [.outside]) { event, state, next in
                guard event.revision == state.revision else { return next.answer([SettingOutcome.otherRevision.rawValue]) }
                guard event.balance >= state.held else { return next.answer([SettingOutcome.lessThanHeld.rawValue]) }
                state.balance = event.balance
                state.revision += 1
                next.answer([SettingOutcome.done.rawValue])
            },
            .on(Charge.self, .compensable(by: Refund.name), sends: [.to(Order.self, Charged.self), .to(Order.self, Refused.self)]) { charge, state, next in
                let order = try next.asker
                if charge.fails { return try next.refuse(.payment, "it was asked to fail", order) }
                let free = state.balance - state.held
                guard free >= charge.amount else {
                    return try next.refuse(.payment, "the account has \(free) to spend, not \(charge.amount)", order)
                }
                state.held += charge.amount
                try next.send(Charged(), to: order)
            },
            .on(Capture.self, .retriable) { capture, state, _ in
                state.held -= capture.amount
                state.balance -= capture.amount
                state.revision += 1
            },
            .on(
                Refund.self, undoing: Charge.self, sends: [.to(Order.self, Released.self)],
                undo: { refund, state, _ in state.held -= refund.amount },
                then: { _, _, next in try next.send(Released(step: .payment), to: next.asker) }),
        ]
    }
}

/// How much there is of an item. One for each item.
public enum Stock: DurableActor {
    public struct State: Codable, Hashable, Sendable {
        public internal(set) var quantity: Int64 = 0
        /// Of the quantity, what orders hold that are under way.
        public internal(set) var reserved: Int64 = 0
        /// Rises whenever the quantity changes; 0 for an item that nobody has made.
        public internal(set) var revision: UInt64 = 0
    }

    public static let kind = "stock"
    public static var blank: State { State() }

    public static var rules: [Rule<Stock>] {
        [
            .on(SetQuantity.self, .note, from: [.outside]) { event, state, next in
                guard event.revision == state.revision else { return next.answer([SettingOutcome.otherRevision.rawValue]) }
                guard event.quantity >= state.reserved else { return next.answer([SettingOutcome.lessThanHeld.rawValue]) }
                state.quantity = event.quantity
                state.revision += 1
                next.answer([SettingOutcome.done.rawValue])
            },
            .on(Reserve.self, .compensable(by: Release.name), sends: [.to(Order.self, Reserved.self), .to(Order.self, Refused.self)]) { reserve, state, next in
                let order = try next.asker
                if reserve.fails { return try next.refuse(.inventory, "it was asked to fail", order) }
                let free = state.quantity - state.reserved
                guard free >= reserve.quantity else {
                    return try next.refuse(.inventory, "\(free) are in stock, not \(reserve.quantity)", order)
                }
                state.reserved += reserve.quantity
                try next.send(Reserved(), to: order)
            },
            .on(Dispatch.self, .retriable) { dispatch, state, _ in
                state.reserved -= dispatch.quantity
                state.quantity -= dispatch.quantity
                state.revision += 1
            },
            .on(
                Release.self, undoing: Reserve.self, sends: [.to(Order.self, Released.self)],
                undo: { release, state, _ in state.reserved -= release.quantity },
                then: { _, _, next in try next.send(Released(step: .inventory), to: next.asker) }),
        ]
    }
}

/// What is sent out for an order. One for each order.
public enum Shipping: DurableActor {
    public struct State: Codable, Hashable, Sendable {
        public internal(set) var item = ""
        /// Sent out, and not taken back.
        public internal(set) var quantity: Int64 = 0
    }

    public static let kind = "shipping"
    public static var blank: State { State() }

    public static var rules: [Rule<Shipping>] {
        [
            .on(Ship.self, .compensable(by: CancelShipping.name), sends: [.to(Order.self, Shipped.self), .to(Order.self, Refused.self)]) { ship, state, next in
                let order = try next.asker
                if ship.fails { return try next.refuse(.shipping, "it was asked to fail", order) }
                (state.item, state.quantity) = (ship.item, ship.quantity)
                try next.send(Shipped(), to: order)
            },
            .on(Close.self, .retriable) { _, _, next in try next.finish() },
            .on(
                CancelShipping.self, undoing: Ship.self, sends: [.to(Order.self, Released.self)],
                undo: { _, state, _ in state.quantity = 0 },
                then: { _, _, next in
                    try next.send(Released(step: .shipping), to: next.asker)
                    try next.finish()
                }),
        ]
    }
}

extension Reaction {
    /// The order that asks.
    fileprivate var asker: ActorName {
        get throws {
            guard let sender, sender.kind == Order.kind else { throw ReactionError("only an order may ask for this") }
            return sender
        }
    }

    fileprivate mutating func refuse(_ step: OrderStep, _ reason: String, _ order: ActorName) throws {
        decline(reason)
        try send(Refused(step: step, reason: reason), to: order)
    }
}

extension Choreography {
    /// The actors of an order: itself, payment, stock and shipping.
    public static let orderActors: [any DurableActor.Type] = [Order.self, Account.self, Stock.self, Shipping.self]

    /// What they do together, checked.
    public static func orders() throws(ChoreographyError) -> Choreography { try Choreography("orders", orderActors) }
}
