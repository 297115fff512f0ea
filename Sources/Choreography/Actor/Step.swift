/// What a reaction is in the work that it is part of.
public enum StepNature: Hashable, Sendable {
    /// The actor takes note of how the work stands. Nothing of it has to be undone.
    case note
    /// Has an effect that the event named here, sent to the same actor, undoes.
    case compensable(by: String)
    /// Once it is done, the work goes forward only.
    case pivot
    /// Comes after the pivot, and succeeds in the end.
    case retriable
    /// Undoes the effect of the event named here.
    case compensation(of: String)
}

/// Where an event may come from.
public enum StepOrigin: Hashable, Sendable {
    /// Another durable actor, or the actor itself.
    case actors
    /// Somebody who is no actor, such as an edge.
    case outside
    /// A timer of the actor's own.
    case timer
    /// A worker that has answered.
    case worker
}

/// The declaration of one reaction: what the choreography is checked by before anything runs, and what a reaction is held to.
public struct Step: Hashable, Sendable {
    /// An event that the reaction may send.
    public struct Sending: Hashable, Comparable, Sendable, CustomStringConvertible {
        public let event: String
        /// The kind of actor that gets it.
        public let kind: String

        package init(event: String, kind: String) { (self.event, self.kind) = (event, kind) }

        public static func < (a: Sending, b: Sending) -> Bool { (a.kind, a.event) < (b.kind, b.event) }

        public var description: String { "\(event) to \(kind)" }
    }

    public let kind: String
    public let event: String
    public let nature: StepNature
    public let origins: Set<StepOrigin>
    public let sends: [Sending]
    /// Kinds of work that it may order.
    public let orders: [String]
    /// Events for which it may set timers.
    public let timers: [String]
    /// How often an actor reacts to it; nil for any number of times.
    public let limit: Int?

    package init(
        kind: String, event: String, nature: StepNature, origins: Set<StepOrigin>, sends: [Sending], orders: [String],
        timers: [String], limit: Int?
    ) {
        (self.kind, self.event, self.nature, self.origins) = (kind, event, nature, origins)
        (self.sends, self.orders, self.timers, self.limit) = (sends, orders, timers, limit)
    }
}

extension Step.Sending {
    /// An event for an actor of that kind.
    public static func to<Receiver: DurableActor, Event: DurableEvent>(_ receiver: Receiver.Type, _ event: Event.Type) -> Step.Sending {
        Step.Sending(event: Event.name, kind: Receiver.kind)
    }
}
