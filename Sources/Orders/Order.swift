import Choreography
import World

/// An order: asks for payment, stock and shipping, one after the other, and decides what becomes of it. One for each piece of work.
public enum Order: DurableActor {
    /// Where it stands, by the names that its users know.
    public enum Status: String, Codable, Hashable, Sendable {
        case placed = "Placed", paid = "Paid", reserved = "Reserved", shipped = "Shipped", compensating = "Compensating", cancelled = "Cancelled"

        public var isTerminal: Bool { self == .shipped || self == .cancelled }
    }

    /// What has become of one of its steps.
    public enum Progress: String, Codable, Hashable, Sendable { case asked, done, refused, undoing, undone }

    public struct StepReport: Codable, Hashable, Sendable {
        public let step: OrderStep
        public internal(set) var progress: Progress
        /// Of the last change, milliseconds since 1970.
        public internal(set) var atMs: Int64
    }

    public struct State: Codable, Hashable, Sendable {
        /// Nil before it was placed.
        public internal(set) var request: Place?
        public internal(set) var status = Status.placed
        /// Why it was cancelled.
        public internal(set) var reason: String?
        /// In the order in which they were asked for.
        public internal(set) var steps: [StepReport] = []
    }

    public static let kind = "order"
    public static var blank: State { State() }
    public static func word(for state: State) -> String { state.status.rawValue }

    /// Why an order is undone that its customer does not want any more.
    public static let customersReason = "cancelled by its customer"

    private static let toAccount = Step.Sending.to(Account.self, Charge.self)
    private static let backwards: [Step.Sending] = [
        .to(Shipping.self, CancelShipping.self), .to(Stock.self, Release.self), .to(Account.self, Refund.self),
    ]

    public static var rules: [Rule<Order>] {
        [
            .on(Place.self, .note, from: [.outside], sends: [toAccount] + backwards, timers: [Deadline.self], place),
            .on(Charged.self, .note, sends: [.to(Stock.self, Reserve.self)]) { _, state, next in
                guard state.status == .placed, let request = state.request else { return }
                state.move(.payment, .done, to: .paid, next.now)
                state.ask(.inventory, next.now)
                try next.send(
                    Reserve(quantity: request.quantity, fails: request.failAt == .inventory), to: stock(request))
            },
            .on(Reserved.self, .note, sends: [.to(Shipping.self, Ship.self)]) { _, state, next in
                guard state.status == .paid, let request = state.request else { return }
                state.move(.inventory, .done, to: .reserved, next.now)
                state.ask(.shipping, next.now)
                try next.send(
                    Ship(item: request.item, quantity: request.quantity, fails: request.failAt == .shipping), to: shipping(next))
            },
            .on(Shipped.self, .pivot, sends: [.to(Account.self, Capture.self), .to(Stock.self, Dispatch.self), .to(Shipping.self, Close.self)], ship),
            .on(Refused.self, .note, sends: backwards) { refusal, state, next in
                guard !state.status.isTerminal, state.status != .compensating else { return }
                state.set(refusal.step, .refused, next.now)
                try giveUp("\(refusal.step.rawValue): \(refusal.reason)", &state, &next)
            },
            .on(Deadline.self, .note, from: [.timer], sends: backwards) { _, state, next in
                guard !state.status.isTerminal, state.status != .compensating else { return }
                try giveUp("deadline", &state, &next)
            },
            .on(Cancel.self, .note, from: [.outside], sends: backwards) { _, state, next in
                guard state.request != nil else { throw ReactionError("there is no such order") }
                if state.status.isTerminal || state.status == .compensating { return }
                try giveUp(customersReason, &state, &next)
            },
            .on(Released.self, .note, sends: backwards, limit: 3) { released, state, next in
                guard state.status == .compensating else { return }
                state.set(released.step, .undone, next.now)
                try undoNext(&state, &next)
            },
        ]
    }

    // MARK: Forward

    private static func place(_ request: Place, _ state: inout State, _ next: inout Reaction) throws {
        guard state.request == nil else { return }
        guard request.quantity > 0, request.amount >= 0 else {
            throw ReactionError("an order has a quantity of at least 1 and an amount of at least 0")
        }
        state.request = request
        if request.failAt == .order {
            state.steps = [StepReport(step: .order, progress: .refused, atMs: next.now.millisecondsSince1970)]
            return try giveUp("order: it was asked to fail", &state, &next)
        }
        state.steps = [StepReport(step: .order, progress: .done, atMs: next.now.millisecondsSince1970)]
        state.ask(.payment, next.now)
        try next.setTimer("deadline", at: WallTime(millisecondsSince1970: request.deadlineMs), Deadline())
        try next.send(Charge(amount: request.amount, fails: request.failAt == .payment), to: account(request))
    }

    /// Decides that the order is carried out. From here on it goes forward only.
    private static func ship(_ event: Shipped, _ state: inout State, _ next: inout Reaction) throws {
        guard state.status == .reserved, let request = state.request else { return }
        state.move(.shipping, .done, to: .shipped, next.now)
        next.cancelTimer("deadline")
        try next.send(Capture(amount: request.amount), to: account(request))
        try next.send(Dispatch(quantity: request.quantity), to: stock(request))
        try next.send(Close(), to: shipping(next))
        try next.finish()
    }

    // MARK: Back

    /// Decides that the order is not carried out, and begins to undo what it has asked for.
    private static func giveUp(_ reason: String, _ state: inout State, _ next: inout Reaction) throws {
        state.status = .compensating
        state.reason = reason
        next.cancelTimer("deadline")
        try undoNext(&state, &next)
    }

    /// Undoes the last step that may have an effect; when there is none, the order is cancelled.
    private static func undoNext(_ state: inout State, _ next: inout Reaction) throws {
        guard let request = state.request else { return }
        guard let last = state.steps.last(where: { $0.step != .order && ($0.progress == .asked || $0.progress == .done) }) else {
            state.status = .cancelled
            return try next.finish()
        }
        state.set(last.step, .undoing, next.now)
        switch last.step {
        case .order: break
        case .payment: try next.compensate(Refund(amount: request.amount), at: account(request))
        case .inventory: try next.compensate(Release(quantity: request.quantity), at: stock(request))
        case .shipping: try next.compensate(CancelShipping(), at: shipping(next))
        }
    }

    // MARK: The others

    private static func account(_ request: Place) throws -> ActorName { try named(Account.kind, request.customer) }
    private static func stock(_ request: Place) throws -> ActorName { try named(Stock.kind, request.item) }
    private static func shipping(_ next: Reaction) -> ActorName { ActorName(Shipping.kind, of: next.trace) }

    private static func named(_ kind: String, _ name: String) throws -> ActorName {
        guard let actor = ActorName(kind, named: name) else { throw ReactionError("\"\(name)\" is no name of a \(kind)") }
        return actor
    }
}

extension Order.State {
    fileprivate mutating func ask(_ step: OrderStep, _ now: WallTime) {
        steps.append(Order.StepReport(step: step, progress: .asked, atMs: now.millisecondsSince1970))
    }

    fileprivate mutating func set(_ step: OrderStep, _ progress: Order.Progress, _ now: WallTime) {
        guard let index = steps.firstIndex(where: { $0.step == step }) else { return }
        steps[index].progress = progress
        steps[index].atMs = now.millisecondsSince1970
    }

    fileprivate mutating func move(_ step: OrderStep, _ progress: Order.Progress, to status: Order.Status, _ now: WallTime) {
        set(step, progress, now)
        self.status = status
    }
}
