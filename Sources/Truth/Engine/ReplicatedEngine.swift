import Logging
import Membership
import Mesh
import Registers
import Synchronization
import World

/// The registers of a mesh, asked from any of its nodes: at the node's own replica when it is the key's home, else through the home's door.
public final class ReplicatedEngine: RegisterEngine {
    private struct State {
        var map: ReplicaMap?
        var nodes: [StoreID: NodeIdentity] = [:]
        /// Stores that are known to be gone.
        var gone: Set<StoreID> = []
        /// Stores whose wall clocks are off.
        var astray: Set<StoreID> = []
        /// Stores that live, and whose nodes say that they do not vote.
        var silent: Set<StoreID> = []
        var attendant: ReplicaRunner.Attendant?

        var sight: ReplicaInput { .seen(live: nodes.keys.sorted(), gone: gone.sorted(), astray: astray.sorted()) }
    }

    /// How long one replica is waited for before the next is asked.
    static let patience = Duration.milliseconds(1_500)
    /// How long a change is waited for at one replica before the home of that time is asked.
    static let watchPatience = Duration.seconds(5)
    /// Added for the way there and back, so that the replica's own answer comes first.
    static let travel = Duration.milliseconds(200)

    private let node: Node
    private let runner: ReplicaRunner?
    private let machine: any RegisterMachine
    private let state = Mutex(State())

    /// - Parameter store: of a node with the role `store`.
    package init(node: Node, store: (any RegisterStore)?, machine: any RegisterMachine, log: Logger) {
        self.node = node
        self.machine = machine
        let host = "\(node.identity.name)/\(node.identity.life)"
        runner = store.map { ReplicaRunner(store: $0, host: host, world: node.world, log: log) }
        node.receiveRegisterFrames { [weak self] bytes, peer in self?.receive(try RegisterFrame(unpacking: bytes), from: peer) }
    }

    /// Whether this node's store votes; nil without a store, and before there is a map.
    package var standing: Standing? { state.withLock { $0.map } == nil ? nil : runner?.standing }

    var store: StoreID? { runner?.store.id }

    var counts: ReplicaCounts? { runner?.counts }

    /// The nodes that live, by the ids of their stores.
    var liveStores: [StoreID: NodeIdentity] { state.withLock { $0.nodes } }

    /// Of how many shards a majority of the stores lives and votes, as gossip tells; nil before there is a map.
    var decidableShards: Int? {
        let (map, nodes, silent) = state.withLock { ($0.map, $0.nodes, $0.silent) }
        var voting = Set(nodes.keys).subtracting(silent)
        // Gossip tells a node of its own store late.
        if let runner { if runner.standing == .voting { voting.insert(runner.store.id) } else { voting.remove(runner.store.id) } }
        return map?.decidableShards(by: voting)
    }

    /// Stores whose wall clocks are off.
    var astrayStores: Set<StoreID> { state.withLock { $0.astray } }

    /// How far a reconfiguration has come, as this node's replica has said last.
    var progress: RescanProgress? { runner?.progress }

    /// Goes by a map from now on, if it is newer than the one before. The first one begins the replica's work.
    package func adopt(_ map: ReplicaMap) {
        let before = state.withLock { state in
            defer { if map.epoch > state.map?.epoch ?? 0 { state.map = map } }
            return state.map?.epoch
        }
        guard let runner, map.epoch > before ?? 0 else { return }
        guard before == nil else { return runner.put(.map(map)) }
        let attendant = state.withLock { $0.attendant }
        runner.start(
            map, machine: machine, carry: { [weak self] frame, store in self?.carry(frame, to: store) }, attend: { attendant?($0, $1) })
        runner.put(state.withLock { $0.sight })
    }

    /// Has `attendant` told of the registers here that somebody has to look after, and when nobody has to any more. Before there is a map.
    func setAttendant(_ attendant: @escaping ReplicaRunner.Attendant) { state.withLock { $0.attendant = attendant } }

    /// Takes note of who lives, and with which store, of which stores gossip knows to be gone, and of those whose wall clocks are off.
    /// - Parameter silent: stores that live and do not vote. To replicas they say so themselves; here they count for nothing.
    package func see(
        _ nodes: [StoreID: NodeIdentity], gone: Set<StoreID> = [], astray: Set<StoreID> = [], silent: Set<StoreID> = []
    ) {
        let sight = state.withLock { state -> ReplicaInput? in
            state.silent = silent
            guard state.nodes != nodes || state.gone != gone || state.astray != astray else { return nil }
            (state.nodes, state.gone, state.astray) = (nodes, gone, astray)
            return state.sight
        }
        if let sight { runner?.put(sight) }
    }

    /// How many live replicas stand before this node's as a shard's home; nil when it has none.
    func rank(in shard: Int) -> Int? {
        guard let store else { return nil }
        return state.withLock { state in
            state.map?.rank(of: store, in: shard, live: { state.nodes[$0] != nil }, astray: state.astray.contains)
        }
    }

    /// Returns when nothing is written any more.
    package func stop() async { await runner?.stop() }

    /// A frame speaks for a store, and only the node that runs the store may. Of one that nobody is known to run yet, gossip is late.
    private func receive(_ frame: RegisterFrame, from peer: NodeIdentity) {
        let owner = state.withLock { $0.nodes[frame.sender] }
        guard owner == nil || owner?.name == peer.name else { return }
        runner?.put(.frame(frame))
    }

    private func carry(_ frame: RegisterFrame, to store: StoreID) {
        guard let peer = state.withLock({ $0.nodes[store] }) else { return }
        node.sendRegisterFrame(frame.packed(), to: peer)
    }

    // MARK: Asking

    // `nonisolated(nonsending)` on the way of a wish: whoever asks goes on where it is, instead of being carried from executor to executor.

    public nonisolated(nonsending) func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try await ask(key, .change(operation: operation, command: command), patience: patience)
    }

    public nonisolated(nonsending) func read(
        _ key: RegisterKey, query: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try await ask(key, .read(query), patience: patience)
    }

    public nonisolated(nonsending) func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance {
        let deadline = node.world.now + patience, leg = seen == nil ? Self.patience : Self.watchPatience
        var last: RegisterGlance?
        while true {
            do throws(RegisterError) {
                let left = deadline - node.world.now
                let glance = try RegisterGlance(of: key, try await ask(key, .glance(query, seen: seen), patience: left, each: leg))
                if glance.isNews(to: seen) || node.world.now >= deadline || Task.isCancelled { return glance }
                last = glance
            } catch {
                // Nobody has answered any more: what was told last is what there is.
                guard let last else { throw error }
                return last
            }
        }
    }

    /// The node where a key has its home, as far as this one sees; nil when nobody lives who holds it.
    func home(of key: RegisterKey) -> NodeIdentity? {
        state.withLock { state in
            guard let map = state.map else { return nil }
            var nodes = state.nodes
            // Gossip tells a node of its own store late.
            if let own = runner?.store.id { nodes[own] = node.identity }
            return Router(map: map, live: Set(nodes.keys), astray: state.astray).home(of: key).flatMap { nodes[$0] }
        }
    }

    /// Asks one replica after the other until one answers, or the time is over.
    nonisolated(nonsending) func ask(
        _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration, each: Duration = patience
    ) async throws(RegisterError) -> [UInt8] {
        let deadline = node.world.now + patience
        var last: RegisterError?, mayHaveHappened = false, pause = Duration.milliseconds(20)
        repeat {
            let (map, nodes, astray) = state.withLock { ($0.map, $0.nodes, $0.astray) }
            guard let map else {
                throw RegisterError(
                    .notReady, .failed, "this node knows no replica map yet: not all stores of the topology have been there at once",
                    retryAfter: .seconds(1))
            }
            let router = Router(map: map, live: Set(nodes.keys), astray: astray)
            for store in router.candidates(for: key) where nodes[store] != nil || store == runner?.store.id {
                let left = deadline - node.world.now
                guard left > .zero else { break }
                do throws(RegisterError) {
                    return try await ask(store, nodes[store], key, action, patience: min(left, each))
                } catch {
                    if error.outcome == .unknown && error.code != .expired { mayHaveHappened = true }
                    last = error
                    if !error.isOfTheReplica { throw error.made(mayHaveHappened) }
                }
            }
            try? await node.world.sleep(for: min(pause, max(deadline - node.world.now, .zero)))
            pause = min(pause * 2, .milliseconds(500))
        } while node.world.now < deadline && !Task.isCancelled
        let error = last ?? RegisterError(
            .noMajority, .failed, "no replica of \(key) lives, as far as this node knows", retryAfter: .seconds(1))
        throw error.made(mayHaveHappened)
    }

    nonisolated(nonsending) func ask(
        _ store: StoreID, _ peer: NodeIdentity?, _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        if store == runner?.store.id { return try await performHere(key, action, patience: patience) }
        guard let peer else { throw RegisterError(.notReady, .failed, "no node runs store \(store)", retryAfter: .seconds(1)) }
        let order = RegisterOrder(key, action, patience: patience)
        do {
            return try await node.system.withDeadline(patience + Self.travel) { [node] in
                switch order.kind {
                case .change, .read: try await node.system.singleton(EngineDoor.self, on: peer).perform(order)
                case .glance: try await node.system.singleton(LookDoor.self, on: peer).glance(order)
                }
            }
        } catch let error as RegisterError {
            throw error
        } catch {
            throw RegisterError(callOf: peer, error)
        }
    }

    // MARK: Listing

    var system: MeshActorSystem { node.system }
    var world: any World { node.world }

    /// The stores that hold something and live, with their nodes, in the order of their ids.
    var holders: [(store: StoreID, node: NodeIdentity)] {
        state.withLock { state in
            var nodes = state.nodes
            // Gossip tells a node of its own store late.
            if let own = runner?.store.id { nodes[own] = node.identity }
            return (state.map?.stores ?? []).compactMap { store in nodes[store].map { (store, $0) } }
        }
    }

    /// How many shards have no store that lives.
    var shardsWithoutStore: Int {
        let live = Set(holders.map(\.store))
        return state.withLock { $0.map }?.shardsWithout(live) ?? 0
    }

    /// One turn of this node's own replica.
    nonisolated(nonsending) func turn(_ listing: RegisterListing) async throws(RegisterError) -> [UInt8] {
        guard let runner, state.withLock({ $0.map }) != nil else {
            throw RegisterError(.notHere, .failed, "this node holds no replicas")
        }
        return try await runner.list(listing)
    }

    /// At this node's own replica.
    nonisolated(nonsending) func performHere(
        _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        guard let runner, state.withLock({ $0.map }) != nil else {
            throw RegisterError(.notHere, .failed, "this node holds no replica of \(key)")
        }
        return try await runner.wish(key, action, patience: patience)
    }
}

extension RegisterError {
    /// Whether another replica may do better.
    fileprivate var isOfTheReplica: Bool {
        switch code {
        case .noMajority, .overloaded, .notReady, .notHere: true
        case .refused, .tooLarge, .expired, .notNow: false
        }
    }

    /// The same, when an earlier attempt may have done what this one has not.
    fileprivate func made(_ mayHaveHappened: Bool) -> RegisterError {
        mayHaveHappened && outcome == .failed ? RegisterError(code, .unknown, sentence, retryAfter: retryAfter) : self
    }

    /// A replica has answered what this program cannot read.
    init(unreadable key: RegisterKey, _ error: any Error) {
        self.init(.refused, .failed, "what was answered of \(key) cannot be read by this program; update it: \(error)")
    }

    /// A call that did not come back with the replica's own answer.
    fileprivate init(callOf peer: NodeIdentity, _ error: any Error) {
        let failure = error as? MeshError
        let outcome: Outcome = failure?.outcome == .failed ? .failed : .unknown
        self.init(.noMajority, outcome, "\(peer) did not answer: \(failure.map(\.message) ?? "\(error)")", retryAfter: .seconds(1))
    }
}

extension RegisterGlance {
    fileprivate init(of key: RegisterKey, _ bytes: [UInt8]) throws(RegisterError) {
        do { try self.init(unpacking: bytes) } catch { throw RegisterError(unreadable: key, error) }
    }
}
