import Choreography
import MessagePack
import Registers
import World

/// The registers of a few actors in memory. Nothing happens but what a test does, command by command.
final class Stage {
    struct Register: Equatable {
        var state = RegisterState.empty
        var rows: [RegisterRow] = []
    }

    static let startMs: Int64 = 1_800_000_000_000
    static let host = "n1/4", ballot: UInt64 = 9

    private static let machines: [String: any RegisterMachine] = [Clerk.kind: Clerk.machine, Box.kind: Box.machine]
    private let disk = MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1)))
    private var registers: [ActorName: Register] = [:]
    /// The wall clock of all homes, milliseconds since 1970.
    var nowMs = Stage.startMs
    /// Of work of that hour and earlier ones nothing is left anywhere.
    var passed: CreationHour?
    /// Whether the last command has changed anything that would have to be replicated.
    private(set) var hasWritten = false

    // MARK: Commands

    /// Carries out one command as a register's home does.
    @discardableResult
    func change(_ actor: ActorName, _ command: ActorCommand) throws -> [UInt8] { try change(actor, bytes: command.packed) }

    func change(_ actor: ActorName, bytes: [UInt8]) throws -> [UInt8] {
        guard let machine = Self.machines[actor.kind] else { throw MachineRefusal("no machine for \(actor)") }
        var register = self[actor], view = view(of: actor)
        hasWritten = false
        if register.state.isFinished { return try machine.late(bytes, view) }
        view.mark()
        let answer = try machine.change(bytes, &view)
        guard view.isWithinLimits else { throw MachineRefusal("\(actor): the change exceeds the limits of registers") }
        hasWritten = !view.isUnchanged(from: register.state)
        register.state = view.whole
        let changes = view.changes
        let changed = Set(changes.map(\.key))
        register.rows = (register.rows.filter { !changed.contains($0.key) } + changes.filter { $0.value != nil })
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        registers[actor] = register
        return answer
    }

    @discardableResult
    func tell<Event: DurableEvent>(_ event: Event, to actor: ActorName, as work: WorkID = .first) throws -> [UInt8] {
        try change(actor, .tell(event: Event.name, payload: try MessagePackEncoder().encode(event), trace: work))
    }

    /// Tells a clerk what to do.
    @discardableResult
    func tell(_ clerk: ActorName, _ acts: Act..., as work: WorkID = .first) throws -> [UInt8] {
        try tell(Do(acts: acts), to: clerk, as: work)
    }

    /// Hands over a letter; the sender learns nothing of it.
    @discardableResult
    func deliver(
        _ letter: Letter, from sender: ActorName, to receiver: ActorName, received: UInt64 = 0, attempt: UInt32 = 1
    ) throws -> DeliveryAnswer {
        try DeliveryAnswer(packed: change(receiver, .deliver(from: sender, letter, received: received, attempt: attempt)))
    }

    /// Hands over everything that waits for one receiver, in order, and tells the sender.
    func carry(from sender: ActorName, to receiver: ActorName) throws {
        for letter in try letters(from: sender, to: receiver) {
            guard case .received(let sequence) = try deliver(letter, from: sender, to: receiver) else { return }
            try settle(sender, receiver, sequence)
        }
    }

    func settle(_ sender: ActorName, _ receiver: ActorName, _ sequence: UInt64) throws {
        try change(sender, .settle([ActorCommand.Receipt(receiver, sequence)]))
    }

    func bury(_ sender: ActorName, to receiver: ActorName, _ sequence: UInt64, cause: String = "it was refused") throws {
        try change(sender, .bury(to: receiver, sequence: sequence, cause: cause))
    }

    /// Puts a state there that would take long to come to.
    func lay(_ state: [UInt8], of actor: ActorName) {
        var register = self[actor]
        register.state.bytes = state
        registers[actor] = register
    }

    // MARK: Looking

    /// All that an actor's register holds.
    subscript(actor: ActorName) -> Register { registers[actor] ?? Register() }

    func duties(of actor: ActorName, after part: String = "") throws -> ActorDuties {
        try ActorDuties(packed: read(actor, .duties(after: part)))
    }

    func pair(from sender: ActorName, to receiver: ActorName) throws -> ActorDuties.Pair? {
        try duties(of: sender).pairs.first { $0.receiver == receiver }
    }

    func letters(from sender: ActorName, to receiver: ActorName) throws -> [Letter] {
        try pair(from: sender, to: receiver)?.letters ?? []
    }

    func header(of actor: ActorName) throws -> ActorHeader { try StoredActor(packed: self[actor].state.bytes).header }

    func isFinished(_ actor: ActorName) -> Bool { self[actor].state.isFinished }

    func heard(_ clerk: ActorName) throws -> [String] { try state(of: clerk, Clerk.self).heard }

    func box(_ name: String) throws -> Box.State { try state(of: .box(name), Box.self) }

    func trace(of actor: ActorName, _ work: WorkID = .first, after number: UInt64 = 0) throws -> [TraceEntry] {
        var reader = MessagePackReader(try read(actor, .trace(work, after: number)))
        return try reader.readAll()
    }

    func read(_ actor: ActorName, _ query: ActorQuery) throws -> [UInt8] { try read(actor, bytes: query.packed) }

    func read(_ actor: ActorName, bytes: [UInt8]) throws -> [UInt8] {
        guard let machine = Self.machines[actor.kind] else { throw MachineRefusal("no machine for \(actor)") }
        return try machine.read(bytes, view(of: actor))
    }

    private func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type) throws -> Actor.State {
        let bytes = try read(actor, .state)
        return bytes.isEmpty ? Actor.blank : try MessagePackDecoder().decode(Actor.State.self, from: bytes)
    }

    private func view(of actor: ActorName) -> RegisterView {
        let register = self[actor]
        let rows = register.rows.map { StoredRow(key: $0.key, value: $0.value, changed: 1) }
        return RegisterView(
            state: register.state, rows: LayeredRows(disk, actor.key, above: rows, isBare: true),
            circumstances: Circumstances(
                now: WallTime(millisecondsSince1970: nowMs), host: Self.host,
                ballot: Ballot(counter: Self.ballot, store: StoreID(high: 0, low: 1), life: 1), passed: passed))
    }
}

extension WorkID {
    static let first = WorkID(milliseconds: UInt64(Stage.startMs), randomA: 0, randomB: 1)
    static let second = WorkID(milliseconds: UInt64(Stage.startMs), randomA: 0, randomB: 2)
}

extension ActorName {
    /// Of the first piece of work.
    static let clerk = ActorName(Clerk.kind, of: .first)
    /// Clerks that live on.
    static let ann = named(Clerk.kind, "ann"), ben = named(Clerk.kind, "ben")

    static func box(_ name: String) -> ActorName { named(Box.kind, name) }

    private static func named(_ kind: String, _ name: String) -> ActorName {
        guard let actor = ActorName(kind, named: name) else { preconditionFailure("\(name) is no name of an actor") }
        return actor
    }
}

extension Letter {
    /// A step of the first piece of work.
    static func step<Event: DurableEvent>(_ sequence: UInt64, _ event: Event, _ nature: Nature = .step) throws -> Letter {
        Letter(
            sequence: sequence, nature: nature, event: Event.name, payload: try MessagePackEncoder().encode(event), trace: .first,
            cause: 1,
            sentAtMs: Stage.startMs)
    }
}
