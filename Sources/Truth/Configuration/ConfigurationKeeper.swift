import Choreography
import Logging
import Membership
import Mesh
import Placement
import Registers
import Synchronization
import World

/// Keeps a node's copy of the mesh's configuration, spreads it, takes newer ones over; and, on the first-named store, begins the mesh.
///
/// What a node has it tells in labels of its metadata, which gossip carries: the id of its store, why that does not vote if it does not, and mesh
/// and epoch of its configuration. Who sees a higher epoch of the same mesh asks that member for it.
public final class ConfigurationKeeper: Sendable {
    /// The labels by which a node tells of its store and of its configuration.
    public static let storeLabel = "store", configurationLabel = "configuration"
    /// The label by which a node tells in a word why its store does not vote: `asking`, `full` or `rolled-back`; `behind` when it cannot go by
    /// the newest configuration. Missing while it votes.
    public static let standingLabel = "store-standing"

    private struct State {
        /// Nil before the mesh has begun, as far as is known here.
        var clerk: ConfigurationClerk<MeshConfiguration>?
        /// Mesh ids that were refused, and stores that two nodes run, so that each is told of once.
        var strangers: Set<String> = []
        var lastObstacle = ""
        /// Why a newer configuration could not be kept, so that this node goes on by an older one and serves nobody of the newer epoch.
        var trouble: String?
        /// What the others were told last in the label of the store's standing.
        var toldStanding: String?
    }

    let node: Node
    let engine: ReplicatedEngine
    let log: Logger
    private let store: (any RegisterStore)?
    private let file: ConfigurationFile
    private let genesis: Genesis
    private let schemas: StateSchemas
    private let ids: WorkIDGenerator
    private let state: Mutex<State>
    /// Held while a newer configuration is written down and gone by, so that of two that come at once the older one does not come last.
    private let adoption = Mutex(())

    /// How often it looks around.
    static let interval = Duration.milliseconds(250)
    static let patience = Duration.seconds(1)
    static let errandPatience = Duration.seconds(2)

    /// - Parameters:
    ///   - engine: told of the map that is known at first, and of each newer one.
    ///   - listed: the stores of the topology; the first of them begins the mesh.
    ///   - schemas: of states, that this program knows.
    /// - Throws: ``ConfigurationError`` for a file that is damaged or too new, and for a schema of states that this program does not know.
    init(
        node: Node, store: (any RegisterStore)?, engine: ReplicatedEngine, listed: [StoreListing], schemas: StateSchemas, log: Logger
    ) throws(ConfigurationError) {
        self.node = node
        self.store = store
        self.engine = engine
        self.log = log
        self.schemas = schemas
        genesis = Genesis(listed: listed)
        ids = WorkIDGenerator(node.world, name: "configuration-operations")
        file = ConfigurationFile(node.world.files, dataDirectory: node.configuration.dataDirectory)
        let known = try file.read()
        if let known, store != nil { try Self.check(known, schemas) }
        state = Mutex(State(clerk: known.map { ConfigurationClerk($0) }))
        if let known { engine.adopt(known.map) }
    }

    /// Whoever holds states writes them, and has to know how.
    private static func check(_ configuration: MeshConfiguration, _ schemas: StateSchemas) throws(ConfigurationError) {
        if schemas.contains(configuration.schema) { return }
        throw ConfigurationError(
            "the mesh writes states in schema \(configuration.schema), and this program knows \(schemas); update it")
    }

    /// What keeps the mesh from beginning, as far as this node can tell.
    var obstacle: String? {
        let (hasBegun, last) = state.withLock { ($0.clerk != nil, $0.lastObstacle) }
        if hasBegun { return nil }
        if genesis.listed.isEmpty { return "no node of the topology has the role \"\(TruthService.role)\"; give it to at least one" }
        return last.isEmpty ? nil : last
    }

    var trouble: String? { state.withLock { $0.trouble } }

    var configuration: MeshConfiguration? { state.withLock { $0.clerk?.known } }

    /// An id for an operation on the register of the configuration.
    func nextOperation() -> WorkID { ids.next() }

    var report: StoreReport {
        let known = configuration
        return StoreReport(
            name: node.identity.name, store: store?.id.description, isEmpty: known == nil && (store?.commitNumber ?? 0) == 0,
            meshID: known?.meshID.description, schemas: schemas)
    }

    /// Looks around until the node's world ends.
    func start() {
        node.world.spawn("configuration") { [self] in
            await tell()
            while !Task.isCancelled {
                await lookAround()
                await tellStanding()
                runErrand()
                if (try? await node.world.sleep(for: Self.interval)) == nil { return }
            }
        }
    }

    private func tell() async {
        do {
            if let store {
                try await node.setSchema(schemas.newest)
                try await node.setLabel(Self.storeLabel, store.id.description)
            }
            if let known = configuration { try await node.setLabel(Self.configurationLabel, Self.label(known)) }
        } catch {
            log.error("the node cannot tell of its configuration: \(error)")
        }
    }

    private func tellStanding() async {
        guard let standing = engine.standing else { return }
        let word = trouble == nil ? (standing == .voting ? nil : standing.word) : "behind"
        guard word != state.withLock({ $0.toldStanding }) else { return }
        do {
            try await node.setLabel(Self.standingLabel, word)
            state.withLock { $0.toldStanding = word }
        } catch {
            obstacle("the node cannot tell how its store stands: \(error)")
        }
    }

    static func label(_ configuration: MeshConfiguration) -> String { "\(configuration.meshID)/\(configuration.epoch)" }

    /// Mesh and epoch that a member tells of.
    static func parse(_ label: String) -> (mesh: StoreID, epoch: UInt64)? {
        let parts = label.split(separator: "/")
        guard parts.count == 2, let mesh = StoreID(String(parts[0])), let epoch = UInt64(parts[1]) else { return nil }
        return (mesh, epoch)
    }

    /// Whether a member belongs to the mesh that this node knows. One that knows no configuration yet belongs to any.
    func isOfThisMesh(_ member: Member) -> Bool {
        guard let own = configuration, let label = member.metadata.labels[Self.configurationLabel] else { return true }
        guard let (mesh, _) = Self.parse(label) else { return false }
        if mesh == own.meshID { return true }
        if state.withLock({ $0.strangers.insert(label).inserted }) {
            log.error(
                """
                \(member.identity) belongs to mesh \(mesh), and this node to mesh \(own.meshID): its store counts for nothing here; give \
                one of the two another mesh name, or wipe it
                """)
        }
        return false
    }

    /// Two nodes run one store: somebody has copied a data directory.
    func complain(of store: StoreID, at nodes: [String]) {
        if state.withLock({ $0.strangers.insert("\(store) \(nodes.sorted())").inserted }) {
            let names = nodes.sorted().joined(separator: " and ")
            log.critical(
                """
                \(names) run the same store \(store): was a data directory copied? Stop one of them at once, and wipe its directory
                """)
        }
    }

    private func lookAround() async {
        let live = node.members.members.filter { $0.status.isLive && $0.identity != node.identity }
        let own = configuration
        var newest: (member: Member, epoch: UInt64)?
        for member in live {
            guard let label = member.metadata.labels[Self.configurationLabel], let (_, epoch) = Self.parse(label), isOfThisMesh(member),
                epoch > own?.epoch ?? 0, epoch > newest?.epoch ?? 0
            else { continue }
            newest = (member, epoch)
        }
        if let newest { return await take(from: newest.member.identity, epoch: newest.epoch) }
        if own == nil && store != nil && genesis.listed.first?.name == node.identity.name { await begin(live) }
    }

    private func take(from peer: NodeIdentity, epoch: UInt64) async {
        do {
            let system = node.system
            let document = try await system.withDeadline(Self.patience) {
                try await system.singleton(ConfigurationDoor.self, on: peer).configuration()
            }
            let configuration = try reading(epoch) { try document?.configuration() }
            if let configuration { try await adoptIfNewer(configuration) }
        } catch {
            // Not even its outer form could be read.
            if (error as? MeshError)?.code == .incompatible { noteIfNewer(error, with: epoch) }
            obstacle("the configuration of \(peer) could not be had: \(error)")
        }
    }

    /// Keeps a configuration, goes by it and tells of it, if it is newer than the one that is known.
    /// - Throws: ``ConfigurationError`` when it cannot be kept; then the node goes on by the one before.
    func adoptIfNewer(_ configuration: MeshConfiguration) async throws {
        let isNewer = try adoption.withLock { _ in
            if let own = self.configuration, own.meshID != configuration.meshID || own.epoch >= configuration.epoch { return false }
            // Kept before it is gone by, so that this node never goes back.
            do throws(ConfigurationError) {
                if store != nil { try Self.check(configuration, schemas) }
                try file.write(configuration)
            } catch {
                note(error, with: configuration.epoch)
                throw error
            }
            state.withLock { state in
                state.trouble = nil
                if state.clerk?.adopt(configuration) == nil { state.clerk = ConfigurationClerk(configuration) }
            }
            engine.adopt(configuration.map)
            return true
        }
        guard isNewer else { return }
        await tell()
        let change = configuration.change.map { ", in which a change begins: \($0)" } ?? ""
        log.notice("going by epoch \(configuration.epoch) of mesh \(configuration.meshID)\(change)")
        reportDifferences(configuration)
    }

    /// What reads the configuration of an epoch. One that is newer and cannot be read was written by a later release: the node goes on by an
    /// older one, and says so.
    private func reading<Value>(_ epoch: UInt64, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            noteIfNewer(error, with: epoch)
            throw error
        }
    }

    private func noteIfNewer(_ error: any Error, with epoch: UInt64) {
        adoption.withLock { _ in
            if epoch > configuration?.epoch ?? 0 { note(error, with: epoch) }
        }
    }

    /// Takes note of why this node cannot go by a newer configuration.
    private func note(_ error: any Error, with epoch: UInt64) {
        state.withLock { $0.trouble = "epoch \(epoch) of the mesh cannot be gone by: \(error)" }
    }

    /// The topology names the first stores; later only a reconfiguration changes them.
    private func reportDifferences(_ configuration: MeshConfiguration) {
        let written = Set(configuration.shards.stores.map(\.name)), listed = Set(genesis.listed.map(\.name))
        let more = listed.subtracting(written).sorted(), fewer = written.subtracting(listed).sorted()
        if !more.isEmpty { log.warning("the topology lists stores that hold nothing: \(more.joined(separator: ", "))") }
        if !fewer.isEmpty { log.warning("the topology does not list stores that hold shards: \(fewer.joined(separator: ", "))") }
    }

    // MARK: The register

    /// Asks the register of the configuration what the clerk wants to know.
    private func runErrand() {
        let rank = engine.rank(in: Shard.configuration), now = node.world.now
        let action = state.withLock { $0.clerk?.errand(rank: rank, progress: engine.progress, operation: ids.next(), now: now) }
        guard let action else { return }
        node.world.spawn("configuration-errand") { [self] in
            let result = await ask(action)
            let newer = state.withLock { $0.clerk?.ended(action, result) ?? nil }
            do {
                if let newer { try await adoptIfNewer(newer) }
                if case .success(let content) = result, case .read = action { try complainOfUnreadable(content) }
            } catch {
                obstacle("\(error)")
            }
        }
    }

    private func ask(_ action: RegisterWish.Action) async -> Result<[UInt8], RegisterError> {
        do throws(RegisterError) {
            switch action {
            case .read(let query), .look(let query):
                return .success(try await engine.read(.configuration, query: query, patience: Self.errandPatience))
            case .change(let operation, let command):
                return .success(
                    try await engine.change(.configuration, operation: operation, command: command, patience: Self.errandPatience))
            case .glance(let query, let seen):
                return .success(
                    try await engine.glance(.configuration, query: query, seen: seen, patience: Self.errandPatience).answer)
            }
        } catch {
            return .failure(error)
        }
    }

    private func complainOfUnreadable(_ content: [UInt8]) throws {
        guard let newest = ConfigurationMachine.content(content), newest.epoch > configuration?.epoch ?? 0 else { return }
        _ = try reading(newest.epoch) { try MeshConfiguration(reading: newest.document) }
    }

    // MARK: Genesis

    private func begin(_ live: [Member]) async {
        let listed = Set(genesis.listed.map(\.name))
        var reports = [report]
        let system = node.system
        for member in live where listed.contains(member.name) {
            let answer = try? await system.withDeadline(Self.patience) {
                try await system.singleton(ConfigurationDoor.self, on: member.identity).report()
            }
            if let answer { reports.append(answer) }
        }
        var random = node.world.random("mesh-id")
        switch genesis.judge(reports, meshID: StoreID(from: &random)) {
        case .missing(let names):
            let missing = names.joined(separator: ", ")
            obstacle("the mesh begins when all stores of the topology have answered; missing: \(missing)")
        case .refused(let reason): obstacle("the mesh cannot begin: \(reason)")
        case .configuration(let configuration):
            let stores = configuration.shards.stores.map(\.name).joined(separator: ", ")
            log.notice("the mesh begins: its id is \(configuration.meshID), its stores are \(stores)")
            do { try await adoptIfNewer(configuration) } catch { obstacle("\(error)") }
        }
    }

    private func obstacle(_ text: String) {
        if state.withLock({ state in
            defer { state.lastObstacle = text }
            return state.lastObstacle != text
        }) {
            log.notice("\(text)")
        }
    }
}
