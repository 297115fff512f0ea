import World

/// Every figure of membership, with what it trades for what.
///
/// Start from a preset; ``lan`` is the default. Figures hang together (a suspicion must outlast a probe), so call
/// ``validate()`` after changing them.
public struct MembershipConfiguration: Hashable, Sendable {
    // MARK: Probing

    /// Time between two probes. Shorter finds failures sooner and costs two messages each; below about 20 times the scheduling delay of the
    /// box it finds failures that are none.
    public var probeInterval: Duration = .seconds(1)
    /// How long a direct probe waits before helpers are asked. Must exceed the slowest honest round trip.
    public var probeTimeout: Duration = .milliseconds(500)
    /// Helpers asked when a direct probe fails (SWIM's k). More survive more loss; each costs up to four messages per failed probe.
    public var indirectProbes = 3
    /// Share of the asker's remaining time after which a helper says "not yet" (nack). Above 0.8 the nack of a slow
    /// helper comes too late and every real crash makes its witnesses feel sick.
    public var nackFraction = 0.8
    /// In a mesh of at most this many members probes go out at twice the rate, because few probers mean long gaps between two probes
    /// of one member. 0 turns this off.
    public var smallMesh = 9

    // MARK: Suspicion

    /// Shortest time from accusation to death, in probe intervals, times max(1, log10(members)). Shorter finds silent failures
    /// sooner; two intervals still let a process that was stopped for two seconds answer.
    public var suspicionMultiplier = 2.0
    /// Longest time, as a multiple of the shortest: what an accusation takes that nobody confirms.
    public var suspicionMaxMultiplier = 6.0
    /// Independent confirmations that bring the time down to the shortest (Lifeguard's k).
    public var confirmations = 2
    /// How many members, on average over the mesh, probe a suspect out of turn to confirm or to clear it. Fewer save messages,
    /// more make detection in small meshes quick.
    public var verifiers = 4
    /// Witnesses of a refused connection that end a suspicion at once. 1 believes a lone node behind a rejecting firewall.
    public var refusalWitnesses = 2

    // MARK: Health

    /// Highest health score; timers and schedule are stretched by score + 1. Higher lets a sicker node stay quiet, and slows its
    /// return to normal. 0 turns Lifeguard's local health off.
    public var healthMaximum = 8
    /// Lateness of a timer that counts as a sign of bad health. Below the ordinary scheduling delay healthy nodes feel sick.
    public var latenessTolerance: Duration = .milliseconds(100)
    /// A node that has heard nobody for this long lets no suspicion end in death. Must be longer than the ordinary silence between frames.
    public var lonelyAfter: Duration = .seconds(2)
    /// After so long a silence a lonely node concludes that all the others are gone and goes by the ordinary rules again.
    public var lonelyPatience: Duration = .seconds(30)

    // MARK: Gossip

    /// Time between two rounds of gossip while there is something to tell. Shorter spreads faster and costs more messages.
    public var gossipInterval: Duration = .milliseconds(200)
    /// Members told in each round.
    public var gossipFanout = 3
    /// Every node passes a rumour on max(`retransmitMinimum`, `retransmitMultiplier` x ceil(log2(members + 1))) times. Fewer leave more
    /// to anti-entropy; more cost bytes.
    public var retransmitMultiplier = 2
    public var retransmitMinimum = 8
    /// Bytes of rumours in one message. 1,400 fit one Ethernet packet with everything around them.
    public var rumourBytes = 1400

    // MARK: Anti-entropy

    /// Time between two comparisons of digests while they differ, and at most when they do not: the time a lost rumour stays lost,
    /// against one small message each.
    public var antiEntropyMin: Duration = .seconds(1)
    public var antiEntropyMax: Duration = .seconds(5)
    /// Bytes of one piece of an exchange, at most 100 KiB. Larger pieces are fewer, but a probe waits behind them.
    public var exchangeBytes = 8 << 10
    /// Time between two attempts to reach seeds that are not members, and the dead. Sets how soon a partition heals.
    public var reconnectInterval: Duration = .seconds(1)
    /// Attempts that the whole mesh together makes at one dead member in each `reconnectInterval`.
    public var reconnectRate = 3.0

    // MARK: Decision

    /// How long the set of live members must rest before placement acts on it. Shorter moves work sooner, and oftener in vain.
    public var quietPeriod: Duration = .milliseconds(300)
    /// Longest that restlessness may hold a decision back.
    public var quietLimit: Duration = .seconds(2)
    /// A member that returned from the dead is held back by `quietPeriod`, doubled for each return that has not faded yet; one return
    /// fades in this time.
    public var flapDecay: Duration = .seconds(60)
    /// Longest that flapping holds a member back.
    public var flapHoldMax: Duration = .seconds(30)

    // MARK: Forgetting

    /// A dead member is forgotten after this. Longer lets longer partitions heal without seeds; the list of members stays longer.
    public var reapDeadAfter: Duration = .seconds(3600)
    /// A member that left is forgotten after this.
    public var reapLeftAfter: Duration = .seconds(600)
    /// Of a forgotten member the last life and incarnation are kept for this long, so that no straggling rumour brings it back.
    public var tombstoneFor: Duration = .seconds(24 * 3600)
    /// A node that leaves ends at the latest after this, even when it could tell nobody.
    public var leaveTimeout: Duration = .seconds(2)
    /// Members and tombstones are limited to this many each, at most 65,536.
    public var memberLimit = 8192

    /// For nodes of one data centre: the default.
    public static let lan = MembershipConfiguration()

    /// For nodes on one machine that nobody stops or starves: finds failures in about half the time.
    public static let local: MembershipConfiguration = {
        var figures = MembershipConfiguration()
        figures.probeInterval = .milliseconds(500)
        figures.probeTimeout = .milliseconds(250)
        figures.gossipInterval = .milliseconds(100)
        figures.lonelyAfter = .milliseconds(1500)
        figures.quietPeriod = .milliseconds(200)
        figures.reapDeadAfter = .seconds(600)
        figures.reapLeftAfter = .seconds(120)
        return figures
    }()

    /// For nodes of several regions: slow and frugal.
    public static let wan: MembershipConfiguration = {
        var figures = MembershipConfiguration()
        figures.probeInterval = .seconds(5)
        figures.probeTimeout = .seconds(3)
        figures.suspicionMultiplier = 3
        figures.gossipInterval = .milliseconds(500)
        figures.gossipFanout = 4
        figures.antiEntropyMin = .seconds(2)
        figures.antiEntropyMax = .seconds(15)
        figures.reconnectInterval = .seconds(5)
        figures.latenessTolerance = .milliseconds(500)
        figures.lonelyAfter = .seconds(10)
        figures.lonelyPatience = .seconds(120)
        figures.quietPeriod = .seconds(1)
        figures.quietLimit = .seconds(10)
        figures.reapDeadAfter = .seconds(24 * 3600)
        figures.leaveTimeout = .seconds(5)
        return figures
    }()

    public init() {}

    /// Throws ``MembershipError/badFigure(name:value:remedy:)`` for the first figure that cannot work.
    public func validate() throws(MembershipError) {
        func check(_ good: Bool, _ name: String, _ value: Any, _ remedy: String) throws(MembershipError) {
            if !good { throw .badFigure(name: name, value: "\(value)", remedy: remedy) }
        }
        let positive: [(String, Duration)] = [
            ("probeInterval", probeInterval), ("probeTimeout", probeTimeout), ("gossipInterval", gossipInterval),
            ("antiEntropyMin", antiEntropyMin), ("reconnectInterval", reconnectInterval), ("lonelyAfter", lonelyAfter),
            ("latenessTolerance", latenessTolerance), ("leaveTimeout", leaveTimeout), ("reapLeftAfter", reapLeftAfter),
            ("reapDeadAfter", reapDeadAfter), ("flapDecay", flapDecay), ("quietPeriod", quietPeriod),
            ("tombstoneFor", tombstoneFor), ("lonelyPatience", lonelyPatience), ("quietLimit", quietLimit),
            ("antiEntropyMax", antiEntropyMax), ("flapHoldMax", flapHoldMax),
        ]
        for (name, value) in positive {
            try check(value >= .milliseconds(1) && value <= .seconds(366 * 86400), name, value, "give 1 ms to 366 days")
        }
        try check(probeTimeout < probeInterval, "probeTimeout", probeTimeout, "keep it below probeInterval (\(probeInterval))")
        try check((0...64).contains(indirectProbes), "indirectProbes", indirectProbes, "give 0 to 64; 3 is usual")
        try check(nackFraction > 0 && nackFraction <= 0.8, "nackFraction", nackFraction, "give more than 0, at most 0.8")
        try check((0...64).contains(smallMesh), "smallMesh", smallMesh, "give 0 to 64")
        try check(suspicionMultiplier >= 1 && suspicionMultiplier <= 100, "suspicionMultiplier", suspicionMultiplier, "give 1 to 100")
        try check(
            suspicionMaxMultiplier >= 1 && suspicionMaxMultiplier <= 100, "suspicionMaxMultiplier", suspicionMaxMultiplier,
            "give 1 to 100")
        try check(
            (0..<MembershipLimits.accusers).contains(confirmations), "confirmations", confirmations,
            "give 0 to \(MembershipLimits.accusers - 1)")
        try check((0...1000).contains(verifiers), "verifiers", verifiers, "give 0 to 1000")
        try check(
            (1...MembershipLimits.accusers).contains(refusalWitnesses), "refusalWitnesses", refusalWitnesses,
            "give 1 to \(MembershipLimits.accusers)")
        try check((0...64).contains(healthMaximum), "healthMaximum", healthMaximum, "give 0 to 64; 8 is usual")
        try check((1...64).contains(gossipFanout), "gossipFanout", gossipFanout, "give 1 to 64")
        try check((1...64).contains(retransmitMultiplier), "retransmitMultiplier", retransmitMultiplier, "give 1 to 64")
        try check((1...1000).contains(retransmitMinimum), "retransmitMinimum", retransmitMinimum, "give 1 to 1000; 8 is usual")
        try check((256...65536).contains(rumourBytes), "rumourBytes", rumourBytes, "give 256 to 65536")
        // With a record or a bucket on top a piece still fits a frame of the pulse lane, 128 KiB (docs/WIRE.md).
        try check((1024...100 << 10).contains(exchangeBytes), "exchangeBytes", exchangeBytes, "give 1024 to 102400 (1KiB to 100KiB)")
        try check(antiEntropyMin <= antiEntropyMax, "antiEntropyMin", antiEntropyMin, "keep it at most antiEntropyMax")
        try check(quietPeriod <= quietLimit, "quietPeriod", quietPeriod, "keep it at most quietLimit (\(quietLimit))")
        try check(reconnectRate > 0 && reconnectRate <= 1000, "reconnectRate", reconnectRate, "give more than 0, at most 1000")
        // More, and a bucket of names (1/64 of them) does not fit a frame of the pulse lane.
        try check((2...65536).contains(memberLimit), "memberLimit", memberLimit, "give 2 to 65536")
    }
}
