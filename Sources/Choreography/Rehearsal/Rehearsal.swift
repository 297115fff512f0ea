import MessagePack
import Registers
import World

// REHEARSING A CHOREOGRAPHY
//
// For the tests of whoever writes durable actors. Registers are kept in memory, nothing fails and nothing is lost; but between two reactions
// the seed decides what comes next, out of everything that may come next in a mesh: any letter of any outbox, a letter that was
// delivered already, a letter before its turn, the news that one has arrived, a worker's answer, the same answer again. What a choreography
// leaves behind must be right for every seed.

/// Plays a choreography in memory, in an order that a seed decides.
public final class Rehearsal {
    private struct Stored {
        var state = RegisterState.empty
        var rows: [StoredRow] = []
        var version: UInt64 = 0
    }

    private enum Move {
        case deliver(from: ActorName, Letter, to: ActorName, received: UInt64)
        case settle(ActorName, ActorCommand.Receipt)
        case fire(ActorName, ActorHeader.Timer)
        case perform(ActorName, ActorDuties.Order)
    }

    /// How often something is delivered again though it has arrived.
    private static let repeats = 0.2

    private let machines: [String: any RegisterMachine]
    private let worker: (_ work: String, _ part: String, _ payload: [UInt8]) -> [UInt8]
    private let nothing = MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1)))
    private var random: RandomStream
    private var stored: [ActorName: Stored] = [:]
    private var past: [Move] = []
    /// The wall clock of all actors.
    public private(set) var now: WallTime

    /// - Parameter worker: does what the actors order.
    public init(
        _ actors: [any DurableActor.Type], seed: UInt64, now: WallTime,
        worker: @escaping (_ work: String, _ part: String, _ payload: [UInt8]) -> [UInt8] = { _, _, _ in [] }
    ) {
        machines = Dictionary(actors.map { ($0.kind, $0.machine) }) { first, _ in first }
        random = RandomStream(seed: seed, name: "rehearsal")
        self.worker = worker
        self.now = now
    }

    // MARK: Doing

    /// Tells an actor an event from outside; gives what it answers.
    /// - Throws: ``MachineRefusal``
    @discardableResult
    public func tell<Event: DurableEvent>(_ event: Event, to actor: ActorName, as work: WorkID) throws -> [UInt8] {
        try change(actor, .tell(event: Event.name, payload: try MessagePackEncoder().encode(event), trace: work))
    }

    /// Lets time pass.
    public func wait(_ span: Duration) { now.nanosecondsSince1970 += span.nanoseconds }

    /// One thing happens, if anything can.
    @discardableResult
    public func step() throws -> Bool {
        if !past.isEmpty, random.chance(Self.repeats) {
            try make(past[random.below(past.count)])
            return true
        }
        let moves = try self.moves
        guard !moves.isEmpty else { return false }
        let move = moves[random.below(moves.count)]
        try make(move)
        past.append(move)
        return true
    }

    /// Goes on until nothing is left to do.
    /// - Throws: ``RehearsalError`` when that takes more than `limit` steps.
    public func play(limit: Int = 10_000) throws {
        for _ in 0..<limit where try !step() { return }
        throw RehearsalError("nothing comes to rest within \(limit) steps")
    }

    // MARK: Looking

    /// The actors that have reacted to anything, sorted.
    public var actors: [ActorName] { stored.keys.sorted() }

    public func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type = Actor.self) throws -> Actor.State {
        guard let stored = stored[actor] else { return Actor.blank }
        return try MessagePackDecoder().decode(Actor.State.self, from: StoredActor(packed: stored.state.bytes).state)
    }

    /// Whether the actor's work is over and nobody waits for anything of it.
    public func isFinished(_ actor: ActorName) -> Bool { stored[actor]?.state.isFinished ?? false }

    /// Letters that their receivers have refused, and why.
    public var deadLetters: [(sender: ActorName, receiver: ActorName, event: String, cause: String)] {
        get throws {
            try actors.flatMap { sender in
                try duties(sender).pairs.compactMap { pair in
                    pair.dead.map { (sender, pair.receiver, pair.letters[0].event, $0) }
                }
            }
        }
    }

    /// What all actors have done for a piece of work.
    public func trace(of work: WorkID) throws -> [(actor: ActorName, entry: TraceEntry)] {
        try actors.flatMap { actor in
            var reader = MessagePackReader(try read(actor, .trace(work, after: 0)))
            return try reader.readAll(TraceEntry.self).map { (actor, $0) }
        }
    }

    // MARK: Moves

    /// Everything that may come next.
    private var moves: [Move] {
        get throws {
            try actors.flatMap { actor -> [Move] in
                let duties = try duties(actor)
                return duties.pairs.filter { $0.dead == nil }.flatMap { pair in
                    pair.letters.map { Move.deliver(from: actor, $0, to: pair.receiver, received: pair.received) }
                }
                    + duties.timers.filter { WallTime(millisecondsSince1970: $0.atMs) <= now }.map { .fire(actor, $0) }
                    + duties.orders.map { .perform(actor, $0) }
            }
        }
    }

    private func make(_ move: Move) throws {
        switch move {
        case .deliver(let sender, let letter, let receiver, let received):
            do {
                let command = ActorCommand.deliver(from: sender, letter, received: received, attempt: 1)
                let answer = try DeliveryAnswer(packed: change(receiver, command))
                if case .received(let sequence) = answer { past.append(.settle(sender, ActorCommand.Receipt(receiver, sequence))) }
                // Half of the news of an arrival gets lost; then the letter is delivered again.
                if case .received(let sequence) = answer, random.chance(0.5) {
                    try change(sender, .settle([ActorCommand.Receipt(receiver, sequence)]))
                }
            } catch let refusal as MachineRefusal {
                try change(sender, .bury(to: receiver, sequence: letter.sequence, cause: refusal.sentence))
            }
        case .settle(let actor, let receipt): try change(actor, .settle([receipt]))
        case .fire(let actor, let timer): try change(actor, .fire(timer: timer.name, atMs: timer.atMs))
        case .perform(let actor, let order):
            let payload = worker(order.row.work, order.part, order.row.payload)
            try change(actor, .answer(part: order.part, payload: payload, by: "n1"))
        }
    }

    // MARK: Registers

    private func machine(of actor: ActorName) throws -> any RegisterMachine {
        guard let machine = machines[actor.kind] else { throw MachineRefusal("no node knows actors of the kind \(actor.kind)") }
        return machine
    }

    @discardableResult
    private func change(_ actor: ActorName, _ command: ActorCommand) throws -> [UInt8] {
        let machine = try machine(of: actor)
        var held = stored[actor] ?? Stored(), view = view(of: actor)
        if held.state.isFinished { return try machine.late(command.packed, view) }
        view.mark()
        let answer = try machine.change(command.packed, &view)
        guard view.isWithinLimits, answer.count <= RegisterLimits.answerBytes else {
            throw MachineRefusal(
                "a change of \(actor) is too large for a register, or its answer of \(answer.count) bytes; divide it")
        }
        held.version += 1
        held.state = view.whole
        let rows = view.changes.map { StoredRow(key: $0.key, value: $0.value, changed: held.version) }
        held.rows = LayeredRows(LayeredRows(nothing, actor.key, above: held.rows, isBare: true), beneath: rows).all
        stored[actor] = held
        return answer
    }

    private func read(_ actor: ActorName, _ query: ActorQuery) throws -> [UInt8] {
        try machine(of: actor).read(query.packed, view(of: actor))
    }

    private func duties(_ actor: ActorName) throws -> ActorDuties {
        var duties = try ActorDuties(packed: read(actor, .duties(after: "")))
        while let part = duties.next {
            let more = try ActorDuties(packed: read(actor, .duties(after: part)))
            duties.orders += more.orders
            duties.next = more.next
        }
        return duties
    }

    private func view(of actor: ActorName) -> RegisterView {
        let held = stored[actor] ?? Stored()
        return RegisterView(
            state: held.state, rows: LayeredRows(nothing, actor.key, above: held.rows, isBare: true),
            circumstances: Circumstances(now: now, host: "n1/1", ballot: .zero))
    }
}

/// A rehearsal that does not come to its end.
public struct RehearsalError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

extension LayeredRows {
    fileprivate var all: [StoredRow] { run(from: [], changedAfter: 0, within: RowBound(rows: .max, bytes: .max)).rows }
}

extension DurableActor {
    /// The rules as those of a register.
    public static var machine: any RegisterMachine { ActorMachine<Self>() }
}
