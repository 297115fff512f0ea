import World

// IS THE WALL CLOCK RIGHT?
//
// Timers of durable actors, and the ends of hours, go by wall clocks. Nothing that must never happen rests on one; but a node whose clock
// is far ahead would fire the deadlines of all its work at once, and one far behind would hold them up. So every node compares its clock
// with those of the others. While it is far from them it fires nothing and lets no hour pass, and says so, and others do it instead.
//
// Comparing. Whoever answers a probe tells what its wall clock shows. It was read between the question and the answer: in the middle,
// unsure by half the round trip (Cristian, "Probabilistic clock synchronization", Distributed Computing 3, 1989). A longer trip than half
// a second tells nothing. Only who was asked is heard, not a helper, whose answer took two trips. Of each peer the last sample is kept: to
// tell two seconds from none, NTP's filter over eight of them (RFC 5905, section 10) is more than is needed.
//
// A sample is what the peer's wall clock showed when the *monotonic* clock here stood at zero. The wall clock here is no part of it. So
// when that is set it is found to be wrong at once, by the samples that are there, and not after the next round of probes.
//
// Judging. The clocks are put in order, this node's among them, and the one in the middle counts: the median. No minority of clocks,
// however wrong, moves it away from all that are right, as a single one would move a mean. NTP selects by a majority, too (RFC 5905,
// section 11.2.1, after Marzullo): it asks whose intervals meet. Here intervals are short beside what is tolerated, so the middle is
// enough. Of an even number two are in the middle, and the nearer one counts. So a clock is off exactly when more than half of all clocks
// are two seconds away from it, on the same side; those that were not heard yet count as agreeing. What follows:
//
//      one node, or two     nobody can tell, and every clock counts as right
//      three, five          the clock that two, or three, of the others contradict
//      two against two      nobody can tell
//      any number           the clock in the middle counts as right at its own node, whatever it shows: somebody fires
//
// In a large mesh the sixteen peers that were heard last stand for all. A process that has just begun to run fires nothing before half of
// all clocks are known to be near its own, for five seconds at most: a machine that comes up with a wrong clock is how clocks are wrong
// most often.
//
// What this does not protect from: most clocks being wrong together, because all machines follow one time server, in which case those that
// are right stand back; less than two seconds; members that lie. Where a machine was suspended its monotonic clock stood still, and its
// wall clock looks wrong for as long as a round of probes takes, which does no harm.

/// What a node knows of its wall clock by those of the other nodes.
public struct ClockWatch: Sendable {
    /// How a wall clock stands to those of the mesh.
    public enum Verdict: String, Sendable, Hashable {
        /// It is near the median, or nobody can tell.
        case right
        /// It is ``tolerance`` or more ahead of the median.
        case ahead
        /// It is ``tolerance`` or more behind the median.
        case behind

        public var isOff: Bool { self != .right }

        /// For people: "ahead of the others'".
        public var words: String {
            switch self {
            case .right: "near the others'"
            case .ahead: "ahead of the others'"
            case .behind: "behind the others'"
            }
        }

        /// For people: "3 s ahead of the others'".
        /// - Parameter ahead: how far it is ahead of the median.
        public func words(_ ahead: Duration) -> String { "\(DurationText.short(ahead < .zero ? .zero - ahead : ahead)) \(words)" }
    }

    private struct Sample: Sendable {
        let peer: NodeIdentity
        /// What its wall clock showed at the zero of the monotonic clock here, in milliseconds since 1970.
        let zeroMs: Int64
    }

    /// A wall clock as far from the median as this is off.
    public static let tolerance: Duration = .seconds(2)
    /// It is right again when it is nearer than this, so that one at the border does not waver.
    public static let recovery: Duration = .milliseconds(1_500)
    /// A longer round trip tells nothing.
    package static let longestTrip: Duration = .milliseconds(500)
    /// How long a process that begins to run waits at most until it has heard enough clocks.
    package static let patience: Duration = .seconds(5)
    /// Peers of which a sample is kept.
    package static let most = 16
    /// The label by which a member tells that its clock is off: `ahead` or `behind`.
    public static let label = "wall-clock"

    private let start: Instant
    /// The one that was heard last stands last.
    private var samples: [Sample] = []
    private var sorted: [Int64] = []
    /// Live members beside this node.
    private var peers = 0
    public private(set) var verdict = Verdict.right
    /// Rises with every change.
    public private(set) var version: UInt64 = 0

    /// - Parameter start: when the node began to take part.
    public init(start: Instant) { self.start = start }

    /// What the metadata of a member tells of its clock.
    public static func verdict(of metadata: MemberMetadata) -> Verdict { metadata.labels[label].flatMap { Verdict(rawValue: $0) } ?? .right }

    // MARK: Comparing

    /// A peer has answered a probe, and told its wall clock.
    package mutating func hear(_ wall: WallTime, of peer: NodeIdentity, asked: Instant, answered: Instant) {
        let trip = answered - asked
        guard trip >= .zero, trip <= Self.longestTrip else { return }
        samples.removeAll { $0.peer == peer }
        if samples.count == Self.most { samples.removeFirst() }
        samples.append(Sample(peer: peer, zeroMs: Self.zeroMs(wall, at: asked + trip * 0.5)))
        sort()
    }

    /// The view has changed: how many live beside this node, and which.
    package mutating func see(peers: Int, isLive: (NodeIdentity) -> Bool) {
        self.peers = peers
        samples.removeAll { !isLive($0.peer) }
        sort()
    }

    private mutating func sort() {
        sorted = samples.map(\.zeroMs).sorted()
        version += 1
    }

    /// In milliseconds, so that no difference of what peers may say overflows.
    private static func zeroMs(_ wall: WallTime, at instant: Instant) -> Int64 { wall.millisecondsSince1970 - instant.nanoseconds / 1_000_000 }

    // MARK: Judging

    /// How far the wall clock is ahead of the median, to the millisecond; zero where nobody can tell.
    public func ahead(now: Instant, wall: WallTime) -> Duration {
        let own = Self.zeroMs(wall, at: now)
        return .milliseconds(own - median(with: own))
    }

    /// The one in the middle of all clocks, or the one of two that is nearer to the own.
    private func median(with own: Int64) -> Int64 {
        let agreeing = 1 + max(0, min(peers, Self.most) - sorted.count), all = sorted.count + agreeing
        let below = sorted.count { $0 < own }, low = (all - 1) / 2, high = all / 2
        if below > high { return sorted[high] }
        return below + agreeing <= low ? sorted[low - agreeing] : own
    }

    /// How the wall clock stands at this moment, when it shows `wall`.
    public func verdict(now: Instant, wall: WallTime) -> Verdict {
        let ahead = ahead(now: now, wall: wall), limit = verdict.isOff ? Self.recovery : Self.tolerance
        if ahead >= limit { return .ahead }
        return ahead <= .zero - limit ? .behind : .right
    }

    /// Whether what is due by this wall clock may be done.
    public func mayFire(now: Instant, wall: WallTime) -> Bool {
        (now - start >= Self.patience || isVouchedFor(Self.zeroMs(wall, at: now))) && !verdict(now: now, wall: wall).isOff
    }

    /// Whether half of all clocks are near this one, whatever those show that were not heard yet.
    private func isVouchedFor(_ own: Int64) -> Bool {
        let near = sorted.count { abs($0 - own) < Self.tolerance.milliseconds }
        return 2 * (near + 1) >= min(peers, Self.most) + 1
    }

    /// Looks at the clock. True when it stands otherwise than at the last look.
    package mutating func look(now: Instant, wall: WallTime) -> Bool {
        let new = verdict(now: now, wall: wall)
        guard new != verdict else { return false }
        verdict = new
        version += 1
        return true
    }
}
