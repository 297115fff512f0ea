import World

/// What happens to a replica.
public enum ReplicaInput: Sendable {
    /// A frame has come from a peer.
    case frame(RegisterFrame)
    /// The commit that was handed out last is durable.
    case committed
    /// It was refused, and nothing of it was written: the disk is full.
    case refused(StoreRefusal)
    /// Somebody wants something of a register.
    case wish(RegisterWish)
    /// Somebody wants to know what registers there are: a packed ``RegisterPage`` answers the token, in the same turn. No two wishes and
    /// lists that wait have one token.
    case list(RegisterListing, token: UInt64)
    /// The stores that live, by gossip, this one included or not, those that it knows to be gone, and those whose wall clocks are off, maybe
    /// this one's. Decides who is waited for and who is home; never what counts.
    case seen(live: [StoreID], gone: [StoreID], astray: [StoreID] = [])
    /// A newer map. One that is not newer is ignored.
    case map(ReplicaMap)
    /// ``Replica/nextDeadline`` has come.
    case tick
}

/// What its shell has to do, in this order.
public enum ReplicaEffect: Sendable {
    /// Send to the node that runs this store. May be lost.
    case send(RegisterFrame, to: StoreID)
    /// Write to the store, then say `committed` or `refused`. Never handed out while another is being written.
    case commit(StoreCommit)
    /// The end of a wish, or of a list.
    case answer(UInt64, Result<[UInt8], RegisterError>)
    /// Whether this replica votes and proposes has changed.
    case standing(Standing)
    /// An hour that is old enough cannot be freed, because this register of it is not finished.
    case heldUp(by: RegisterKey)
    /// Somebody has to look after this register now, and it is this replica's turn: read it, and do what it says. Comes again while nothing
    /// comes of it.
    case attend(RegisterKey)
    /// Nobody has to look after this register any more, as it seems here. Whoever does may read it once more, and stop.
    case rests(RegisterKey)
    /// How far a reconfiguration has come; where the configuration has its home, as far as this replica knows.
    case rescanned(RescanProgress)
}

/// Whether a replica takes part.
public enum Standing: Hashable, Sendable {
    /// Its store has just been opened, and those who could have heard of a later commit have not all been asked.
    case asking
    /// It votes and proposes.
    case voting
    /// A peer has heard of a later commit than the store holds: the disk is an older copy of itself, and never votes again.
    case rolledBack(heard: UInt64, holds: UInt64, by: StoreID)
    /// The disk is full: it neither promises nor accepts until a commit succeeds again.
    case full

    /// For programs: `asking`, `voting`, `rolled-back` or `full`.
    public var word: String {
        switch self {
        case .asking: "asking"
        case .voting: "voting"
        case .rolledBack: "rolled-back"
        case .full: "full"
        }
    }
}

/// Something that is wanted of a register.
public struct RegisterWish: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Carry out a command once, however often this operation is asked for. Without an operation its machine knows the command again by
        /// itself.
        case change(operation: WorkID?, command: [UInt8])
        /// Answer a query from a state that is at least as new as everything acknowledged before now.
        case read([UInt8])
        /// The same, but the home answers from what it has when it knows that to be chosen, without asking others. For those who look after
        /// registers of their own node, and can do no harm by a state that is not the newest.
        case look([UInt8])
        /// Answer a query from what this replica knows to be chosen, without asking others: a packed ``RegisterGlance``. With `seen`: when
        /// the version is above that, or the work has ended; and by the deadline in any case.
        case glance([UInt8], seen: UInt64?)

        /// What is asked of another node for it: a home that others have left may be reached for long by somebody who would not look
        /// after the register then.
        package var fromAfar: Action { if case .look(let query) = self { .read(query) } else { self } }
    }

    /// Names the wish in its answer. Unique among those that wait at one replica.
    public let token: UInt64
    public let key: RegisterKey
    public let action: Action
    /// When an answer is due: by then the wish ends, with `unknown` if it was proposed.
    public let deadline: Instant

    public init(token: UInt64, key: RegisterKey, action: Action, deadline: Instant) {
        self.token = token
        self.key = key
        self.action = action
        self.deadline = deadline
    }

    var isLook: Bool { if case .look = action { true } else { false } }
}

/// Figures of a replica.
public struct ReplicaConfiguration: Hashable, Sendable {
    /// The node, with its life, as people know it.
    public var host = ""
    /// How long a round waits for its majority before the next attempt. Doubled by every attempt, with jitter, up to `roundLimit`.
    public var roundTimeout: Duration = .milliseconds(200)
    public var roundLimit: Duration = .seconds(2)
    /// The bound of the pause after a proposal was outbid; doubled by every further time, with full jitter, up to `roundTimeout`.
    public var backoff: Duration = .milliseconds(8)
    /// How long a heard commit number may wait for a commit to travel with.
    public var witnessDelay: Duration = .milliseconds(200)
    /// How long an opened store waits before it asks its witnesses again.
    public var witnessInterval: Duration = .milliseconds(250)
    /// How long a replica that is behind waits for a piece before it asks another.
    public var fetchTimeout: Duration = .milliseconds(500)
    /// How long a full disk is left alone.
    public var fullPause: Duration = .seconds(1)
    /// How long work is kept after its hour has ended. Nil keeps it for ever.
    public var retention: Duration? = .seconds(24 * 3600)
    /// How often the home of a shard looks for an hour to free.
    public var horizonInterval: Duration = .seconds(60)
    /// How often a replica looks what it has to carry over to new stores, and asks what others have carried.
    public var rescanInterval: Duration = .milliseconds(100)
    /// How long nothing may have been carried over anywhere before the next replica of a shard begins what its home does not do.
    public var rescanPatience: Duration = .seconds(3)
    /// How often a replica takes a shard away that others hold now.
    public var forgetInterval: Duration = .seconds(1)
    /// How long each replica of a register that is due gives those before it to look after it.
    public var attendPatience: Duration = .seconds(2)
    /// How often it is said of one register that somebody has to look after it, while nothing changes.
    public var attendInterval: Duration = .seconds(5)
    /// How long an opened store waits for neighbours of which gossip says nothing. Those that it says are gone are not waited for.
    public var witnessPatience: Duration = .seconds(5)
    /// How often neighbours are asked that were not there when the store began to vote.
    public var lateWitnessInterval: Duration = .seconds(5)

    public init() {}
}
