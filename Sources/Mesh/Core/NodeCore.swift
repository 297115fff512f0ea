import Logging
import Membership
import MessagePack
import Placement
import Synchronization
import Transport
import Wire
import World

/// The heart of a node: everything that is decided about frames, members and calls, on the event loop.
///
/// One actor owns all of this state, and its executor is the thread that owns the sockets, so no frame crosses a lock or
/// a thread between the socket and the decision. What it owns are plain values that take inputs and return effects
/// (``Membership``, ``PendingCalls``, ``Reception``, ``Watches``) and the links; the actor only carries between them. It never awaits
/// while it holds a half-made decision: all its work is synchronous.
actor NodeCore {
    nonisolated let identity: NodeIdentity
    nonisolated let configuration: NodeConfiguration
    nonisolated let world: any World
    nonisolated let loop: any EventLoop
    nonisolated let log: Logger
    nonisolated let registry: ActorRegistry
    nonisolated let contracts: ContractTable
    nonisolated let publicView: PublicView
    nonisolated let gate = LoopGate()
    nonisolated let subscriptionNumbers = Atomic<UInt64>(0)

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let links: Links
    var membership: Membership
    /// ``Membership/nextDeadline``, kept because the loop asks at every turn.
    var membershipDeadline = Instant.distantFuture
    /// The time of the turn in which frames are taken in.
    var now: Instant
    var pending: PendingCalls<PendingCall>
    var peers: [NodeIdentity: Peer] = [:]
    /// Who answers at an address to which this node has a session.
    var standing: [PeerAddress: NodeIdentity] = [:]
    var inbound: [InboundKey: InboundCall] = [:]
    /// The types that declare this program's functions, by the functions' indices, each found when it is first called.
    var declaring: [UInt32: ActorType?] = [:]
    /// Singletons by the index of the called function, found once; forgotten when ``ActorRegistry/version`` changes.
    var singletons: [UInt32: ActorCell] = [:]
    var singletonsVersion: UInt64 = 0
    var reception = Reception()
    var receptionVersion: UInt64 = 0
    var listingSubscribers = Subscribers<String, [MeshActorID]>(limit: NodeCore.subscriptionLimit)
    var watches = Watches()
    var memberSubscribers = Subscribers<MemberNews, MembershipEvent>(limit: NodeCore.subscriptionLimit)
    var counters = CoreCounters()
    var farewell: [UnsafeContinuation<Void, Never>] = []
    /// Set at the end. Who comes later is answered at once, for no turn follows in which anything could still happen.
    var hasStopped = false
    /// The session by which each node's book came, and every change of it comes.
    var bookSessions: [NodeIdentity: SessionID] = [:]
    /// When membership was last told that a session's peer lives.
    var lastNoted: [SessionID: Instant] = [:]
    /// The version of the view that readers on other threads see.
    var shownVersion: UInt64 = .max
    /// The version of the clock watch that they see.
    var shownClock: UInt64 = .max
    /// Ends this life in the eyes of the process.
    let lifeOver: AsyncStream<UInt64>.Continuation
    weak var system: MeshActorSystem?
    /// Who takes the register frames; a frame that it refuses is malformed.
    var registerSink: (@Sendable (ArraySlice<UInt8>, NodeIdentity) throws -> Void)?

    /// Readers of listings, and readers of membership's events, that one node has at most.
    static let subscriptionLimit = 16_384

    /// Another node, as the calls see it: the session to it, and the calls that wait for one.
    struct Peer {
        var session: SessionID?
        /// The callee's table, by which targets become numbers; nil when it equals this node's.
        var contracts: ContractTable?
        /// Ids of calls that wait for a session, in order; some may have ended since.
        var waiting: [UInt64] = []
        /// How many may wait before those that have ended are taken out.
        var waitingLimit = 64
    }

    init(
        identity: NodeIdentity, configuration: NodeConfiguration, world: any World, loop: any EventLoop, log: Logger,
        lifeOver: AsyncStream<UInt64>.Continuation, sockets: sending any PacketSockets
    ) throws(NodeError) {
        self.identity = identity
        self.configuration = configuration
        self.world = world
        self.loop = loop
        self.log = log
        self.lifeOver = lifeOver
        registry = ActorRegistry()
        do {
            contracts = try ContractTable.ofThisProgram.get()
        } catch {
            throw NodeError(.configuration, "node \(configuration.name): \(error)")
        }
        publicView = PublicView(now: world.now)
        do {
            membership = try Membership(
                identity: identity, address: configuration.address, metadata: configuration.metadata,
                configuration: configuration.membership, random: world.random("membership"), now: world.now)
        } catch {
            throw NodeError(.configuration, "node \(configuration.name): \(error)")
        }
        now = world.now
        pending = PendingCalls(limit: configuration.pendingCallLimit, now: world.now)
        var linking = LinksConfiguration(
            mesh: configuration.mesh, identity: identity, bindHost: configuration.bindHost,
            bindPort: configuration.address.port, advertised: PeerAddress(configuration.address),
            software: configuration.metadata.versions.software, contracts: contracts)
        linking.limits = configuration.links
        linking.chaos = configuration.allowsFaults
        links = Links(linking, sockets: sockets, world: world, logger: log)
    }

    /// Listens and takes part, on the loop.
    func start(_ system: MeshActorSystem) throws(NodeError) {
        self.system = system
        registry.onResign { [weak self] type, number in
            self?.enqueue { $0.resigned(ActorReference(type: type, number: number)) }
        }
        links.delegate = self
        do {
            try links.start()
        } catch {
            throw NodeError(.bind, "node \(identity.name): \(error)")
        }
        loop.attach(self)
        startMembership()
    }

    /// Ends everything at once. To the others the node dies. Whoever waits for anything of this node is told.
    func stop() {
        hasStopped = true
        links.stop(saying: "the node stops")
        for call in pending.removeAll(where: { _ in true }) { call.fail(.nodeDown, "this node has stopped") }
        for stream in memberSubscribers.removeAll() { stream.finish() }
        for stream in listingSubscribers.removeAll() { stream.finish() }
        end(watches.takeAll(), .nodeDown)
        farewellSaid()
        lifeOver.finish()
        gate.close()
        endLoop()
    }

    /// After those who were about to hand something to the loop: it runs before this is tried again.
    private func endLoop() {
        if gate.isDeserted { loop.stop() } else { loop.execute { self.assumeIsolated { $0.endLoop() } } }
    }

    /// Queues a frame on the work lane of a session.
    @discardableResult
    func send(_ frame: some Frame, on session: SessionID, as traffic: Traffic = .request) -> SendResult {
        links.send(on: session, lane: .work, as: traffic) { frame.pack(into: &$0) }
    }

    /// Runs `body` on the loop: at once when the caller is on it, else after what is queued there.
    /// - Returns: false when the loop has ended, or is about to: `body` will not run.
    @discardableResult
    nonisolated func submit(_ body: @escaping @Sendable (isolated NodeCore) -> Void) -> Bool {
        if loop.isCurrent {
            assumeIsolated(body)
            return true
        }
        return enqueue(body)
    }

    /// Runs `body` on the loop after what is queued there, also when the caller is on it.
    /// - Returns: false when the loop has ended, or is about to: `body` will not run.
    @discardableResult
    nonisolated func enqueue(_ body: @escaping @Sendable (isolated NodeCore) -> Void) -> Bool {
        gate.pass { loop.execute { self.assumeIsolated(body) } }
    }
}
