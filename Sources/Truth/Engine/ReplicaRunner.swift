import Logging
import Registers
import Synchronization
import World

/// Runs a ``Replica``: one task carries inputs in and effects out, turn by turn; commits are written on a thread for blocking work.
final class ReplicaRunner: Sendable {
    /// Carries a frame to the node that runs a store, if it is known and reachable.
    typealias Carrier = @Sendable (RegisterFrame, StoreID) -> Void
    /// Is told of registers that somebody has to look after.
    typealias Attendant = @Sendable (RegisterKey) -> Void
    typealias Waiter = UnsafeContinuation<Result<[UInt8], RegisterError>, Never>

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var lastToken: UInt64 = 0
        var standing = Standing.asking
        var counts = ReplicaCounts()
        /// The register that was named last as one that keeps its hour from being freed.
        var heldUpBy: RegisterKey?
        var progress: RescanProgress?
        var isOver = false
    }

    let store: any RegisterStore
    private let world: any World
    private let log: Logger
    private let inbox = ReplicaInbox()
    private let state = Mutex(State())
    private let writer: any BlockingThread
    /// The node, with its life, as people know it.
    private let host: String

    init(store: any RegisterStore, host: String, world: any World, log: Logger) {
        self.store = store
        self.host = host
        self.world = world
        self.log = log
        writer = world.makeBlockingThread("gossamer-store")
    }

    /// Whether this node's store votes.
    var standing: Standing { state.withLock { $0.standing } }

    /// How far a reconfiguration has come, as the replica has said last. Only where the configuration has its home it goes on being told.
    var progress: RescanProgress? { state.withLock { $0.progress } }

    /// What it has done since the start.
    var counts: ReplicaCounts {
        var counts = state.withLock { $0.counts }
        counts.droppedFrames = inbox.dropped
        return counts
    }

    /// Begins; ends with the node's world, or with ``stop()``.
    func start(_ map: ReplicaMap, machine: any RegisterMachine, carry: @escaping Carrier, attend: @escaping Attendant) {
        world.spawn("registers", on: world.makeExecutor("registers")) { [self] in
            var figures = ReplicaConfiguration()
            figures.host = host
            var replica = Replica(
                store: store, map: map, machine: machine, configuration: figures, random: world.random("registers"), mutations: world.mutations,
                now: world.now, wall: world.wallTime)
            carryOut(replica.handle(.tick, now: world.now, wall: world.wallTime), carry, attend)
            var alarm = Alarm(grain: .milliseconds(20))
            let ring: @Sendable () async -> Void = { [inbox] in inbox.put(.tick) }
            alarm.set(replica.nextDeadline, world, ring)
            while let inputs = await inbox.take() {
                carryOut(replica.handle(inputs, now: world.now, wall: world.wallTime), carry, attend)
                alarm.set(replica.nextDeadline, world, ring)
            }
            alarm.cancel()
        }
    }

    /// Nothing is answered any more; who waits is told that the outcome is unknown. Returns when nothing is written any more.
    func stop() async {
        inbox.close()
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for token in waiters.keys.sorted() { waiters[token]?.resume(returning: .failure(Self.over(.unknown))) }
        // Behind the last commit.
        await withUnsafeContinuation { continuation in writer.run { continuation.resume() } }
    }

    func put(_ input: ReplicaInput) { inbox.put(input) }

    /// Wishes something of this node's own replica.
    nonisolated(nonsending) func wish(
        _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        let deadline = world.now + patience
        return try await answer { .wish(RegisterWish(token: $0, key: key, action: action, deadline: deadline)) }
    }

    /// Has this node's own replica name registers, as many as one turn allows.
    nonisolated(nonsending) func list(_ listing: RegisterListing) async throws(RegisterError) -> [UInt8] {
        try await answer { .list(listing, token: $0) }
    }

    /// What the replica answers to an input under a token.
    private nonisolated(nonsending) func answer(to input: (UInt64) -> ReplicaInput) async throws(RegisterError) -> [UInt8] {
        let result: Result<[UInt8], RegisterError> = await withUnsafeContinuation { continuation in
            let token = state.withLock { state -> UInt64? in
                if state.isOver { return nil }
                state.lastToken += 1
                state.waiters[state.lastToken] = continuation
                state.counts.wishes += 1
                return state.lastToken
            }
            guard let token else { return continuation.resume(returning: .failure(Self.over(.failed))) }
            // One that finds the inbox closed has been told, or will be, by the end.
            inbox.put(input(token))
        }
        return try result.get()
    }

    private static func over(_ outcome: RegisterError.Outcome) -> RegisterError {
        RegisterError(.notReady, outcome, "this node is ending; ask another", retryAfter: .seconds(1))
    }

    private func carryOut(_ effects: [ReplicaEffect], _ carry: Carrier, _ attend: Attendant) {
        for effect in effects {
            switch effect {
            case .send(let frame, let peer):
                state.withLock { $0.counts.frames += 1 }
                carry(frame, peer)
            case .commit(let commit): write(commit)
            case .answer(let token, let result):
                let waiter = state.withLock { state in
                    if case .success = result { state.counts.granted += 1 }
                    return state.waiters.removeValue(forKey: token)
                }
                waiter?.resume(returning: result)
            case .standing(let standing): changed(standing)
            case .attend(let key): attend(key)
            case .rescanned(let progress): state.withLock { $0.progress = progress }
            case .heldUp(let key): heldUp(by: key)
            }
        }
    }

    private func write(_ commit: StoreCommit) {
        writer.run { [self] in
            do throws(StoreRefusal) {
                try store.write(commit)
                state.withLock { state in
                    state.counts.commits += 1
                    state.counts.changes += UInt64(commit.changes.count)
                }
                inbox.put(.committed)
            } catch {
                // Once, not at every attempt: logs lie on the same disk as often as not.
                if standing != .full { log.error("a commit was refused and will be tried again: \(error)") }
                inbox.put(.refused(error))
            }
        }
    }

    private func heldUp(by key: RegisterKey) {
        let isNews = state.withLock { state in
            state.counts.heldUp += 1
            defer { state.heldUpBy = key }
            return state.heldUpBy != key
        }
        if isNews { log.notice("nothing of shard \(key.shard) is freed as old as \(key.hour.map { "\($0)" } ?? "it is"), because \(key) has not ended") }
    }

    private func changed(_ standing: Standing) {
        state.withLock { $0.standing = standing }
        switch standing {
        case .asking: log.notice("the store asks its peers what they have heard of it")
        case .voting: log.notice("the store votes", metadata: ["store": "\(store.id)", "life": "\(store.life)"])
        case .full: log.error("the disk is full: the store neither promises nor accepts until there is room; free space, and it goes on by itself")
        case .rolledBack(let heard, let holds, let peer):
            let how = peer == store.id
                ? "it has found that out before" : "store \(peer) has heard of its commit \(heard), and it holds only \(holds)"
            log.critical("the store is an older copy of itself and will not vote: \(how). Put the newest copy back, or replace the store")
        }
    }
}

/// What a replica has done since its start.
package struct ReplicaCounts: Sendable, Hashable {
    /// Wishes that came, and those that were granted.
    package var wishes: UInt64 = 0, granted: UInt64 = 0
    /// Transactions, and registers' changes in them.
    package var commits: UInt64 = 0, changes: UInt64 = 0
    /// Frames sent, and frames received that found no room.
    package var frames: UInt64 = 0, droppedFrames: UInt64 = 0
    /// How often freeing came to a register that has not ended.
    package var heldUp: UInt64 = 0
}
