import Choreography
import Items
import MessagePack
import Registers
import Synchronization
import World

/// Registers of tenants and deliveries in memory; letters arrive whenever somebody looks. What a test says goes wrong.
final class MemoryEngine: RegisterEngine {
    /// What becomes of a change.
    enum Fate: Sendable {
        case done
        /// Nothing has happened.
        case failed
        /// It has happened, and nobody says so.
        case unheard
    }

    private struct State {
        var actors = MemoryActors([Tenant.self, Delivery.self])
        var version: UInt64 = 0
        var events: [String] = []
        /// Answers by operation.
        var done: [WorkID: [UInt8]] = [:]
        var arrivals = true
        /// Actors that nobody can look at.
        var hidden: Set<ActorName> = []
        /// Deliveries that were asked for, in order, and how long each question was to wait.
        var asked: [(delivery: ActorName, patience: Duration)] = []
    }

    private let state = Mutex(State())
    private let fate: @Sendable (_ event: String, _ number: Int) -> Fate
    private let silentDeliveries: Int
    private let silence: RegisterError.Outcome

    /// - Parameters:
    ///   - fate: of the event that somebody tells, by its place among all.
    ///   - silentDeliveries: so many of the deliveries that are asked for first do not answer.
    ///   - silence: what is known of what these are asked for.
    init(
        silentDeliveries: Int = 0, silence: RegisterError.Outcome = .failed,
        _ fate: @escaping @Sendable (_ event: String, _ number: Int) -> Fate = { _, _ in .done }
    ) {
        (self.silentDeliveries, self.silence, self.fate) = (silentDeliveries, silence, fate)
    }

    /// The events that were told, in order.
    var events: [String] { state.withLock { $0.events } }

    /// Letters stay where they are.
    func holdLetters() { state.withLock { $0.arrivals = false } }

    /// Nobody can look at these from now on.
    func hide(_ actors: [ActorName]) { state.withLock { $0.hidden.formUnion(actors) } }

    /// Deliveries that anybody has begun.
    var deliveries: [ActorName] { state.withLock { $0.actors.names.filter { $0.kind == Delivery.kind } } }

    /// Of these, those of which all counts.
    var completed: [ActorName] { get throws { try state.withLock { try Self.deliveries($0, .done) } } }

    private static func deliveries(_ state: State, _ status: Delivery.Status) throws -> [ActorName] {
        try state.actors.names.filter { try $0.kind == Delivery.kind && state.actors.state(of: $0, Delivery.self).status == status }
    }

    /// Deliveries that were asked for, whether they have answered or not, in order, and how long each question was to wait.
    var asked: [(delivery: ActorName, patience: Duration)] { state.withLock { $0.asked } }

    /// So much time passes that what is not complete by now never will be.
    func abandonWhatLoads() throws {
        try state.withLock { state in
            for actor in state.actors.names {
                for timer in try state.actors.duties(actor).timers {
                    let late = WallTime(millisecondsSince1970: timer.atMs)
                    try state.actors.change(actor, .fire(timer: timer.name, atMs: timer.atMs), now: late)
                }
            }
        }
    }

    func count(_ tenant: String) throws -> UInt64 {
        try state.withLock { try $0.actors.state(of: Scene.tenant(tenant), Tenant.self).count }
    }

    /// Lets letters arrive until none is left.
    func play() throws { try state.withLock { while try Self.step(&$0) {} } }

    func change(_ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        let result = state.withLock { state -> Result<[UInt8], RegisterError> in
            guard let actor = ActorName(key: key), case .tell(let event, _, _)? = try? ActorCommand(packed: command) else {
                return .failure(RegisterError(.refused, .failed, "no actor, or no event"))
            }
            if actor.kind == Delivery.kind {
                state.asked.append((actor, patience))
                let names = state.asked.map(\.delivery), place = Set(names.prefix(through: names.firstIndex(of: actor) ?? 0)).count
                if place <= silentDeliveries { return .failure(Self.silence(silence)) }
            }
            if let operation, let answer = state.done[operation] { return .success(answer) }
            state.events.append(event)
            do {
                // What the rules refuse they refuse, whatever goes wrong.
                var actors = state.actors
                let answer = try actors.change(actor, ActorCommand(packed: command), now: Scene.start)
                let fate = fate(event, state.events.count)
                if case .failed = fate { return .failure(Self.silence(.failed)) }
                state.actors = actors
                state.version += 1
                if let operation { state.done[operation] = answer }
                if case .unheard = fate { return .failure(Self.silence(.unknown)) }
                return .success(answer)
            } catch {
                return .failure(RegisterError(.refused, .failed, "\(error)"))
            }
        }
        return try result.get()
    }

    func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] { try look(key, query).answer }

    func glance(_ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration) async throws(RegisterError) -> RegisterGlance {
        let (version, answer) = try look(key, query)
        return RegisterGlance(version: version, isFinished: false, due: nil, answer: answer)
    }

    private func look(_ key: RegisterKey, _ query: [UInt8]) throws(RegisterError) -> (version: UInt64, answer: [UInt8]) {
        let result = state.withLock { state -> Result<(version: UInt64, answer: [UInt8]), RegisterError> in
            do {
                guard let actor = ActorName(key: key) else { throw MachineRefusal("no actor") }
                if state.hidden.contains(actor) { return .failure(Self.silence(.failed)) }
                if state.arrivals { _ = try Self.step(&state) }
                return .success((state.version, try state.actors.read(actor, ActorQuery(packed: query))))
            } catch {
                return .failure(RegisterError(.refused, .failed, "\(error)"))
            }
        }
        return try result.get()
    }

    private static func silence(_ outcome: RegisterError.Outcome) -> RegisterError {
        RegisterError(.noMajority, outcome, "nobody answers", retryAfter: .seconds(3))
    }

    /// The first letter that waits arrives.
    private static func step(_ state: inout State) throws -> Bool {
        for sender in state.actors.names {
            guard let pair = try state.actors.duties(sender).pairs.first, let letter = pair.letters.first else { continue }
            let command = ActorCommand.deliver(from: sender, letter, received: pair.received, attempt: 1)
            try state.actors.change(pair.receiver, command, now: Scene.start)
            try state.actors.change(sender, .settle([ActorCommand.Receipt(pair.receiver, letter.sequence)]), now: Scene.start)
            state.version += 1
            return true
        }
        return false
    }
}
