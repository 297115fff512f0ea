import Choreography
import Registers
import Synchronization
import World

/// Registers of durable actors as an engine of one copy, with lists of them. Nothing happens but what a test does.
package final class MemoryEngine: RegisterEngine, RegisterCatalogue {
    private struct Held {
        var actors: MemoryActors
        var done: [WorkID: [UInt8]] = [:]
        var silent: Set<ActorName> = []
        var closed: CreationHour?
        var now: WallTime
        var reads = 0
        var waits = 0
        var pageTime = Duration.zero
    }

    /// Its clock goes while somebody waits for who does not answer, and for lists that take their time.
    package let world = ClockedWorld()
    private let held: Mutex<Held>
    /// Registers of a page.
    private let page: Int

    package init(_ actors: [any DurableActor.Type], now: WallTime, page: Int = 200) {
        held = Mutex(Held(actors: MemoryActors(actors), now: now))
        self.page = page
    }

    // MARK: What a test does

    /// The wall clock of all homes.
    package var now: WallTime {
        get { held.withLock { $0.now } }
        set { held.withLock { $0.now = newValue } }
    }

    /// Questions that were answered.
    package var reads: Int { held.withLock { $0.reads } }

    /// Questions that were waited for and were not answered.
    package var waits: Int { held.withLock { $0.waits } }

    /// How long a page of a list takes, or as long as whoever asks has patience.
    package var pageTime: Duration {
        get { held.withLock { $0.pageTime } }
        set { held.withLock { $0.pageTime = newValue } }
    }

    /// The replicas of that actor do not answer any more: whoever asks them waits for as long as there is patience.
    package func silence(_ actor: ActorName) { held.withLock { _ = $0.silent.insert(actor) } }

    /// Of that hour, and of earlier ones, nobody can be made any more.
    package func close(_ hour: CreationHour) { held.withLock { $0.closed = hour } }

    package func change(_ actor: ActorName, _ command: ActorCommand) throws {
        try held.withLock { held in _ = try held.actors.change(actor, command, now: held.now) }
    }

    package func tell<Event: DurableEvent>(_ event: Event, to actor: ActorName, as work: WorkID) throws {
        try change(actor, .telling(event, as: work))
    }

    /// Hands over everything that waits for one receiver, in order, and tells the sender.
    package func carry(from sender: ActorName, to receiver: ActorName, attempt: UInt32 = 1) throws {
        let letters = try held.withLock { try $0.actors.duties(sender).pairs.first { $0.receiver == receiver }?.letters ?? [] }
        for letter in letters {
            try change(receiver, .deliver(from: sender, letter, received: 0, attempt: attempt))
            try change(sender, .settle([ActorCommand.Receipt(receiver, letter.sequence)]))
        }
    }

    // MARK: Engine

    package func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try answer(key, patience) { actor, held in
            if let operation, let before = held.done[operation] { return before }
            let answer = try held.actors.change(actor, ActorCommand(packed: command), now: held.now)
            if let operation { held.done[operation] = answer }
            return answer
        }
    }

    package func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try answer(key, patience) { actor, held in
            held.reads += 1
            return try held.actors.read(actor, ActorQuery(packed: query))
        }
    }

    package func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance {
        RegisterGlance(version: 1, isFinished: false, due: nil, answer: try await read(key, query: query, patience: patience))
    }

    private func answer(
        _ key: RegisterKey, _ patience: Duration, _ body: (ActorName, inout Held) throws -> [UInt8]
    ) throws(RegisterError) -> [UInt8] {
        let result = held.withLock { held -> Result<[UInt8], RegisterError> in
            guard let actor = ActorName(key: key), !held.silent.contains(actor) else {
                held.waits += 1
                world.pass(patience)
                return .failure(RegisterError(.noMajority, .failed, "two of three do not answer", retryAfter: .seconds(1)))
            }
            if let closed = held.closed, let hour = key.hour, hour <= closed, !held.actors.names.contains(actor) {
                return .failure(RegisterError(.expired, .unknown, "register \(actor) is older than what is remembered (\(closed) has been closed)"))
            }
            do { return .success(try body(actor, &held)) } catch { return .failure(RegisterError(.refused, .failed, "\(error)")) }
        }
        return try result.get()
    }

    // MARK: Lists

    package func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList {
        world.pass(min(pageTime, patience))
        return held.withLock { held in
            let shown = held.actors.names.filter { actor in
                guard listing.kind.isEmpty || actor.kind == listing.kind else { return false }
                if let before = listing.before, !actor.key.bytes.lexicographicallyPrecedes(before) { return false }
                let due = held.actors.due(actor)
                return switch listing.which {
                case .all: true
                case .open: !held.actors.isFinished(actor)
                case .due(let time): due.map { $0 <= time } ?? false
                case .someday: due == RegisterState.someday
                }
            }.reversed()
            let part = shown.prefix(min(page, listing.limit))
            let entries = part.map { actor in
                var answer = (try? held.actors.read(actor, ActorQuery(packed: listing.query))) ?? []
                // As replicas do.
                if answer.count > RegisterLimits.surveyBytes { answer = [] }
                let glance = RegisterGlance(
                    version: 1, isFinished: held.actors.isFinished(actor), due: held.actors.due(actor), answer: answer)
                return RegisterList.Entry(key: actor.key, glance: glance, node: "n1")
            }
            return RegisterList(
                entries: entries, unheard: ["n5"], shardsWithoutStore: 3, next: part.count < shown.count ? part.last?.key.bytes : nil)
        }
    }
}
