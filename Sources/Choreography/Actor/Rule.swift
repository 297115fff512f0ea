import MessagePack

/// One reaction: what it is to, what it declares to do, and what it does.
public struct Rule<Actor: DurableActor>: Sendable {
    public let step: Step
    /// Reacts to an encoded event.
    let run: @Sendable (_ payload: [UInt8], inout Actor.State, inout Reaction) throws -> Void

    /// A reaction to an event.
    /// - Parameters:
    ///   - origins: where the event may come from.
    ///   - sends: all that the reaction may send.
    ///   - orders: the kinds of work that it may order.
    ///   - timers: the events for which it may set timers.
    ///   - limit: how often one actor reacts to it; needed where events go round in a circle.
    public static func on<Event: DurableEvent>(
        _ event: Event.Type, _ nature: StepNature, from origins: Set<StepOrigin> = [.actors], sends: [Step.Sending] = [],
        orders: [String] = [], timers: [any DurableEvent.Type] = [], limit: Int? = nil,
        _ react: @escaping @Sendable (Event, inout Actor.State, inout Reaction) throws -> Void
    ) -> Rule {
        let step = Step(
            kind: Actor.kind, event: Event.name, nature: nature, origins: origins, sends: sends, orders: orders, timers: timers.map { $0.name },
            limit: limit)
        return Rule(step: step) { payload, state, next in
            let event = try decode(Event.self, payload)
            guard case .compensable = nature else { return try react(event, &state, &next) }
            try next.take(effect: Event.name, event.effect) { next in try react(event, &state, &next) }
        }
    }

    /// A reaction that undoes the effect of another.
    /// - Parameters:
    ///   - undone: what it undoes. The effects have the same ``DurableEvent/effect``.
    ///   - undo: is run only when the effect is there.
    ///   - then: is run in any case, to go on.
    public static func on<Event: DurableEvent, Undone: DurableEvent>(
        _ event: Event.Type, undoing undone: Undone.Type, sends: [Step.Sending] = [],
        undo: @escaping @Sendable (Event, inout Actor.State, inout Reaction) throws -> Void,
        then: @escaping @Sendable (Event, inout Actor.State, inout Reaction) throws -> Void = { _, _, _ in }
    ) -> Rule {
        let step = Step(
            kind: Actor.kind, event: Event.name, nature: .compensation(of: Undone.name), origins: [.actors], sends: sends, orders: [], timers: [],
            limit: nil)
        return Rule(step: step) { payload, state, next in
            let event = try decode(Event.self, payload)
            try next.undo(effect: Undone.name, event.effect) { next in try undo(event, &state, &next) }
            try then(event, &state, &next)
        }
    }

    private static func decode<Event: DurableEvent>(_ type: Event.Type, _ payload: [UInt8]) throws -> Event {
        do {
            return try MessagePackDecoder().decode(type, from: payload)
        } catch {
            throw ReactionError("the event \(Event.name) for \(Actor.kind) cannot be read: \(error)")
        }
    }
}

/// There is no room now, or it is not time. The same may succeed another time, so it is tried again and is no dead letter.
struct NotNow: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A reaction's no: the event is not for this actor, or not now, and never will be. Its sender keeps it as a dead letter.
public struct ReactionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the value and the remedy.
    public let description: String
    public init(_ description: String) { self.description = description }
}
