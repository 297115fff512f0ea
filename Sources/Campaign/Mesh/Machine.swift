import Choreography
import Membership
import Registers
import World

/// A computer of the mesh: what stays when its process is gone, and the process.
struct Machine {
    /// What to do to the process the next time it commits.
    enum KillPoint: Hashable, Sendable, CaseIterable {
        /// It has decided what to write, has told its peers so, and has not asked the disk.
        case beforeWriting
        /// The disk is writing; nothing of it stays.
        case whileWriting
        /// The disk is writing; it ends with its last strength.
        case withLastStrength
        /// The disk has written, and the process tells nobody.
        case afterWriting
    }

    let number: Int
    /// The disk, as it is while no process has it open. Nil for a node without the store role.
    var disk: MemoryDisk?
    /// The configuration that is kept beside the store: a file, which survives all but the loss of the machine.
    var map: ReplicaMap
    /// An older copy of the disk.
    var copy: MemoryDisk?
    var process: NodeProcess?
    /// How often a process was started.
    var lives: UInt64 = 0

    /// What its wall clock shows ahead of the true time.
    var clockAhead: Duration = .zero {
        didSet { process?.tasks?.world.wallClockOffset = clockAhead }
    }
    /// When that was changed last, by a trouble that leaves most clocks right.
    var clockSetAt = Instant.zero
    var isDiskFull = false
    /// How much longer than usual a commit takes.
    var slowness = 1.0
    var killPoint: KillPoint?
    /// Restarts by itself after a death, when the trouble that killed it does not.
    var isWiped = false
    /// The process stands still until then; what happens to it waits.
    var frozenUntil = Instant.zero
    var waiting: [MeshEvent] = []

    var name: String { "n\(number + 1)" }
    var address: MemberAddress { MemberAddress(host: "10.0.0.\(number + 1)", port: UInt16(10_000 + number)) }
    static func number(of address: MemberAddress) -> Int { Int(address.port) - 10_000 }
}

/// A process of a node: its membership, its replica and its courier if it has the store role, and what it forwards.
final class NodeProcess {
    /// The value may not be copied, so it lives in a box.
    final class ReplicaBox {
        var value: Replica
        init(_ value: consuming Replica) { self.value = value }
    }

    /// Unique in a run.
    let serial: Int
    let machine: Int
    let identity: NodeIdentity
    let startedAt: Instant
    var membership: Membership
    let store: MemoryStore?
    let replica: ReplicaBox?
    /// Does what durable actors want done; nil without a store.
    var courier: Courier?
    /// Has the parts done that its actors have ordered.
    var dispatcher: WorkDispatcher
    /// Parts that are with workers, by the numbers of the calls.
    var partCalls: [UInt64: WorkDispatcher.Assignment] = [:]
    var isDispatching = false
    /// Its edge and its worker; nil before anybody wants anything of them.
    var tasks: NodeTasks?
    /// Lives that it has seen end.
    var dead: Set<NodeIdentity> = []

    /// The version of the view of which `peers` and `live` are.
    var viewVersion = UInt64.max
    /// Where stores are, by the view, with the dead and the departed.
    var peers: [StoreID: Int] = [:]
    /// Stores of live members, sorted.
    var live: [StoreID] = []
    /// Stores of members that are gone, sorted.
    var gone: [StoreID] = []
    /// Stores whose wall clocks are off, sorted.
    var astray: [StoreID] = []

    /// What waits for the replica's turn.
    var inputs: [ReplicaInput] = []
    var hasTurn = false

    /// What it does about the configuration's register, and what its replica has said of a reconfiguration.
    var clerk: ConfigurationClerk<ReplicaMap>
    var progress: RescanProgress?
    /// The newest epoch that a live member tells of, and which machine that is.
    var newest: (epoch: UInt64, machine: Int)?

    var gossipTick = Instant.distantFuture
    var registerTick = Instant.distantFuture
    var courierTick = Instant.distantFuture

    /// Wishes that the replica has, by token: whom the answer goes to.
    var errands: [UInt64: Errand.Return] = [:]
    /// Requests of clients that came in here, by number.
    var routes: [UInt64: Route] = [:]

    init(
        serial: Int, machine: Int, identity: NodeIdentity, membership: Membership, store: MemoryStore?, replica: ReplicaBox?,
        courier: Courier?, resends: Bool, map: ReplicaMap, startedAt: Instant
    ) {
        self.startedAt = startedAt
        dispatcher = WorkDispatcher(kinds: ActorKinds.work, resends: resends)
        clerk = ConfigurationClerk(map)
        self.serial = serial
        self.machine = machine
        self.identity = identity
        self.membership = membership
        self.store = store
        self.replica = replica
        self.courier = courier
    }

    /// Whether the replica takes part; nil for a node that has none.
    var standing: Standing? { replica?.value.standing }

    var peer: MembershipPeer { membership.ownMember.peer }
}
