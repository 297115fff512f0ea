import MessagePack
import Registers
import World

/// The durable actors of a mesh, for whoever is no actor: an edge, an operator, a test.
public struct DurableActors: Sendable {
    /// How long an answer may take.
    public static let patience = Duration.seconds(5)

    let engine: any RegisterEngine
    private let schemas: StateSchemas

    /// - Parameters:
    ///   - engine: of registers whose machines know the actors' kinds; see ``DurableActor/machine``.
    ///   - schemas: of states that this program reads.
    public init(engine: any RegisterEngine, schemas: StateSchemas = .program) { (self.engine, self.schemas) = (engine, schemas) }

    /// The same for one answer that is gathered from many actors: see ``Registers/DeadlineEngine``.
    /// - Parameter deadline: of the whole answer, by the world's monotonic clock.
    package func until(_ deadline: Instant, _ world: any World) -> DurableActors {
        DurableActors(engine: DeadlineEngine(engine, until: deadline, world), schemas: schemas)
    }

    /// Tells an actor an event. When this returns the actor has reacted, and whatever follows will happen.
    /// - Parameters:
    ///   - work: the piece of work that it is of; an actor of a piece of work is of that one in any case.
    ///   - operation: the same id again is the same event. Nil for one that does no harm when it comes twice.
    /// - Returns: what the reaction answers.
    /// - Throws: `refused` when the actor does not take the event, or cannot.
    public func tell<Event: DurableEvent>(
        _ event: Event, to actor: ActorName, as work: WorkID, operation: WorkID?, patience: Duration = patience
    ) async throws(RegisterError) -> [UInt8] {
        let command: ActorCommand
        do { command = try .telling(event, as: work) } catch {
            throw RegisterError(.refused, .failed, "the event \(Event.name) cannot be encoded: \(error)")
        }
        return try await engine.change(actor.key, operation: operation, command: command.packed, patience: patience)
    }

    /// The state of an actor; nil for one that has never reacted to anything.
    public func state<Actor: DurableActor>(
        of actor: ActorName, _ type: Actor.Type, patience: Duration = patience
    ) async throws(RegisterError) -> Actor.State? {
        let bytes = try await engine.read(actor.key, query: ActorQuery.state.packed, patience: patience)
        guard !bytes.isEmpty else { return nil }
        return try Self.reading(actor) { try Actor.state(reading: bytes, by: schemas) }
    }

    /// Whether an actor has ever reacted to anything and was not freed since; nil when that cannot be said now.
    public func isThere(_ actor: ActorName, patience: Duration = patience) async -> Bool? {
        do throws(RegisterError) {
            return try await !engine.read(actor.key, query: ActorQuery.state.packed, patience: patience).isEmpty
        } catch {
            return error.code == .expired ? false : nil
        }
    }

    /// The state of an actor as one replica has it, without asking the others, and the version of its register; see
    /// ``Registers/RegisterEngine/glance(_:query:seen:patience:)``.
    public func glance<Actor: DurableActor>(
        of actor: ActorName, _ type: Actor.Type, seen: UInt64? = nil, patience: Duration = patience
    ) async throws(RegisterError) -> (state: Actor.State?, version: UInt64) {
        let glance = try await engine.glance(actor.key, query: ActorQuery.state.packed, seen: seen, patience: patience)
        guard !glance.answer.isEmpty else { return (nil, glance.version) }
        let state = try Self.reading(actor) { try Actor.state(reading: glance.answer, by: schemas) }
        return (state, glance.version)
    }

    /// State and rows of an actor, as far as `limit` rows; nil for one that has never reacted to anything.
    public func sighting<Actor: DurableActor>(
        of actor: ActorName, _ type: Actor.Type, rows limit: Int = .max, patience: Duration = patience
    ) async throws(RegisterError) -> ActorSighting<Actor>? {
        var first: ActorSight?, rows: [ActorSight.Row] = []
        var after: [UInt8]? = []
        while let from = after {
            let bytes = try await engine.read(actor.key, query: ActorQuery.sight(after: from).packed, patience: patience)
            guard !bytes.isEmpty else { return nil }
            let sight = try Self.reading(actor) { try ActorSight(packed: bytes) }
            first = first ?? sight
            rows += sight.rows
            after = rows.count < limit ? sight.next : nil
        }
        guard let first else { return nil }
        return try Self.reading(actor) { try ActorSighting(first, rows: rows, schemas) }
    }

    /// Waits until more has happened to the actor than ``ActorSighting/number`` says, or nothing more can happen; at most for `patience`.
    /// - Parameter number: what was seen; the largest of all waits for the end.
    /// - Returns: how it stands then, as one replica knows it; nil when that has no news, or more rows than one answer holds.
    public func news<Actor: DurableActor>(
        of actor: ActorName, _ type: Actor.Type, beyond number: UInt64, patience: Duration
    ) async throws(RegisterError) -> ActorSighting<Actor>? {
        let query = ActorQuery.sight(after: []).packed
        // Versions of registers rise with more than what happens to actors, so that one is compared first; but for the end.
        var seen: UInt64? = number == .max ? .max : nil
        while true {
            let glance = try await engine.glance(actor.key, query: query, seen: seen, patience: patience)
            let sight = glance.answer.isEmpty ? nil : try Self.reading(actor) { try ActorSight(packed: glance.answer) }
            if let sight, sight.number > number || sight.isOver {
                return try sight.next == nil ? Self.reading(actor) { try ActorSighting(sight, rows: sight.rows, schemas) } : nil
            }
            guard seen == nil, !glance.isFinished else { return nil }
            seen = glance.version
        }
    }

    /// How an actor stands, for whoever may have seen it before. Who has seen a number is told what one replica knows of a later one, and
    /// waits for that up to `patience`, see ``news(of:_:beyond:patience:)``; all else is asked of a majority.
    /// - Parameters:
    ///   - seen: ``ActorSighting/number``; nil to ask at once.
    ///   - rows: about how many are wanted of a majority.
    /// - Returns: nil for one that has never reacted to anything; the number that was seen, when there is no news.
    public func sighting<Actor: DurableActor>(
        of actor: ActorName, _ type: Actor.Type, seen: UInt64?, rows limit: Int, patience: Duration
    ) async throws(RegisterError) -> ActorSighting<Actor>? {
        if let seen, let news = try await news(of: actor, type, beyond: seen, patience: patience) { return news }
        return try await sighting(of: actor, type, rows: limit)
    }

    /// What an actor has done for a piece of work, in the order in which it did.
    /// - Parameter limit: of entries, about: reading ends with the portion that goes beyond.
    public func trace(
        of work: WorkID, by actor: ActorName, limit: Int = .max, patience: Duration = patience
    ) async throws(RegisterError) -> [TraceEntry] {
        var entries: [TraceEntry] = []
        while true {
            let query = ActorQuery.trace(work, after: entries.last?.number ?? 0)
            let bytes = try await engine.read(actor.key, query: query.packed, patience: patience)
            let more = try Self.reading(actor) {
                var reader = MessagePackReader(bytes)
                return try reader.readAll(TraceEntry.self)
            }
            entries += more
            if more.count < ActorQuery.most || entries.count >= limit { return entries }
        }
    }

    /// Asks a register for the state of its actor, without the actor's rows; see ``ActorSighting/init(reading:)``.
    public static let stateQuery = ActorQuery.sight(after: [0xFF]).packed

    static func reading<Value>(_ actor: ActorName, _ body: () throws -> Value) throws(RegisterError) -> Value {
        do { return try body() } catch {
            throw RegisterError(.refused, .failed, "what \(actor) says cannot be read by this program; update it: \(error)")
        }
    }

    // MARK: For couriers

    /// What the actor has yet to do.
    package func duties(of actor: ActorName, after part: String, patience: Duration) async throws(RegisterError) -> ActorDuties {
        let bytes = try await engine.read(actor.key, query: ActorQuery.duties(after: part).packed, patience: patience)
        return try Self.reading(actor) { try ActorDuties(packed: bytes) }
    }

    /// Gives a command to the actor's own register.
    package func write(_ command: ActorCommand, to actor: ActorName, patience: Duration) async throws(RegisterError) {
        _ = try await engine.change(actor.key, operation: nil, command: command.packed, patience: patience)
    }
}
