import MessagePack
import Registers
import World

/// One event and all that it leads to, before it is one change of the actor's register.
struct ActorTurn<Actor: DurableActor> {
    let name: ActorName
    let mutations: Set<Mutation>
    let schemas: StateSchemas
    var view: RegisterView
    var header: ActorHeader
    var state: Actor.State

    init(_ view: RegisterView, _ schemas: StateSchemas, _ mutations: Set<Mutation>) throws {
        guard let name = ActorName(key: view.key), name.kind == Actor.kind else {
            throw PackingError("this register is no actor of the kind \(Actor.kind)")
        }
        self.name = name
        (self.schemas, self.mutations) = (schemas, mutations)
        self.view = view
        guard !view.state.isEmpty else {
            (header, state) = (ActorHeader(), Actor.blank)
            return
        }
        let stored = try StoredActor(packed: view.state)
        header = stored.header
        state = try Actor.state(reading: stored.state, by: schemas)
    }

    /// The view with everything that has happened. An actor that is over ends when nobody waits for letters of it.
    consuming func end() throws -> RegisterView {
        // What comes to nobody makes nobody: a register that was begun would have to end some day.
        guard header.traced > 0 else { return view }
        if header.isEnding, header.receivers.isEmpty, header.buried.isEmpty { view.finish() }
        view.due = mutations.contains(.timersInMemory) && header.due != 0 ? nil : header.due
        let written = try Actor.written(state, in: view.circumstances.schema, by: schemas)
        view.state = StoredActor(header: header, state: written).packed
        return view
    }

    mutating func carryOut(_ command: ActorCommand, _ rules: [String: Rule<Actor>]) throws -> [UInt8] {
        switch command {
        case .tell(let event, let payload, let trace):
            guard !header.isEnding else { throw ReactionError("it has ended, and nothing of it changes any more") }
            let rule = try rule(for: event, from: .outside, rules)
            return try react(rule, payload, trace: name.work ?? trace, .outside)
        case .deliver(let sender, let letter, let received, let attempt):
            return try take(letter, from: sender, received, attempt, rules).packed
        case .settle(let receipts):
            for receipt in receipts { try settle(receipt.receiver, upTo: receipt.sequence) }
        case .bury(let receiver, let sequence, let cause):
            guard let letter = try changeFirst(receiver, sequence, isDead: false, { [mutations] in $0.bury(cause, mutations) }) else { break }
            note(letter, to: receiver, .burial(cause: letter.cause), .died(cause))
        case .redrive(let receiver, let sequence):
            guard let letter = try changeFirst(receiver, sequence, isDead: true, { $0.dead = nil }) else { break }
            note(letter, to: receiver, .operator(cause: letter.cause), .redriven)
            return ActorCommand.hasChanged
        case .discard(let receiver, let sequence):
            guard let letter = try changeFirst(receiver, sequence, isDead: true, { $0.giveUpDead() }) else { break }
            note(letter, to: receiver, .operator(cause: letter.cause), .discarded)
            return ActorCommand.hasChanged
        case .fire(let timer, let atMs): try fire(timer, atMs, rules)
        case .answer(let part, let report): try take(report, for: part, rules)
        case .buryTimer(let name, let atMs, let cause):
            guard let timer = header.bury(timer: name, atMs: atMs, cause) else { break }
            note(timer, .burial(cause: timer.cause), .died(cause))
        case .buryPart(let part, let cause):
            guard !header.isEnding, let order = try setDead(cause, part: part) else { break }
            note(order, part, .burial(cause: order.cause), .died(cause))
        case .revive(let buried): return try revive(buried) ? ActorCommand.hasChanged : []
        case .abandon(let buried): return try abandon(buried, rules) ? ActorCommand.hasChanged : []
        }
        return []
    }

    // MARK: Operators

    private mutating func revive(_ buried: ActorCommand.Buried) throws -> Bool {
        // Of what was dead nothing is left in the header of an actor that ends.
        guard !header.isEnding else { return false }
        switch buried {
        case .timer(let name):
            guard let timer = header.revive(timer: name) else { return false }
            note(timer, .operator(cause: timer.cause), .redriven)
        case .part(let part):
            guard let order = try setDead(nil, part: part) else { return false }
            note(order, part, .operator(cause: order.cause), .redriven)
        }
        return true
    }

    private mutating func abandon(_ buried: ActorCommand.Buried, _ rules: [String: Rule<Actor>]) throws -> Bool {
        guard !header.isEnding else { return false }
        switch buried {
        case .timer(let name):
            guard let timer = header.abandon(timer: name) else { return false }
            note(timer, .operator(cause: timer.cause), .discarded)
        case .part(let part):
            guard let order = try order(part), order.dead != nil else { return false }
            note(order, part, .operator(cause: order.cause), .discarded)
            try take(WorkReport(result: .failed("given up by an operator"), node: ""), for: part, rules)
        }
        return true
    }

    // MARK: Where events come from

    private mutating func take(
        _ letter: Letter, from sender: ActorName, _ received: UInt64, _ attempt: UInt32, _ rules: [String: Rule<Actor>]
    ) throws -> DeliveryAnswer {
        // It was applied, and its sender has gone since; a call that was on its way for that long finds no number any more.
        if let hour = sender.key.hour, view.hasPassed(hour) { return .received(letter.sequence) }
        try settle(sender, upTo: received)
        let known = try view.received(from: sender), last = hasForgotten(letter) ? letter.sequence &- 1 : known
        if letter.sequence <= last { return .received(last) }
        guard letter.sequence == last + 1 else { return .outOfOrder(next: last + 1) }
        let origin = TraceEntry.Origin.letter(from: sender, sequence: letter.sequence, cause: letter.cause, attempt: attempt)
        if letter.nature == .void {
            note(letter.event, trace: letter.trace, origin, .void)
        } else if header.isEnding {
            note(letter.event, trace: letter.trace, origin, .late)
        } else {
            let rule = try rule(for: letter.event, from: .actors, rules)
            _ = try react(rule, letter.payload, trace: letter.trace, origin, sender: sender)
        }
        view.setReceived(max(known, letter.sequence), from: sender)
        return .received(letter.sequence)
    }

    /// Never, but for the mutations that plant just that: whether a letter is applied as if it came for the first time.
    private func hasForgotten(_ letter: Letter) -> Bool {
        let age = view.circumstances.now.millisecondsSince1970 - letter.sentAtMs
        return mutations.contains(.noInbox) || mutations.contains(.dedupeByTime) && age > ChoreographyLimits.mutatedWindow.milliseconds
    }

    private mutating func fire(_ name: String, _ atMs: Int64, _ rules: [String: Rule<Actor>]) throws {
        // Another home may have fired it, or it was set anew or cancelled meanwhile.
        guard let timer = header.timers.first(where: { $0.name == name }), timer.atMs == atMs, timer.dead == nil else { return }
        guard view.circumstances.now >= WallTime(millisecondsSince1970: atMs) else {
            throw NotNow("timer \(name) is not due yet by the clock of its home")
        }
        _ = header.remove(timer: name)
        let rule = try rule(for: timer.event, from: .timer, rules)
        _ = try react(rule, timer.payload, trace: timer.trace, .timer(name, cause: timer.cause))
    }

    private mutating func take(_ report: WorkReport, for part: String, _ rules: [String: Rule<Actor>]) throws {
        // A set of parts, never a count of answers: the second answer to one finds it closed.
        guard !header.isEnding, let order = try order(part), !order.isClosed || mutations.contains(.gatherByCounting) else { return }
        if !order.isClosed { close(order, part) }
        let rule = try rule(for: WorkAnswer.name, from: .worker, rules)
        let answer = WorkAnswer(part: part, result: report.result, node: report.node, resent: report.resent)
        _ = try react(
            rule, MessagePackEncoder().encode(answer), trace: order.trace, .worker(part: part, node: report.node, cause: order.cause))
    }

    private func rule(for event: String, from origin: StepOrigin, _ rules: [String: Rule<Actor>]) throws -> Rule<Actor> {
        guard let rule = rules[event] else { throw ReactionError("\(Actor.kind) has no reaction to \(event)") }
        guard rule.step.origins.contains(origin) else {
            throw ReactionError("\(Actor.kind) does not take \(event) from \(origin.sentence)")
        }
        return rule
    }

    // MARK: Reacting

    private mutating func react(
        _ rule: Rule<Actor>, _ payload: [UInt8], trace: WorkID, _ origin: TraceEntry.Origin, sender: ActorName? = nil
    ) throws -> [UInt8] {
        if let limit = rule.step.limit { try header.count(rule.step.event, limit: limit) }
        var next = Reaction(name, rule.step, trace: trace, sender: sender, view: view, mutations: mutations)
        try rule.run(payload, &state, &next)
        view = next.view
        let number = header.traced + 1
        let sent = try send(next.sent, trace: trace, cause: number)
        for order in next.orders { try open(order, trace: trace, cause: number) }
        for part in next.calledOff {
            if let order = try self.order(part), !order.isClosed { close(order, part) }
        }
        // Those that are cancelled make room for others.
        let timers = next.timers.sorted { ($0.value == nil ? 0 : 1, $0.key) < ($1.value == nil ? 0 : 1, $1.key) }
        for (name, timer) in timers { try set(timer, name, trace: trace, cause: number) }
        if next.isFinished { finish() }
        note(rule.step.event, trace: trace, origin, next.outcome, sent: sent, orders: next.orders.map(\.part), isLast: next.isFinished)
        return next.answer
    }

    private mutating func note(
        _ event: String, trace: WorkID, _ origin: TraceEntry.Origin, _ outcome: TraceEntry.Outcome, sent: [TraceEntry.Sent] = [],
        orders: [String] = [], isLast: Bool = false
    ) {
        header.traced += 1
        let now = view.circumstances
        let entry = TraceEntry(
            number: header.traced, event: event, origin: origin, atMs: now.now.millisecondsSince1970, host: now.host,
            ballot: now.ballot.counter, outcome: outcome, sent: sent, orders: orders, isLast: isLast)
        view[.trace, ActorRows.trace(header.traced, of: trace)] = entry.packed
    }

    /// What became of a timer or a part that is dead, or was.
    private mutating func note(_ timer: ActorHeader.Timer, _ origin: TraceEntry.Origin, _ outcome: TraceEntry.Outcome) {
        note(timer.event, trace: timer.trace, origin, outcome)
    }

    private mutating func note(_ order: OrderRow, _ part: String, _ origin: TraceEntry.Origin, _ outcome: TraceEntry.Outcome) {
        note(order.work, trace: order.trace, origin, outcome, orders: [part])
    }

    /// What became of a letter that its receiver does not take.
    private mutating func note(_ letter: Letter, to receiver: ActorName, _ origin: TraceEntry.Origin, _ outcome: TraceEntry.Outcome) {
        let sent = TraceEntry.Sent(event: letter.event, receiver: receiver, sequence: letter.sequence)
        note(letter.event, trace: letter.trace, origin, outcome, sent: [sent])
    }

    private mutating func set(_ timer: Reaction.Timer?, _ name: String, trace: WorkID, cause: UInt64) throws {
        guard let timer else {
            if !mutations.contains(.twoDeciders) { _ = header.remove(timer: name) }
            return
        }
        try header.insert(
            ActorHeader.Timer(
                name: name, atMs: timer.at.millisecondsSince1970, trace: trace, cause: cause, event: timer.event, payload: timer.payload))
    }

    /// Nobody is asked for anything any more.
    private mutating func finish() {
        header.isEnding = true
        header.timers = []
        // Answers to what is open find the actor ending.
        (header.openOrders, header.deadOrders) = (0, 0)
    }
}

extension StepOrigin {
    fileprivate var sentence: String {
        switch self {
        case .actors: "other actors"
        case .outside: "outside"
        case .timer: "a timer"
        case .worker: "workers"
        }
    }
}

/// The state of an actor's register.
package struct StoredActor: Hashable, Sendable, Packable {
    package let header: ActorHeader
    /// The actor's own, as its kind encodes it; see ``StateSchemas``.
    package let state: [UInt8]

    package init(header: ActorHeader, state: [UInt8]) { (self.header, self.state) = (header, state) }

    package func pack(into writer: inout MessagePackWriter) {
        header.pack(into: &writer)
        writer.packBinary(state)
    }

    package init(from reader: inout MessagePackReader) throws {
        header = try ActorHeader(from: &reader)
        state = Array(try reader.readBinary())
    }
}
