import World

// THE PROPOSER
//
// One register at one replica that wants something of it. It does one thing at a time:
//
//             wishes come                  majority: chosen             no grant, only reads
//   idle ──────────────────▶ preparing ───────────────────▶ granted    idle ──────────▶ peeking ──▶ reads answered
//    ▲                           │ majority: open                │                         │ the answers differ
//    │                           ▼                               │                         ▼
//    │                accepting the open one again               │                     preparing
//    │                           │ chosen                        │
//    │                           ▼                               ▼
//    └── answers ◀──────── granted ──▶ accepting all waiting changes, or confirming for all waiting reads
//
// Whatever ends without its majority gives the grant up, pauses with full jitter, and begins with a prepare. A grant that is left over
// makes the replica the register's sticky home: the next change needs one round trip, because its promise came with the last accept.
//
// What is missing here of a version that has to be built upon is fetched first (Replica+Fetching).

/// The wishes for one register, and what is being done about them.
final class Proposer {
    enum Phase {
        case idle
        case pausing(until: Instant)
        case peeking(Round, Promises)
        case preparing(Round, Promises)
        /// Rows, or the open change, are on their way.
        case fetching(Promises.Finding, until: Instant)
        case accepting(Round, RegisterDelta, answers: [Fold.Answer])
        case confirming(Round, answers: [Fold.Answer])
    }

    let key: RegisterKey
    var changes: [RegisterWish] = []
    var reads: [RegisterWish] = []
    /// How many of the reads, from the first, came before what is under way began: it will answer them.
    var covered = 0
    var phase = Phase.idle
    /// Tokens of changes that were part of a proposal: their fate is not known before that of the proposal.
    var proposed: Set<UInt64> = []
    /// The right to propose on top of `current`. While a round prepares or accepts, the right that it will bring.
    var grant: BallotGrant?
    /// The version on which the grant stands.
    var current = RegisterVersion.none
    /// No operation of the register has a row with a key above, as long as the grant stands: its changes are the only ones. Ids rise
    /// with time, so a new operation is nearly always above, and the store need not be asked whether it was carried out. Nil when it
    /// has not been looked up since the last prepare.
    var lastOperation: [UInt8]?
    /// The epoch in which the grant was given.
    var epoch: UInt64 = 0
    /// Rounds that have failed since the last that was decided.
    var failures = 0
    /// A ballot that the mutation `ballot-reused` keeps.
    var kept: Ballot?
    /// The instant for which a timer is set.
    var timer = Instant.distantFuture

    init(_ key: RegisterKey) { self.key = key }

    /// The value is to be carried over to new stores: proposed once more, whether it changes or not.
    var carries = false
    /// It is to be found out whether what was accepted here is chosen. Given up with the first round that fails.
    var settles = false
    /// The newest hour that is closed at any of those who gave the grant: a replica that has its place since lately may not know.
    var closed: CreationHour?

    var isWanted: Bool { !changes.isEmpty || !reads.isEmpty || carries || settles }

    var isIdle: Bool {
        if case .idle = phase { return true }
        return false
    }

    /// The number of the round that is under way.
    var round: UInt64? { current(of: phase)?.number }

    /// The round under way has shown that the register does not exist and never will.
    var isClosed: Bool { current(of: phase)?.isClosed ?? false }

    private func current(of phase: Phase) -> Round? {
        switch phase {
        case .peeking(let round, _), .preparing(let round, _), .accepting(let round, _, _), .confirming(let round, _): round
        case .idle, .pausing, .fetching: nil
        }
    }

    /// The wishes whose answers depend on the round that is under way.
    var underWay: [Fold.Answer] {
        switch phase {
        case .accepting(_, _, let answers), .confirming(_, let answers): answers
        case .idle, .pausing, .peeking, .preparing, .fetching: []
        }
    }

    /// When something has to be done though nobody answers.
    var due: Instant {
        let own: Instant = switch phase {
        case .pausing(let until), .fetching(_, let until): until
        default: current(of: phase)?.due ?? .distantFuture
        }
        let changes = min(changes.lazy.map(\.deadline).min() ?? .distantFuture, reads.lazy.map(\.deadline).min() ?? .distantFuture)
        return min(own, min(changes, underWay.lazy.map(\.wish.deadline).min() ?? .distantFuture))
    }

    /// Takes the wishes out that are due at `now`, those under way included.
    func takeLate(_ now: Instant) -> [RegisterWish] {
        let isLate = { (wish: RegisterWish) in wish.deadline <= now }
        var late = changes.filter(isLate) + reads.filter(isLate)
        changes.removeAll(where: isLate)
        covered -= reads.prefix(covered).count(where: isLate)
        reads.removeAll(where: isLate)
        late += underWay.map(\.wish).filter(isLate)
        switch phase {
        case .accepting(let round, let delta, let answers):
            phase = .accepting(round, delta, answers: answers.filter { !isLate($0.wish) })
        case .confirming(let round, let answers): phase = .confirming(round, answers: answers.filter { !isLate($0.wish) })
        case .idle, .pausing, .peeking, .preparing, .fetching: break
        }
        return late
    }

    /// The reads that what has just been decided answers, and the looks, whenever they came.
    func takeCovered() -> [RegisterWish] {
        let late = reads.dropFirst(covered), looks = late.filter(\.isLook)
        if !looks.isEmpty {
            reads = reads.prefix(covered) + looks + late.filter { !$0.isLook }
            covered += looks.count
        }
        let wishes = Array(reads.prefix(covered))
        reads.removeFirst(covered)
        covered = 0
        return wishes
    }

    func dropGrant() { grant = nil }
}
