import World

// Membership: who is there
// ========================
//
// Every node keeps a table of all others and helps every other to keep its own. The base is SWIM (Das, Gupta, Motivala, DSN 2002): probe one
// member at a time at random, ask others to probe when it is silent, carry the news along. On it lies the whole of Lifeguard (Dadgar, Phillips,
// Currey, arXiv 1707.00788), whose point is that a slow accuser is more likely than a dead accused. This type is the whole protocol as one value:
// inputs go in with the time, effects come out, nothing waits and nothing is looked up outside. A shell carries frames and timers; a simulator
// carries the same value.
//
// Failure detection. Members are probed round robin in shuffled order, one per interval (two in a small mesh). A ping that is not answered in time
// is repeated through three helpers and over a fresh connection. What is still silent at the end is accused: *suspect*. Any member that fails to
// reach it too confirms the accusation and shortens its time; any frame from it stops the clock. A suspect is told of its accusation by
// whoever speaks to it (the buddy system) and answers with a higher *incarnation*. If it does not, it is *dead*.
//
// Evidence. A broken link makes a node probe at once. A *refused* connection at the member's address means that no process listens there: an
// accusation of better quality, and two witnesses of it (all there are, if fewer) end the suspicion without waiting.
//
// Self-doubt. Helpers that stay silent, accusations of oneself, timers and frames that come late raise this node's health score, which stretches its
// time-outs and its schedule. When it did not run for a while all running time-outs move by that while. A node that hears nobody accuses no one.
//
// Dissemination. A change of state becomes a rumour that rides on probes and on gossip to three random members every 200 ms, a bounded number of
// times. What rumours miss, anti-entropy finds: every few seconds two nodes compare one hash, and only when it differs the difference. Nodes try
// again and again to reach the dead and the seeds, so a healed partition heals by itself.
//
// Identity is (name, life, incarnation); ``Precedence`` orders all claims about a name, so views converge whatever order news comes in.
//
// Where this departs from the papers and from hashicorp/memberlist, and why
//
// * A helper's nack leaves at 80 % of the *asker's* remaining time, which travels in the request. In memberlist's LAN setting the helper waits its
//   own full time-out, its nack comes too late, and every real crash makes its witnesses feel sick.
// * Hearing of a suspicion, about four members of the mesh look for themselves at once. Lifeguard waits for the round robin to bring
//   confirmations, which in a mesh of five takes seconds.
// * Confirmations are a set of names inside the rumour, not a count of messages, so they merge like everything else.
// * A suspicion does not end in death while the accused is heard, and a verdict from elsewhere about a member heard just now is taken for an
//   accusation: after a partition each side comes with verdicts about the living.
// * An accusation needs somebody else to have been heard since the probe began. With one other member nobody can tell who is cut off, and the
//   rule does not apply. A node that stays alone for `lonelyPatience` gives up and believes its eyes.
// * Rumours hold whom to speak about, never what to say; at least 8 sends and log2 steps, because memberlist's log10 steps lose 6.8 % of events
//   at nine nodes.
// * Anti-entropy compares digests first and often, instead of sending everything rarely.
// * What was learnt by an exchange is passed on in a single round: a newcomer learns what everybody else knows.
// * Metadata has its own version. Ordered by the incarnation it could be hidden by an accusation that overtakes it.
// * The accused needs no disk: incarnations are volatile, the life before them is durable.
// * Placement acts on a ``DecidedView``, which rests before it changes, not on the raw view.

/// One node's view of the mesh, and its part in the conversation that keeps the views alike.
public struct Membership: Sendable {
    /// Whether this process takes part.
    enum Standing: Hashable, Sendable {
        case member
        /// Says goodbye since.
        case leaving(since: Instant)
        case left
        /// Another process holds the name.
        case superseded(by: MembershipPeer)
        /// This life is over in the eyes of the mesh.
        case finished(above: UInt64)
    }

    /// What it goes by, checked and unchanged from the start.
    public let figures: MembershipConfiguration
    var random: RandomStream
    var table: MemberTable
    var health: LocalHealth
    var standing = Standing.member
    var started = false
    var seeds: [MemberAddress] = []

    /// The latest time an input came with. Time does not go back.
    var clock: Instant
    var out: [MembershipEffect] = []
    /// Rises with every change of the view.
    public internal(set) var version: UInt64 = 0

    var probes: [Probe] = []
    var relays: [Relay] = []
    var sequence: UInt32 = 0
    var schedule = ProbeSchedule()
    var nextProbe: Instant

    /// Slots under suspicion, and a lower bound of when the first of them is due.
    var suspects: [Int] = []
    var suspicionFloor = Instant.distantFuture
    /// Whether a refusal may be among the accusations.
    var hasRefusals = false
    /// Last frame of anybody.
    var lastHeardAnybody: Instant
    /// Since when this node, as far as it ran, has heard nobody: ``lastHeardAnybody`` and the time it did not run.
    var silentSince: Instant
    /// Whether this node hears nobody, and therefore accuses no one.
    public internal(set) var isLonely = false
    /// Since when this node, as far as it ran, has heard nobody; nil unless it is lonely.
    public var lonelySince: Instant? { isLonely ? silentSince : nil }

    var rumours = RumourQueue()
    /// While records of an exchange are merged.
    var isExchanging = false
    var lastGossip: Instant
    var antiEntropyDelay: Duration
    var nextAntiEntropy: Instant
    var nextReconnect: Instant
    var nextSeed = 0

    var tombstones = Tombstones()
    var nextReap = Instant.distantFuture
    var decision: Decision
    /// What this node knows of its wall clock by those of the others.
    public internal(set) var clockWatch: ClockWatch
    /// The version of the view that it has seen.
    var clockSeenAt = UInt64.max

    /// A node that knows nobody yet. `metadata` is checked against ``MembershipLimits``, `configuration` by its `validate()`.
    public init(
        identity: NodeIdentity, address: MemberAddress, metadata: MemberMetadata,
        configuration: MembershipConfiguration = .lan, random: RandomStream, now: Instant
    ) throws(MembershipError) {
        try configuration.validate()
        try MembershipLimits.check(name: identity.name)
        try MembershipLimits.check(address)
        try MembershipLimits.check(metadata)
        figures = configuration
        self.random = random
        clock = now
        let own = Member(
            identity: identity, address: address, incarnation: 0, status: .alive, metadataVersion: 1, metadata: metadata,
            since: now)
        table = MemberTable(own: own, packed: PackedMetadata(metadata))
        health = LocalHealth(maximum: configuration.healthMaximum)
        nextProbe = now
        lastHeardAnybody = now
        silentSince = now
        lastGossip = now - configuration.gossipInterval
        antiEntropyDelay = configuration.antiEntropyMin
        nextAntiEntropy = now
        nextReconnect = now
        clockWatch = ClockWatch(start: now)
        decision = Decision(own: own, fingerprint: table[MemberTable.selfSlot].placementMark)
    }

    // MARK: Inputs

    /// Begins to probe, and to join through `seeds` (its own address among them is ignored). The first timers are spread at random, so that
    /// nodes started together do not march in step.
    public mutating func start(seeds: [MemberAddress], now: Instant) -> [MembershipEffect] {
        precondition(!started, "a membership starts once")
        clock = max(now, clock)
        started = true
        clockWatch = ClockWatch(start: clock)
        self.seeds = seeds.filter { $0 != own.address }
        nextProbe = clock + figures.probeInterval * random.unit()
        nextAntiEntropy = clock + figures.antiEntropyMin * random.unit()
        nextReconnect = clock + figures.reconnectInterval * (0.5 + 0.5 * random.unit())
        (lastHeardAnybody, silentSince) = (clock, clock)
        rumours.enqueue(MemberTable.selfSlot)
        for seed in self.seeds { out.append(.connect(seed)) }
        return finish()
    }

    /// To be called when ``nextDeadline`` has come. How late it comes is taken as a sign of this node's health, so handle the frames that
    /// are already there first.
    public mutating func tick(now: Instant) -> [MembershipEffect] {
        begin(now)
        guard started else { return finish() }
        tickRelays()
        tickProbes()
        tickSuspicions()
        tickSchedule()
        tickGossip()
        tickAntiEntropy()
        tickReconnect()
        tickReap()
        tickDecision()
        tickLeave()
        return finish()
    }

    /// When ``tick(now:)`` is wanted next. Derived from the state after every input; there are no other timers.
    public var nextDeadline: Instant {
        guard started else { return .distantFuture }
        var deadline = min(nextReap, decision.due ?? .distantFuture)
        switch standing {
        case .member:
            deadline = min(deadline, min(nextProbe, min(nextAntiEntropy, nextReconnect)))
            if !suspects.isEmpty { deadline = min(deadline, suspicionFloor) }
            for probe in probes { deadline = min(deadline, probe.due) }
            deadline = min(deadline, nextGossip)
        case .leaving(let since):
            deadline = min(deadline, min(nextGossip, since + figures.leaveTimeout))
        case .superseded: deadline = min(deadline, min(nextAntiEntropy, nextReconnect))
        case .left, .finished: break
        }
        for relay in relays { deadline = min(deadline, relay.due) }
        return deadline
    }

    // MARK: Common to all inputs

    /// Takes the time of an input, and notices when this node did not run for a while: a late timer and a delay of the executor that
    /// carries this value are the same thing here, since it has a deadline at all times and every input is measured against it.
    mutating func begin(_ now: Instant) {
        if started {
            let lateness = now - max(nextDeadline, clock)
            if lateness > figures.latenessTolerance { late(by: lateness) }
        }
        clock = max(clock, now)
    }

    mutating func finish() -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        swap(&effects, &out)
        return effects
    }

    /// Time in which this node did not run is no time in which others were silent: all running time-outs move by as much.
    private mutating func late(by lateness: Duration) {
        feel(LocalHealth.penalty(lateness: lateness, probeTimeout: figures.probeTimeout))
        if lateness >= figures.probeTimeout { out.append(.note(.late(lateness))) }
        for i in probes.indices { probes[i].postpone(by: lateness) }
        for i in relays.indices { relays[i].postpone(by: lateness) }
        for slot in suspects { table[slot].suspicion?.postpone(by: lateness) }
        refloor()
        silentSince = silentSince + lateness
    }

    mutating func feel(_ delta: Int) {
        if health.change(by: delta) { out.append(.event(.health(health.score))) }
    }

    mutating func send(_ message: MembershipMessage, to peer: MembershipPeer) { out.append(.send(message, to: peer)) }

    var own: Member { table[MemberTable.selfSlot].member }

    /// Members that count for logarithms and budgets: live ones and the node itself.
    var liveCount: Int { table.live.count + 1 }
}
