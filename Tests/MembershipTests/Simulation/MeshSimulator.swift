import Membership
import World

/// Many memberships in virtual time over a network that loses, delays, cuts and holds. One seed, one run.
///
/// Every message is really packed and unpacked. What is true (who runs, who was killed) is known here, outside the nodes, and the oracles judge
/// by it alone.
final class MeshSimulator {
    struct Host {
        var membership: Membership?
        var identity: NodeIdentity
        var address: MemberAddress
        /// While paused or stalled, inputs wait here and are taken in order afterwards.
        var inbox: [Input] = []
        var stalledUntil = Instant.zero
        /// What its wall clock shows ahead of virtual time; nil for one that tells no clock, as an older release does.
        var wallAhead: Duration? = .zero
        /// Mean pause between stalls and longest stall of a slow node.
        var sickness: (every: Duration, upTo: Duration)?
        var tickAt = Instant.distantFuture
        var traffic = Traffic()
        var newLifeAbove: UInt64?
        var farewellSaid = false
    }

    enum Input {
        case message([UInt8], from: MembershipPeer, wall: WallTime?)
        case accept(from: Int, peer: MembershipPeer)
        case connected(MembershipPeer)
        case lost(MembershipPeer)
        case refused(MembershipPeer)
    }

    enum Event {
        case input(Int, Input)
        case tick(Int)
        case stall(Int, life: UInt64)
        case resume(Int)
        case action(Int)
    }

    enum Cut { case open, drop, hold }

    var now = Instant.zero
    var heap = EventHeap<Event>()
    var hosts: [Host] = []
    var random: RandomStream
    let seed: UInt64
    let figures: MembershipConfiguration
    var actions: [(MeshSimulator) -> Void] = []
    /// While machines are stopped now and then.
    var isPausing = false

    // The network.
    var latency: (Duration, Duration) = (.microseconds(100), .microseconds(600))
    var loss = 0.0
    /// From and to.
    var cut: (Int, Int) -> Cut = { _, _ in .open }
    var held: [(from: Int, to: Int, input: Input)] = []

    /// Every event of every node but the joins, which are many.
    var log: [(at: Instant, node: Int, event: MembershipEvent)] = []
    var traceHash: UInt64 = 0
    var oracle: Oracle
    var notes = 0

    init(seed: UInt64, count: Int, figures: MembershipConfiguration = .lan) {
        self.seed = seed
        self.figures = figures
        random = RandomStream(seed: seed, name: "simulator")
        oracle = Oracle(hosts: count)
        for i in 0..<count { hosts.append(Host(identity: NodeIdentity(name: Self.name(i), life: 0), address: Self.address(i))) }
    }

    static func name(_ i: Int) -> String { "n" + String(10000 + i).dropFirst() }
    static func address(_ i: Int) -> MemberAddress { MemberAddress(host: "10.0.\(i / 250).\(i % 250 + 1)", port: UInt16(10000 + i)) }
    static func index(_ address: MemberAddress) -> Int { Int(address.port) - 10000 }

    // MARK: Processes

    /// Starts a process with the next life.
    func start(_ i: Int, seeds: [Int] = [0, 1, 2]) {
        hosts[i].identity.life += 1
        hosts[i].newLifeAbove = nil
        let name = "\(hosts[i].identity)"
        var membership: Membership
        do {
            membership = try Membership(
                identity: hosts[i].identity, address: hosts[i].address,
                metadata: MemberMetadata(
                    roles: ["lookup", "primes", "store"], zone: "z\(i % 3)", versions: MemberVersions(software: "1.0.0"),
                    adminURL: "http://10.0.0.1:\(9000 + i)"),
                configuration: figures, random: RandomStream(seed: seed, name: name), now: now)
        } catch { preconditionFailure("\(error)") }
        let effects = membership.start(seeds: seeds.filter { $0 < hosts.count }.map { Self.address($0) }, now: now)
        hosts[i].membership = membership
        hosts[i].inbox = []
        hosts[i].stalledUntil = .zero
        hosts[i].tickAt = .distantFuture
        oracle.started(hosts[i].identity)
        carry(effects, of: i)
        beginSickness(i)
    }

    /// From now on the process is stalled again and again, as its `sickness` says.
    func beginSickness(_ i: Int) {
        guard let sickness = hosts[i].sickness else { return }
        heap.insert(.stall(i, life: hosts[i].identity.life), at: now + sickness.every * random.unit())
    }

    /// Ends the process. With `refusing` the host stays up: links break and connections are refused. Without, the machine is gone.
    func kill(_ i: Int, refusing: Bool) {
        oracle.ended(hosts[i].identity)
        hosts[i].membership = nil
        hosts[i].inbox = []
        guard refusing else { return }
        let peer = MembershipPeer(identity: hosts[i].identity, address: hosts[i].address)
        for j in hosts.indices where j != i && hosts[j].membership != nil {
            guard cut(i, j) == .open, cut(j, i) == .open else { continue }
            let delay = oneWay()
            heap.insert(.input(j, .lost(peer)), at: now + delay)
            heap.insert(.input(j, .refused(peer)), at: now + delay + oneWay() + oneWay())
        }
    }

    /// The process does not run for a while, like after SIGSTOP; what arrives waits.
    func pause(_ i: Int, for duration: Duration) {
        hosts[i].stalledUntil = max(hosts[i].stalledUntil, now + duration)
        heap.insert(.resume(i), at: hosts[i].stalledUntil)
    }

    func leave(_ i: Int) {
        guard hosts[i].membership != nil else { return }
        oracle.left(hosts[i].identity)
        let effects = hosts[i].membership!.leave(now: now)
        carry(effects, of: i)
    }

    func update(_ i: Int, _ metadata: MemberMetadata) {
        do { carry(try hosts[i].membership?.updateMetadata(metadata, now: now) ?? [], of: i) } catch { preconditionFailure("\(error)") }
    }

    func beginNewLife(_ i: Int) {
        guard let above = hosts[i].newLifeAbove, hosts[i].membership != nil else { return }
        oracle.ended(hosts[i].identity)
        hosts[i].identity.life = above + 1
        hosts[i].newLifeAbove = nil
        oracle.started(hosts[i].identity)
        let effects = hosts[i].membership!.beginNewLife(above + 1, now: now)
        carry(effects, of: i)
    }

    var running: [Int] { hosts.indices.filter { hosts[$0].membership != nil } }

    // MARK: Time

    func at(_ time: Instant, _ action: @escaping (MeshSimulator) -> Void) {
        actions.append(action)
        heap.insert(.action(actions.count - 1), at: time)
    }

    func run(for duration: Duration) { run(until: now + duration) }

    func run(until end: Instant) {
        while let (event, at) = heap.pop(dueBy: end) {
            now = at
            perform(event)
        }
        now = end
    }

    /// Runs until `condition` holds, looking every `step`; how long that took, or nil after `limit`.
    func time(step: Duration = .milliseconds(20), limit: Duration, until condition: () -> Bool) -> Duration? {
        let start = now
        while now - start < limit {
            if condition() { return now - start }
            run(for: step)
        }
        return condition() ? now - start : nil
    }

    private func perform(_ event: Event) {
        switch event {
        case .action(let i): actions[i](self)
        case .tick(let i):
            guard hosts[i].tickAt <= now else { return }
            hosts[i].tickAt = .distantFuture
            if hosts[i].stalledUntil > now { return }
            tick(i)
        case .input(let i, let input):
            guard hosts[i].membership != nil else { return }
            if hosts[i].stalledUntil > now { hosts[i].inbox.append(input) } else { take(i, input) }
        case .stall(let i, let life):
            guard hosts[i].membership != nil, hosts[i].identity.life == life, let sickness = hosts[i].sickness else { return }
            let length = sickness.upTo * random.unit()
            pause(i, for: length)
            heap.insert(.stall(i, life: life), at: now + length + sickness.every * (2 * random.unit()))
        case .resume(let i):
            guard hosts[i].membership != nil, hosts[i].stalledUntil <= now else { return }
            let waiting = hosts[i].inbox
            hosts[i].inbox = []
            for input in waiting { take(i, input) }
            tick(i)
        }
    }

    private func tick(_ i: Int) {
        guard let deadline = hosts[i].membership?.nextDeadline else { return }
        if deadline <= now, let effects = hosts[i].membership?.tick(now: now) { carry(effects, of: i) } else { arm(i) }
    }

    private func arm(_ i: Int) {
        guard let deadline = hosts[i].membership?.nextDeadline, deadline < hosts[i].tickAt else { return }
        hosts[i].tickAt = max(deadline, now)
        heap.insert(.tick(i), at: hosts[i].tickAt)
    }

    private func take(_ i: Int, _ input: Input) {
        guard hosts[i].membership != nil else { return }
        switch input {
        case .message(let bytes, let from, let wall):
            trace(bytes, at: i)
            do {
                let message = try MembershipMessage(unpacking: bytes)
                carry(hosts[i].membership!.handle(message, from: from, wall: wall, now: now), of: i)
            } catch { preconditionFailure("a message of our own did not unpack: \(error)") }
        case .accept(let from, let peer):
            let own = MembershipPeer(identity: hosts[i].identity, address: hosts[i].address)
            transmit(.connected(own), from: i, to: from, by: .connection)
            carry(hosts[i].membership!.connected(peer, now: now), of: i)
        case .connected(let peer): carry(hosts[i].membership!.connected(peer, now: now), of: i)
        case .lost(let peer): carry(hosts[i].membership!.linkLost(peer, now: now), of: i)
        case .refused(let peer): carry(hosts[i].membership!.refused(peer, now: now), of: i)
        }
    }

    private func trace(_ bytes: [UInt8], at i: Int) {
        var hash = traceHash ^ UInt64(bitPattern: now.nanoseconds) ^ UInt64(i) << 48
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        traceHash = StableHash.mix(hash)
    }

    // MARK: Effects

    private func carry(_ effects: [MembershipEffect], of i: Int) {
        let own = MembershipPeer(identity: hosts[i].identity, address: hosts[i].address)
        for effect in effects + lookAtClock(i) {
            switch effect {
            case .send(let message, let peer):
                let bytes = message.packed()
                hosts[i].traffic.count(message, bytes.count)
                let wall = if case .ack = message { wall(i) } else { WallTime?.none }
                transmit(.message(bytes, from: own, wall: wall), from: i, to: Self.index(peer.address), by: .session)
            case .connect(let address): transmit(.accept(from: i, peer: own), from: i, to: Self.index(address), by: .newConnection)
            case .probeFresh(let peer, let sequence):
                let ping = MembershipMessage.ping(sequence: sequence, rumours: [])
                transmit(.message(ping.packed(), from: own, wall: nil), from: i, to: Self.index(peer.address), by: .newConnection)
            case .event(let event):
                if case .joined = event {} else { log.append((now, i, event)) }
                oracle.judge(event, seenBy: i, at: now)
            case .startNewLife(let above): hosts[i].newLifeAbove = above
            case .farewellSaid:
                hosts[i].farewellSaid = true
                oracle.ended(hosts[i].identity)
                hosts[i].membership = nil
                return
            case .note: notes += 1
            case .forget: break
            }
        }
        arm(i)
    }

    /// What the wall clock of a host shows, if it tells.
    func wall(_ i: Int) -> WallTime? {
        hosts[i].wallAhead.map { WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000 + now.nanoseconds + $0.nanoseconds) }
    }

    private func lookAtClock(_ i: Int) -> [MembershipEffect] {
        wall(i).flatMap { hosts[i].membership?.lookAtClock($0, now: now) } ?? []
    }

    // MARK: Network

    func oneWay() -> Duration { latency.0 + (latency.1 - latency.0) * random.unit() }

    private enum Way {
        /// In a session that stands. What is lost is lost.
        case session
        /// On a connection that stands, which repeats what is lost.
        case connection
        /// On a connection that has to be made first.
        case newConnection
    }

    private func transmit(_ input: Input, from: Int, to: Int, by way: Way) {
        guard hosts.indices.contains(to) else { return }
        var delay = oneWay()
        var cuts = [cut(from, to)]
        switch way {
        case .session: if loss > 0 && random.chance(loss) { return }
        case .connection: break
        case .newConnection:
            delay = delay + connectDelay()
            cuts.append(cut(to, from))
        }
        if cuts.contains(.drop) { return }
        if cuts.contains(.hold) { return held.append((from, to, input)) }
        heap.insert(.input(to, input), at: now + delay)
    }

    /// What it takes to connect and to shake hands. A lost SYN is repeated after 1 s (RFC 6298, section 2), a later segment after 200 ms (the
    /// least that Linux waits), each time after twice the wait of before. So half a second is enough only if no SYN was lost.
    private func connectDelay() -> Duration {
        [Duration.seconds(1), .milliseconds(200), .milliseconds(200)].reduce(.zero) { $0 + exchange(repeatedAfter: $1) }
    }

    /// A question and its answer.
    private func exchange(repeatedAfter first: Duration) -> Duration {
        var time = oneWay() + oneWay()
        var wait = first
        while loss > 0, time < .seconds(120), random.chance(1 - (1 - loss) * (1 - loss)) {
            time = time + wait
            wait = wait * 2
        }
        return time
    }

    /// Everything open again; what was held arrives now.
    func heal() {
        cut = { _, _ in .open }
        loss = 0
        for (_, to, input) in held { heap.insert(.input(to, input), at: now + oneWay()) }
        held = []
    }
}
