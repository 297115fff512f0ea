import MessagePack
import Registers
import World

/// What a durable actor does about an event, beside changing its state. All of it happens as one change of its register, or nothing.
public struct Reaction {
    struct Sent {
        let receiver: ActorName
        let nature: Letter.Nature
        let event: String
        let payload: [UInt8]
    }

    struct Order: Hashable, Sendable {
        let part: String
        let work: String
        let payload: [UInt8]
        let expected: Duration
        let place: String?
    }

    struct Timer: Hashable, Sendable {
        let name: String
        let at: WallTime
        let event: String
        let payload: [UInt8]
    }

    /// The actor that reacts.
    public let actor: ActorName
    /// The piece of work that the event is of.
    public let trace: WorkID
    /// Who sent it; nil for an event that came from no actor.
    public let sender: ActorName?
    /// Wall clock of the actor's home.
    public let now: WallTime
    /// The active schema, for kinds whose rows have changed their form; see ``StateSchemas``.
    public var schema: UInt32 { view.circumstances.schema }

    let step: Step
    private let mutations: Set<Mutation>
    private(set) var view: RegisterView
    private(set) var sent: [Sent] = []
    private(set) var orders: [Order] = []
    private(set) var calledOff: [String] = []
    private(set) var timers: [String: Timer?] = [:]
    private(set) var isFinished = false
    private(set) var outcome = TraceEntry.Outcome.done
    var answer: [UInt8] = []

    package init(
        _ actor: ActorName, _ step: Step, trace: WorkID, sender: ActorName?, view: RegisterView, mutations: Set<Mutation> = []
    ) {
        self.actor = actor
        self.step = step
        self.trace = trace
        self.sender = sender
        self.view = view
        self.mutations = mutations
        now = view.circumstances.now
    }

    // MARK: What it may do

    /// One of the actor's rows; nil when there is none. Setting nil removes it.
    public subscript(row key: [UInt8]) -> [UInt8]? {
        get { view[row: key] }
        set { view[row: key] = newValue }
    }

    /// At most `limit` of the actor's rows, in the order of their keys, from `start` on.
    public func rows(from start: [UInt8] = [], limit: Int) -> [(key: [UInt8], value: [UInt8])] { view.rows(from: start, limit: limit) }

    /// Sends an event. It arrives once, after all that this actor has sent to the same before.
    /// - Throws: ``ReactionError`` when the step does not declare it, or it is too large.
    public mutating func send<Event: DurableEvent>(_ event: Event, to receiver: ActorName) throws {
        try send(event, to: receiver, .step)
    }

    /// Sends an event that undoes a step of the receiver. No step before it that cannot be delivered holds it up.
    public mutating func compensate<Event: DurableEvent>(_ event: Event, at receiver: ActorName) throws {
        try send(event, to: receiver, .compensation)
    }

    private mutating func send<Event: DurableEvent>(_ event: Event, to receiver: ActorName, _ nature: Letter.Nature) throws {
        let sending = Step.Sending(event: Event.name, kind: receiver.kind)
        guard step.sends.contains(sending) else {
            throw ReactionError("\(step.kind) on \(step.event) sends \(sending), which it does not declare")
        }
        guard sent.count < ChoreographyLimits.lettersPerReaction else {
            throw ReactionError("\(step.kind) on \(step.event) sends more than \(ChoreographyLimits.lettersPerReaction) events; divide it")
        }
        sent.append(Sent(receiver: receiver, nature: nature, event: Event.name, payload: try encode(event)))
    }

    /// Orders a part of the work from whoever can do it. Workers may be asked more than once, and one answer counts.
    /// - Parameters:
    ///   - work: the kind of work; see ``WorkKind/name``.
    ///   - part: names the part within the actor; the answer comes under it, as the event ``WorkAnswer``.
    ///   - expected: about how long a worker takes for it, for judging when one is silent; zero when nobody knows.
    ///   - place: the name of the only node that may do it; nil for whichever the ring names. When that node cannot be had, the part fails by its
    ///     name: see ``WorkResult/failed(_:)``.
    public mutating func order(
        _ work: String, part: String, _ payload: [UInt8], expected: Duration = .zero, at place: String? = nil
    ) throws {
        guard step.orders.contains(work) else {
            throw ReactionError("\(step.kind) on \(step.event) orders \(work), which it does not declare")
        }
        guard payload.count <= ChoreographyLimits.orderBytes, !part.isEmpty, part.utf8.count <= ChoreographyLimits.nameBytes else {
            throw ReactionError("part \(part.prefix(128)) of \(work): a part has a name of 1 to \(ChoreographyLimits.nameBytes) bytes "
                + "and an order of at most \(ChoreographyLimits.orderBytes), not \(payload.count)")
        }
        if let place, place.isEmpty || place.utf8.count > ChoreographyLimits.nameBytes {
            throw ReactionError(
                "part \(part) of \(work) is for the node '\(place.prefix(128))'; a node has a name of 1 to \(ChoreographyLimits.nameBytes) bytes")
        }
        orders.append(Order(part: part, work: work, payload: payload, expected: expected, place: place))
    }

    /// Nobody waits for the part any longer.
    public mutating func callOff(part: String) { calledOff.append(part) }

    /// Has the actor react to `event` at a time, or as soon after as anybody can. One of the same name is replaced.
    public mutating func setTimer<Event: DurableEvent>(_ name: String, at time: WallTime, _ event: Event) throws {
        guard step.timers.contains(Event.name) else {
            throw ReactionError("\(step.kind) on \(step.event) sets a timer for \(Event.name), which it does not declare")
        }
        guard !name.isEmpty, name.utf8.count <= ChoreographyLimits.nameBytes else {
            throw ReactionError(
                "\(step.kind) on \(step.event) sets a timer with a name of \(name.utf8.count) bytes; "
                    + "give 1 to \(ChoreographyLimits.nameBytes)")
        }
        timers[name] = Timer(name: name, at: time, event: Event.name, payload: try encode(event))
    }

    public mutating func cancelTimer(_ name: String) { timers[name] = .some(nil) }

    /// The work is over: nothing happens to this actor any more, and it goes with its hour. Only for an actor of a piece of work.
    public mutating func finish() throws {
        guard actor.work != nil else { throw ReactionError("\(actor) lives on and cannot be finished") }
        isFinished = true
    }

    /// The step has no effect, and nothing is to be undone: what was asked for cannot be had.
    public mutating func decline(_ reason: String) { outcome = .declined(reason) }

    /// What whoever told the event is answered, at most ``RegisterLimits/answerBytes``. Nobody else gets to see it.
    public mutating func answer(_ bytes: [UInt8]) { answer = bytes }

    private func encode<Event: DurableEvent>(_ event: Event) throws -> [UInt8] {
        let payload = try MessagePackEncoder().encode(event)
        guard payload.count <= ChoreographyLimits.eventBytes else {
            throw ReactionError(
                "the event \(Event.name) has \(payload.count) bytes, more than \(ChoreographyLimits.eventBytes); send a reference instead")
        }
        return payload
    }

    // MARK: Effects

    /// Runs a step that can be undone, unless it was undone before it came, or has come already.
    mutating func take(effect step: String, _ mark: String, _ react: (inout Reaction) throws -> Void) throws {
        let key = try effectKey(step, mark)
        switch view[.effect, key]?.first {
        case EffectMark.done.rawValue: outcome = .repeated
        case EffectMark.undone.rawValue: outcome = .undoneBefore
        default:
            try react(&self)
            if case .done = outcome { view[.effect, key] = [EffectMark.done.rawValue] }
        }
    }

    /// - Throws: when the work has passed everywhere, and so nobody knows any more what was done for it.
    private func effectKey(_ step: String, _ mark: String) throws -> [UInt8] {
        let hour = CreationHour(of: trace)
        guard !view.hasPassed(hour) else {
            throw ReactionError("work \(trace) is over, and what was done for it is no longer known (\(hour) has passed); begin new work")
        }
        return ActorRows.effect(step, mark, of: trace)
    }

    /// Undoes a step if it has an effect; and if it comes later it will have none.
    mutating func undo(effect step: String, _ mark: String, _ react: (inout Reaction) throws -> Void) throws {
        let key = try effectKey(step, mark)
        switch view[.effect, key]?.first {
        case EffectMark.done.rawValue: try react(&self)
        case EffectMark.undone.rawValue: outcome = .repeated
        default:
            outcome = .nothingToUndo
            if mutations.contains(.noTombstone) { return }
        }
        view[.effect, key] = [EffectMark.undone.rawValue]
    }
}

/// What became of an effect. A step that is undone before it comes leaves the mark as its tombstone.
enum EffectMark: UInt8 { case done = 1, undone = 2 }
