import MessagePack
import Registers
import World

/// Durable actors whose registers are kept in memory, for rehearsals: one copy of each, changed at once.
package struct MemoryActors {
    private struct Held {
        var state = RegisterState.empty
        var rows: [StoredRow] = []
        var version: UInt64 = 0
    }

    private let machines: [String: any RegisterMachine]
    private let schemas: StateSchemas
    /// The active schema.
    package var schema: UInt32 = 1
    private let nothing = MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1)))
    private var held: [ActorName: Held] = [:]

    package init(_ actors: [any DurableActor.Type], schemas: StateSchemas = .program, mutations: Set<Mutation> = []) {
        self.schemas = schemas
        machines = Dictionary(actors.map { ($0.kind, $0.machine(mutations, schemas: schemas)) }) { first, _ in first }
    }

    /// The same actors in the hands of a program that knows these schemas.
    package func taken(over by: MemoryActors) -> MemoryActors {
        var next = by
        (next.held, next.schema) = (held, schema)
        return next
    }

    /// Those that have reacted to anything, sorted.
    package var names: [ActorName] { held.keys.sorted() }

    /// - Throws: ``MachineRefusal``; then nothing has changed.
    @discardableResult
    package mutating func change(_ actor: ActorName, _ command: ActorCommand, now: WallTime) throws -> [UInt8] {
        let machine = try machine(of: actor)
        var held = held[actor] ?? Held(), view = view(of: actor, now: now)
        if held.state.isFinished { return try machine.late(command.packed, view) }
        view.mark()
        let answer = try machine.change(command.packed, &view)
        guard view.isWithinLimits, answer.count <= RegisterLimits.answerBytes else {
            throw MachineRefusal("a change of \(actor) is too large for a register, or its answer of \(answer.count) bytes; divide it")
        }
        held.version += 1
        held.state = view.whole
        let rows = view.changes.map { StoredRow(key: $0.key, value: $0.value, changed: held.version) }
        held.rows = LayeredRows(LayeredRows(nothing, actor.key, above: held.rows, isBare: true), beneath: rows).all
        self.held[actor] = held
        return answer
    }

    package func read(_ actor: ActorName, _ query: ActorQuery) throws -> [UInt8] {
        try machine(of: actor).read(query.packed, view(of: actor, now: WallTime(nanosecondsSince1970: 0)))
    }

    package func duties(_ actor: ActorName, after part: String = "") throws -> ActorDuties {
        try ActorDuties(packed: read(actor, .duties(after: part)))
    }

    /// All that the actor has yet to do, however many pages it takes to say it.
    package func allDuties(_ actor: ActorName) throws -> ActorDuties {
        var duties = try duties(actor)
        while let part = duties.next {
            let more = try self.duties(actor, after: part)
            duties.orders += more.orders
            duties.next = more.next
        }
        return duties
    }

    package func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type) throws -> Actor.State {
        guard let held = held[actor] else { return Actor.blank }
        return try Actor.state(reading: StoredActor(packed: held.state.bytes).state, by: schemas)
    }

    package func isFinished(_ actor: ActorName) -> Bool { held[actor]?.state.isFinished ?? false }

    /// When somebody has to look after the actor; see ``RegisterState/due``.
    package func due(_ actor: ActorName) -> UInt64? { held[actor]?.state.due }

    private func machine(of actor: ActorName) throws -> any RegisterMachine {
        guard let machine = machines[actor.kind] else { throw MachineRefusal("no node knows actors of the kind \(actor.kind)") }
        return machine
    }

    private func view(of actor: ActorName, now: WallTime) -> RegisterView {
        let held = held[actor] ?? Held()
        return RegisterView(
            state: held.state, rows: LayeredRows(nothing, actor.key, above: held.rows, isBare: true),
            circumstances: Circumstances(now: now, host: "n1/1", ballot: .zero, schema: schema))
    }
}

extension LayeredRows {
    fileprivate var all: [StoredRow] { run(from: [], changedAfter: 0, within: RowBound(rows: .max, bytes: .max)).rows }
}

extension DurableActor {
    /// The rules as those of a register.
    public static var machine: any RegisterMachine { machine([]) }

    /// The same, in a program that lacks something on purpose.
    package static func machine(_ mutations: Set<Mutation>, schemas: StateSchemas = .program) -> any RegisterMachine {
        ActorMachine<Self>(schemas: schemas, mutations: mutations)
    }
}
