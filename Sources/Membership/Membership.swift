import World

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
    var lastHeardAnybody: Instant
    /// Whether this node hears nobody, and therefore accuses no one.
    public internal(set) var isLonely = false

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
        lastGossip = now - configuration.gossipInterval
        antiEntropyDelay = configuration.antiEntropyMin
        nextAntiEntropy = now
        nextReconnect = now
        decision = Decision(own: own, fingerprint: table[MemberTable.selfSlot].placementMark)
    }

    // MARK: Inputs

    /// Begins to probe, and to join through `seeds` (its own address among them is ignored). The first timers are spread at random, so that
    /// nodes started together do not march in step.
    public mutating func start(seeds: [MemberAddress], now: Instant) -> [MembershipEffect] {
        precondition(!started, "a membership starts once")
        clock = max(now, clock)
        started = true
        self.seeds = seeds.filter { $0 != own.address }
        nextProbe = clock + figures.probeInterval * random.unit()
        nextAntiEntropy = clock + figures.antiEntropyMin * random.unit()
        nextReconnect = clock + figures.reconnectInterval * (0.5 + 0.5 * random.unit())
        lastHeardAnybody = clock
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

    /// The executor that carries this value ran an input `delay` after it was ready (a frame that waited in a queue). Delays beyond
    /// `latenessTolerance` make this node feel sick before it calls others dead.
    public mutating func executorDelay(_ delay: Duration, now: Instant) -> [MembershipEffect] {
        begin(now)
        if delay > figures.latenessTolerance { feel(LocalHealth.penalty(lateness: delay, probeTimeout: figures.probeTimeout)) }
        return finish()
    }

    // MARK: Common to all inputs

    /// Takes the time of an input, and notices when this node did not run for a while.
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
        out.append(.note(.late(lateness)))
        for i in probes.indices { probes[i].postpone(by: lateness) }
        for i in relays.indices { relays[i].postpone(by: lateness) }
        for slot in suspects { table[slot].suspicion?.postpone(by: lateness) }
        if suspicionFloor != .distantFuture { suspicionFloor = suspicionFloor + lateness }
        lastHeardAnybody = lastHeardAnybody + lateness
    }

    mutating func feel(_ delta: Int) {
        if health.change(by: delta) { out.append(.event(.health(health.score))) }
    }

    mutating func send(_ message: MembershipMessage, to peer: MembershipPeer) { out.append(.send(message, to: peer)) }

    var own: Member { table[MemberTable.selfSlot].member }

    /// Members that count for logarithms and budgets: live ones and the node itself.
    var liveCount: Int { table.live.count + 1 }
}
