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
    private enum Move {
        case deliver(from: ActorName, Letter, to: ActorName, received: UInt64)
        case settle(ActorName, ActorCommand.Receipt)
        case fire(ActorName, ActorHeader.Timer)
        case perform(ActorName, ActorDuties.Order)
    }

    /// How often something is delivered again though it has arrived.
    private static let repeats = 0.2

    private let worker: (_ work: String, _ part: String, _ payload: [UInt8]) -> WorkResult
    private var held: MemoryActors
    private var random: RandomStream
    private var past: [Move] = []
    /// The wall clock of all actors.
    public private(set) var now: WallTime

    /// - Parameter worker: does what the actors order.
    public init(
        _ actors: [any DurableActor.Type], seed: UInt64, now: WallTime,
        worker: @escaping (_ work: String, _ part: String, _ payload: [UInt8]) -> WorkResult = { _, _, _ in .done([]) }
    ) {
        held = MemoryActors(actors)
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
    public var actors: [ActorName] { held.names }

    public func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type = Actor.self) throws -> Actor.State {
        try held.state(of: actor, type)
    }

    /// State and rows of an actor, as ``DurableActors/sighting(of:_:rows:patience:)`` gives them; nil for one that has never reacted to
    /// anything.
    public func sighting<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type = Actor.self) throws -> ActorSighting<Actor>? {
        guard actors.contains(actor) else { return nil }
        var sight = try ActorSight(packed: held.read(actor, .sight(after: []))), rows = sight.rows
        while let last = sight.next {
            sight = try ActorSight(packed: held.read(actor, .sight(after: last)))
            rows += sight.rows
        }
        return try ActorSighting(sight, rows: rows, .program)
    }

    /// Whether the actor's work is over and nobody waits for anything of it.
    public func isFinished(_ actor: ActorName) -> Bool { held.isFinished(actor) }

    /// Letters that their receivers have refused, and why.
    public var deadLetters: [(sender: ActorName, receiver: ActorName, event: String, cause: String)] {
        get throws {
            try actors.flatMap { sender in
                try held.allDuties(sender).pairs.compactMap { pair in
                    pair.dead.map { (sender, pair.receiver, pair.letters[0].event, $0) }
                }
            }
        }
    }

    /// Parts whose answers their actors have refused, and why.
    public var deadParts: [(actor: ActorName, part: String, cause: String)] {
        get throws {
            try actors.flatMap { actor in
                try held.allDuties(actor).orders.compactMap { order in order.row.dead.map { (actor, order.part, $0) } }
            }
        }
    }

    /// What all actors have done for a piece of work.
    public func trace(of work: WorkID) throws -> [(actor: ActorName, entry: TraceEntry)] {
        try actors.flatMap { actor in
            var reader = MessagePackReader(try held.read(actor, .trace(work, after: 0)))
            return try reader.readAll(TraceEntry.self).map { (actor, $0) }
        }
    }

    /// The same as a graph, with what is to come.
    /// - Parameter kinds: of the actors that may have begun it.
    public func graph(of work: WorkID, begunBy kinds: [String]) throws -> CausalGraph {
        var search = CausalSearch(work, from: kinds.map { ActorName($0, of: work) })
        while let (actor, _, limit) = search.next() {
            guard held.names.contains(actor) else { continue }
            var reader = MessagePackReader(try held.read(actor, .trace(work, after: 0)))
            let outline = try ActorOutline(packed: held.read(actor, .outline(of: work, limit: UInt32(limit))))
            search.take(actor, try reader.readAll(), outline)
        }
        return search.graph
    }

    // MARK: Moves

    /// Everything that may come next.
    private var moves: [Move] {
        get throws {
            try actors.flatMap { actor -> [Move] in
                let duties = try held.allDuties(actor)
                return duties.pairs.filter { $0.dead == nil }.flatMap { pair in
                    pair.letters.map { Move.deliver(from: actor, $0, to: pair.receiver, received: pair.received) }
                }
                    + duties.timers.filter { $0.dead == nil && WallTime(millisecondsSince1970: $0.atMs) <= now }.map { .fire(actor, $0) }
                    + duties.orders.filter { $0.row.dead == nil }.map { .perform(actor, $0) }
            }
        }
    }

    @discardableResult
    private func change(_ actor: ActorName, _ command: ActorCommand) throws -> [UInt8] { try held.change(actor, command, now: now) }

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
            let result = worker(order.row.work, order.part, order.row.payload)
            do {
                try change(actor, .answer(part: order.part, WorkReport(result: result, node: "n1")))
            } catch let refusal as MachineRefusal {
                try change(actor, .buryPart(order.part, cause: refusal.sentence))
            }
        }
    }
}

/// A rehearsal that does not come to its end.
public struct RehearsalError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
