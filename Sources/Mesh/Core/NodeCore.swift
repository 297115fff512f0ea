import Logging
import Membership
import MessagePack
import Placement
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

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let links: Links
    var membership: Membership
    var pending: PendingCalls<PendingCall>
    var peers: [NodeIdentity: Peer] = [:]
    var inbound: [InboundKey: InboundCall] = [:]
    var reception = Reception()
    var receptionVersion: UInt64 = 0
    var listingSubscribers = Subscribers<String, [MeshActorID]>()
    var watches = Watches()
    var memberSubscribers = Subscribers<Int, MembershipEvent>()
    var counters = CoreCounters()
    var farewell: [UnsafeContinuation<Void, Never>] = []
    var isDraining = false
    weak var system: MeshActorSystem?

    /// Another node, as the calls see it: the session to it, and the calls that wait for one.
    struct Peer {
        var session: SessionID?
        /// The callee's table, by which targets become numbers; nil when it equals this node's.
        var contracts: ContractTable?
        /// Ids of calls that wait for a session, in order.
        var waiting: [UInt64] = []
    }

    init(
        identity: NodeIdentity, configuration: NodeConfiguration, world: any World, loop: any EventLoop,
        sockets: sending any Sockets, log: Logger
    ) throws {
        self.identity = identity
        self.configuration = configuration
        self.world = world
        self.loop = loop
        self.log = log
        registry = ActorRegistry()
        contracts = ContractTable.ofThisProgram
        publicView = PublicView()
        membership = try Membership(
            identity: identity, address: configuration.address, metadata: configuration.metadata,
            configuration: configuration.membership, random: world.random("membership"), now: world.now)
        pending = PendingCalls(limit: configuration.pendingCallLimit, now: world.now)
        links = Links()
    }

    /// Runs `body` on the loop: at once when the caller is on it, else after what is queued there.
    nonisolated func submit(_ body: @escaping @Sendable (isolated NodeCore) -> Void) {
        if loop.isCurrent {
            assumeIsolated(body)
        } else {
            loop.execute { self.assumeIsolated(body) }
        }
    }
}
