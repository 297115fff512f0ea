import Choreography
import Logging
import Membership
import Mesh
import Placement
import Registers
import World

/// All that a node has of the mesh's truth: its store and replica when it has the role, its copy of the configuration, and the way to every
/// register.
///
/// Make it before the node starts, so that its doors can be called from the first moment, and keep it.
public final class TruthService: Sendable {
    /// The role of nodes that hold replicas.
    public static let role = "store"

    /// The registers of the mesh.
    public let engine: ReplicatedEngine
    private let node: Node
    private let keeper: ConfigurationKeeper
    private let log: Logger
    /// Does what durable actors want done, whose registers are here. Nil without a store.
    private let courier: CourierRunner?
    /// Kept so that they live.
    private let doors: (EngineDoor, LookDoor, ConfigurationDoor, NodeWorker, ActorDoor)
    private let workers: [any Worker]
    /// Kinds of durable actors.
    private let kinds: [String]
    private let schemas: StateSchemas
    /// Where results go that are too large for registers.
    public let results: any ResultStore

    /// The error types that must be in `NodeConfiguration.errors`.
    public static var errors: [any (Error & Codable & Sendable).Type] { [RegisterError.self, WorkRefusal.self] }

    /// - Parameters:
    ///   - store: the node's own, if it has the role; members tell its id in the label ``ConfigurationKeeper/storeLabel``.
    ///   - listed: the stores of the topology, in its order.
    ///   - actors: the kinds of durable actors. All nodes of a mesh that hold registers have to know the same.
    ///   - kinds: the kinds of work that these order.
    ///   - workers: those of this node.
    ///   - schemas: of states, that this program knows.
    ///   - results: where results go that are too large for registers. Nil for the nodes with the role; that is not enough for one
    ///     of these, which has to say where its own lie.
    /// - Throws: ``ConfigurationError`` when what the node knows of the mesh is damaged or too new.
    public init(
        node: Node, store: (any RegisterStore)?, listed: [StoreListing], actors: [any DurableActor.Type] = [], kinds: [WorkKind] = [],
        workers: [any Worker] = [], schemas: StateSchemas = .program, results: (any ResultStore)? = nil, log: Logger
    ) throws(ConfigurationError) {
        self.node = node
        self.log = log
        var machines: [String: any RegisterMachine] = [
            KeyValueMachine.kind: KeyValueMachine(),
            IdempotencyMachine.kind: IdempotencyMachine(mutations: node.world.mutations),
        ]
        for actor in actors { machines[actor.kind] = actor.machine(node.world.mutations, schemas: schemas) }
        let engine = ReplicatedEngine(node: node, store: store, machine: MachineBook(machines: machines), log: log)
        self.engine = engine
        (self.workers, self.schemas) = (workers, schemas)
        self.kinds = actors.map { $0.kind }
        let results = results ?? MeshResults(node: node, own: nil)
        self.results = results
        let crews = WorkCrews(node: node, kinds: kinds)
        courier = store == nil ? nil : CourierRunner(world: node.world, engine: engine, crews: crews)
        if let courier { engine.setAttendant { key, isDue in courier.see(key, isDue: isDue) } }
        keeper = try ConfigurationKeeper(node: node, store: store, engine: engine, listed: listed, schemas: schemas, log: log)
        doors = (
            EngineDoor(actorSystem: node.system, engine: engine), LookDoor(actorSystem: node.system, engine: engine),
            ConfigurationDoor(actorSystem: node.system, keeper: keeper),
            NodeWorker(actorSystem: node.system, workers: workers, results: results),
            ActorDoor(actorSystem: node.system, courier: courier)
        )
    }

    /// Begins to take part. After ``Mesh/Node/start()``.
    public func start() {
        let events = node.membershipEvents()
        see()
        node.world.spawn("stores") { [self] in
            for await _ in events { see() }
        }
        keeper.start()
        results.start { [self] work in await isOver(work) }
    }

    /// Whether no actor of a piece of work is there any more; nil when not all can be asked.
    private func isOver(_ work: WorkID) async -> Bool? {
        for kind in kinds {
            guard let isThere = await actors.isThere(ActorName(kind, of: work)) else { return nil }
            if isThere { return false }
        }
        return true
    }

    /// Values under names.
    public var values: KeyValue { KeyValue(engine: engine) }

    /// Keys of requests.
    public var idempotency: IdempotencyKeys { IdempotencyKeys(engine: engine) }

    /// The node that runs a store, if it lives.
    public func node(of store: StoreID) -> NodeIdentity? { engine.liveStores[store] }

    /// The newest schema of states that the program of a store writes, as gossip tells; nil when it does not live.
    public func newestSchema(of store: StoreID) -> UInt32? {
        node(of: store).flatMap { node.members.member(named: $0.name)?.metadata.versions.schema }
    }

    /// Counters and gauges of the node's replica. Empty without one.
    public func metrics() -> [MetricSample] {
        guard let counts = engine.counts else { return [] }
        let votes = standing == .voting ? 1.0 : 0.0
        return [
            MetricSample("gossamer_registers_voting", .gauge, votes, help: "1 while this node's store votes."),
            MetricSample(
                "gossamer_registers_epoch", .gauge, Double(configuration?.epoch ?? 0), help: "The epoch of the replica map that this node goes by."),
            MetricSample("gossamer_registers_wishes_total", .counter, Double(counts.wishes), help: "Changes and reads asked of this replica."),
            MetricSample("gossamer_registers_granted_total", .counter, Double(counts.granted), help: "Changes and reads that were answered."),
            MetricSample("gossamer_registers_commits_total", .counter, Double(counts.commits), help: "Transactions of the store."),
            MetricSample(
                "gossamer_registers_changes_total", .counter, Double(counts.changes), help: "Registers' changes in these transactions."),
            MetricSample("gossamer_registers_frames_total", .counter, Double(counts.frames), help: "Register frames sent."),
            MetricSample(
                "gossamer_registers_frames_dropped_total", .counter, Double(counts.droppedFrames),
                help: "Register frames received for which there was no room."),
            MetricSample(
                "gossamer_registers_held_up_total", .counter, Double(counts.heldUp),
                help: "How often an hour that is old enough was not freed because of a register that has not ended."),
        ]
    }

    /// Parts of a kind of work that the mesh can do at the same time, as far as this node sees: at least one for each node that does it.
    public func breadth(of kind: WorkKind) -> Int {
        node.decidedMembers.filter { $0.metadata.roles.contains(kind.name) }
            .reduce(0) { $0 + max(1, Int(clamping: $1.metadata.capacity) / RingMember.ordinaryCapacity) }
    }

    /// Has the home of an actor that is about to begin keep a place for it. A home that does not say in a moment has one: what follows is
    /// refused where nobody answers, and taken by another where one has died.
    /// - Parameter limit: of actors of its kind that one home looks after.
    public func reserve(_ actor: ActorName, limit: Int) async -> PlaceAnswer {
        let home = engine.home(of: actor.key), place = ActorPlace(actor: actor, home: home, node: node)
        guard let crowd = await place.reserve(limit: limit), crowd > 0 else { return .granted(place) }
        return .full(crowd)
    }

    /// Parts that this node's workers have in hand: what a drained node waits for before it leaves.
    public var partsInHand: Int {
        get async {
            var count = 0
            for worker in workers { count += await worker.inHand }
            return count
        }
    }

    /// Who waits for an answer is told that the outcome is unknown.
    public func stop() async {
        courier?.stop()
        await engine.stop()
    }

    /// The durable actors of the mesh.
    public var actors: DurableActors { DurableActors(engine: engine, schemas: schemas) }

    /// The mesh's durable work, for operators.
    /// - Parameter kinds: of the actors that begin work, each under the work's id.
    public func work(begunBy kinds: [String]) -> WorkDesk { WorkDesk(kinds: kinds, node: node, engine: engine, actors: actors) }

    /// Liveness goes by the id of the store, never by the name of the node: a wiped disk is another store.
    private func see() {
        var stores: [StoreID: NodeIdentity] = [:], gone: Set<StoreID> = [], astray: Set<StoreID> = [], silent: Set<StoreID> = []
        for member in node.members.members where keeper.isOfThisMesh(member) {
            guard let id = member.metadata.labels[ConfigurationKeeper.storeLabel].flatMap({ StoreID($0) }) else { continue }
            if !member.status.isLive {
                gone.insert(id)
            } else if let other = stores.updateValue(member.identity, forKey: id), other.name != member.name {
                keeper.complain(of: id, at: [other.name, member.name])
            }
            if ClockWatch.verdict(of: member.metadata).isOff { astray.insert(id) }
            if member.metadata.labels[ConfigurationKeeper.standingLabel] != nil { silent.insert(id) }
        }
        // What this node knows of itself does not wait for its metadata.
        if let own = engine.store, node.clockVerdict.isOff { astray.insert(own) }
        engine.see(stores, gone: gone.subtracting(stores.keys), astray: astray, silent: silent)
    }

    /// What keeps the mesh from beginning, in the words of the node that would begin it; nil on others, and afterwards.
    public var obstacle: String? { keeper.obstacle }

    /// Why the node cannot go by the mesh's newest configuration, in a sentence; nil when it can.
    public var trouble: String? { keeper.trouble }

    /// The id of the node's own store; nil without the role.
    public var store: StoreID? { engine.store }

    /// What the node goes by; nil before the mesh has begun.
    public var configuration: MeshConfiguration? { keeper.configuration }

    /// Whether the node's store takes part; nil without the role, and before the mesh has begun.
    public var standing: Standing? { engine.standing }

    /// Of how many shards a majority of the stores lives and votes, as gossip tells; nil before the mesh has begun.
    public var decidableShards: Int? { engine.decidableShards }

    /// Has other stores hold the shards. Returns when that is written down; what follows goes by itself.
    /// - Throws: ``StoreChangeRefusal`` for what is not to be done; ``Registers/RegisterError`` when no majority of those who keep
    ///   the configuration answers.
    public func change(_ wish: StoreChange, patience: Duration) async throws -> StoreChangeOutcome {
        try await keeper.change(wish, patience: patience)
    }

    /// How far the reconfiguration has come that is under way; nil without one, and when who knows does not say.
    public func progress() async -> ReconfigurationProgress? { await keeper.progress() }

    /// Shard, replicas and home of a key, as this node sees them.
    public func explain(_ key: RegisterKey) -> KeyExplanation? {
        guard let configuration else { return nil }
        let live = engine.liveStores, astray = engine.astrayStores
        return KeyExplanation(
            key: key.description, map: configuration.shards, isLive: { live[$0.id] != nil }, isAstray: { astray.contains($0.id) })
    }
}
