import Choreography
import Registers
import Synchronization
import World

/// Registers of clerks and boxes as an engine of one copy, with lists of them.
final class MemoryEngine: RegisterEngine, RegisterCatalogue {
    private struct Held {
        var actors = MemoryActors([Clerk.self, Box.self])
        var done: [WorkID: [UInt8]] = [:]
        /// Those whose replicas do not answer.
        var silent: Set<ActorName> = []
        var now = WallTime(millisecondsSince1970: Stage.startMs)
        /// Questions that were answered.
        var reads = 0
    }

    private let held = Mutex(Held())
    /// Registers of a page.
    private let page: Int

    init(page: Int = 200) { self.page = page }

    var now: WallTime {
        get { held.withLock { $0.now } }
        set { held.withLock { $0.now = newValue } }
    }

    var reads: Int { held.withLock { $0.reads } }

    func silence(_ actor: ActorName) { held.withLock { _ = $0.silent.insert(actor) } }

    func change(_ actor: ActorName, _ command: ActorCommand) throws {
        try held.withLock { held in _ = try held.actors.change(actor, command, now: held.now) }
    }

    func tell(_ clerk: ActorName, _ acts: Act..., as work: WorkID) throws { try change(clerk, .telling(Do(acts: acts), as: work)) }

    /// Hands over everything that waits for one receiver, in order, and tells the sender.
    func carry(from sender: ActorName, to receiver: ActorName) throws {
        let letters = try held.withLock { try $0.actors.duties(sender).pairs.first { $0.receiver == receiver }?.letters ?? [] }
        for letter in letters {
            try change(receiver, .deliver(from: sender, letter, received: 0, attempt: 1))
            try change(sender, .settle([ActorCommand.Receipt(receiver, letter.sequence)]))
        }
    }

    // MARK: Engine

    func change(_ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try answer(key) { actor, held in
            if let operation, let before = held.done[operation] { return before }
            let answer = try held.actors.change(actor, ActorCommand(packed: command), now: held.now)
            if let operation { held.done[operation] = answer }
            return answer
        }
    }

    func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try answer(key) { actor, held in
            held.reads += 1
            return try held.actors.read(actor, ActorQuery(packed: query))
        }
    }

    func glance(_ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration) async throws(RegisterError) -> RegisterGlance {
        RegisterGlance(version: 1, isFinished: false, due: nil, answer: try await read(key, query: query, patience: patience))
    }

    private func answer(_ key: RegisterKey, _ body: (ActorName, inout Held) throws -> [UInt8]) throws(RegisterError) -> [UInt8] {
        let result = held.withLock { held -> Result<[UInt8], RegisterError> in
            guard let actor = ActorName(key: key), !held.silent.contains(actor) else {
                return .failure(RegisterError(.noMajority, .failed, "two of three do not answer"))
            }
            do { return .success(try body(actor, &held)) } catch { return .failure(RegisterError(.refused, .failed, "\(error)")) }
        }
        return try result.get()
    }

    // MARK: Lists

    func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList {
        held.withLock { held in
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
                let answer = (try? held.actors.read(actor, ActorQuery(packed: listing.query))) ?? []
                let glance = RegisterGlance(
                    version: 1, isFinished: held.actors.isFinished(actor), due: held.actors.due(actor), answer: answer)
                return RegisterList.Entry(key: actor.key, glance: glance, node: "n1")
            }
            return RegisterList(entries: entries, unheard: ["n5"], next: part.count < shown.count ? part.last?.key.bytes : nil)
        }
    }
}
