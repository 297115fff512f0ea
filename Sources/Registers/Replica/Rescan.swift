import World

// RECONFIGURATION
//
// The stores of a shard change in one step of the epoch for all shards that are concerned, and back to rest in another:
//
//   epoch e      the old stores decide
//   epoch e + 1  joint: a majority of the old ones and one of the new ones, for whatever is decided
//   epoch e + 2  the new stores decide
//
// Any decision of two epochs that follow one another shares a store, so nobody has to wait until all have heard. Between e and
// e + 2 that is not so, and what keeps them apart is this:
//
//   fence    A store that goes by a newer epoch says so durably, in one number, before it serves anybody under it; and serves
//            nobody under an older one from then on, in later lives neither. A newcomer first takes away what it still has of
//            the shard from earlier times.
//   rescan   Once a majority of the old stores is fenced, nothing is decided under e any more. What was, a majority of them has, so
//            the union of the registers that any such majority knows misses none. Each is carried over: its value is proposed once
//            more, under e + 1, with majorities of both. So are the hours that were closed, because who does not know of them
//            might create anew what was freed.
//   switch   When every shard was carried over, e + 2 may be written.
//
// The configuration is itself a register, with a shard of its own, and its stores change with all the others. So a reconfiguration
// is written once, whoever asks for it, and whoever dies: the stores of that register look until everything was carried over.
//
// Each shard is carried over by its home. If that dies, the next one begins the shard anew: what was carried is carried again. A
// home may also live and be of no use, with a full disk, which may be why it is replaced: so when nothing moves for some seconds,
// the next ones begin.
//
// Vertical Paxos (Lamport, Malkhi, Zhou, 2009) and Raft's joint consensus (Ongaro, 2014) have the same two majorities. Raft's log
// makes a newcomer catch up before it counts; registers have no log, hence fence and rescan. The CASPaxos paper (section 2.3)
// changes one acceptor at a time, and rescans all keys for each.

/// What a replica carries over to new stores, and what it knows of others doing so.
struct Rescan {
    /// A shard on its way.
    struct Walk {
        enum Phase {
            /// The old stores are being asked what they know.
            case listing(Round, [StoreID: ShardListing])
            /// These registers are being proposed once more.
            case carrying(Set<RegisterKey>)
            /// The new stores are being told which hours are closed.
            case telling(Round)
        }

        var phase: Phase
        /// The last key up to which all were carried; nil before the first.
        var after: RegisterKey?
        /// Nothing follows what is being carried.
        var isLast = false
        var closed: CreationHour?
        var freed: CreationHour?

        var round: Round? {
            switch phase {
            case .listing(let round, _), .telling(let round): round
            case .carrying: nil
            }
        }
    }

    /// Shards that are walked through at a time.
    static let width = 16

    var walks: [Int: Walk] = [:]
    /// What was carried over here.
    var own: CarriedShards
    /// How many registers others have carried over, as they told here.
    var told: [StoreID: UInt64] = [:]
    /// What was carried over by anybody, as far as this replica has heard, and when it heard of more for the last time.
    private(set) var known: Set<Int> = []
    private(set) var grown: Instant
    /// Shards are carried over here in which so many stand before this replica, or fewer. Grows whenever nothing was carried over for long,
    /// and stays: a home that has done nothing for one shard does nothing for the next.
    var reach = 0
    /// When others are asked what they have carried over.
    var asksAgain: Instant
    /// The shard that is looked at next.
    var cursor = 0
    /// None is left to begin, for now: others are the home of the rest, as far as this replica knows.
    var isThrough = false
    /// What was reported last.
    var reported: RescanProgress?

    init(epoch: UInt64, now: Instant) {
        own = CarriedShards(epoch: epoch)
        grown = now
        asksAgain = now
    }

    mutating func learn(_ shards: Set<Int>, now: Instant) {
        guard !shards.isSubset(of: known) else { return }
        known.formUnion(shards)
        grown = now
    }

    func shard(ofRound number: UInt64) -> Int? { walks.first { $0.value.round?.number == number }?.key }

    /// How many registers were carried over.
    var registers: UInt64 { told.values.reduce(0) { $0 + $1 } }
}

/// How far a reconfiguration has come.
public struct RescanProgress: Hashable, Sendable {
    /// Of the joint map.
    public let epoch: UInt64
    /// Shards that get other stores, and those of them that were carried over.
    public let moving: Int
    public let carried: Int
    /// Registers that were carried over; again those that were carried twice.
    public let registers: UInt64

    package init(epoch: UInt64, moving: Int, carried: Int, registers: UInt64) {
        self.epoch = epoch
        self.moving = moving
        self.carried = carried
        self.registers = registers
    }

    /// Everything is where it has to be: the map may be settled.
    public var isComplete: Bool { carried == moving }
}
