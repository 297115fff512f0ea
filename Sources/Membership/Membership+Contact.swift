import World

extension Membership {
    /// A message from an established session, which vouches for the sender's identity.
    /// - Parameter wall: what the sender's wall clock showed when it said this; nil when it does not tell.
    public mutating func handle(
        _ message: MembershipMessage, from peer: MembershipPeer, wall: WallTime? = nil, now: Instant
    ) -> [MembershipEffect] {
        begin(now)
        guard started, standing != .left, peer != own.peer else { return finish() }
        heard(peer.identity, at: peer.address)
        switch message {
        case .ping(let sequence, let rumours):
            merge(rumours, from: peer)
            let answer = table.slot(of: peer.identity).map { news(for: $0) } ?? []
            send(.ack(sequence: sequence, rumours: answer), to: peer)
        case .ack(let sequence, let rumours):
            relayed(sequence, by: peer.identity)
            succeeded(sequence, by: peer.identity, wall)
            merge(rumours, from: peer)
        case .pingRequest(let sequence, let target, let remainingMs, let rumours):
            merge(rumours, from: peer)
            if target.identity != own.identity { relay(sequence: sequence, target: target, remainingMs: remainingMs, for: peer) }
        case .nack(let sequence): received(nack: sequence, from: peer.identity)
        case .gossip(let rumours): merge(rumours, from: peer)
        case .digest(let hash, let count): received(digest: hash, count: count, from: peer)
        case .buckets(let buckets): received(buckets: buckets, from: peer)
        case .outline(let mask, let lines): received(outline: mask, lines, from: peer)
        case .records(let records, let wants): received(records: records, wants: wants, from: peer)
        }
        greet(peer, after: message)
        return finish()
    }

    private mutating func merge(_ rumours: [MemberRecord], from peer: MembershipPeer) {
        for rumour in rumours { merge(rumour, from: peer) }
    }

    /// A stranger that speaks, or a new life of somebody known, is asked for what it knows, itself first of all. Steps of an exchange do that
    /// anyway.
    private mutating func greet(_ peer: MembershipPeer, after message: MembershipMessage) {
        switch message {
        case .ping, .ack, .pingRequest, .nack, .gossip:
            let known = table.slot(named: peer.identity.name).map { table[$0].member.identity.life } ?? 0
            if standing == .member && peer.identity.life > known { send(digestMessage, to: peer) }
        case .digest, .buckets, .outline, .records: break
        }
    }

    /// Any frame of any lane came from this process. Cheap; the shell may report at most a few per second and peer.
    public mutating func heard(from identity: NodeIdentity, now: Instant) -> [MembershipEffect] {
        begin(now)
        heard(identity, at: nil)
        return finish()
    }

    private mutating func heard(_ identity: NodeIdentity, at address: MemberAddress?) {
        noteLife()
        guard standing == .member, let slot = table.slot(named: identity.name), slot != MemberTable.selfSlot else { return }
        let member = table[slot].member
        if member.identity.life == identity.life && (address == nil || address == member.address) {
            table[slot].lastHeard = clock
            if member.status != .alive { tellAccused(slot) }
        } else if let address, member.identity.life > identity.life || (member.identity.life == identity.life && member.address < address) {
            // An old life still speaks, or a second process of this name: it learns who holds the name.
            tell(MembershipPeer(identity: identity, address: address), about: slot)
        }
    }

    /// A session with this peer has begun, by either side.
    /// - Parameter stoodAlready: a `connect` has found the session standing. That is no sign of life: a session outlives its connections.
    public mutating func connected(_ peer: MembershipPeer, stoodAlready: Bool = false, now: Instant) -> [MembershipEffect] {
        begin(now)
        guard started, standing != .left, peer != own.peer else { return finish() }
        if !stoodAlready {
            heard(peer.identity, at: peer.address)
            displaced(by: peer)
        }
        let known = table.slot(of: peer.identity).map { table.isLive($0) && table[$0].member.address == peer.address } ?? false
        switch standing {
        case .member, .superseded: if !known { send(digestMessage, to: peer) }
        default: break
        }
        return finish()
    }

    /// An address belongs to one process: whoever else was held to listen there is gone, as if it had refused.
    private mutating func displaced(by peer: MembershipPeer) {
        guard standing == .member else { return }
        if let slot = table.live.first(where: { table[$0].member.address == peer.address && table[$0].member.identity != peer.identity }) {
            let old = table[slot].member.identity
            if old.name != peer.identity.name || old.life < peer.identity.life { accuse(slot, refused: true) }
        }
    }

    /// The link to this peer broke. No verdict: the member is probed out of turn.
    public mutating func linkLost(_ peer: MembershipPeer, now: Instant) -> [MembershipEffect] {
        begin(now)
        if started, standing == .member, let slot = table.slot(of: peer.identity), slot != MemberTable.selfSlot { probe(slot) }
        return finish()
    }

    /// A raw connection to the peer's address was refused: nobody listens there. `peer` is the one whose link broke, or who was sought.
    public mutating func refused(_ peer: MembershipPeer, now: Instant) -> [MembershipEffect] {
        begin(now)
        if started, standing == .member, let slot = table.slot(of: peer.identity), slot != MemberTable.selfSlot,
            table[slot].member.address == peer.address, table.isLive(slot)
        {
            accuse(slot, refused: true)
        }
        return finish()
    }

    private func liveSlot(at address: MemberAddress) -> Int? { table.live.first { table[$0].member.address == address } }

    /// The live member, other than this node, that says it listens at the address.
    public func liveMember(at address: MemberAddress) -> Member? { liveSlot(at: address).map { table[$0].member } }

    // MARK: Reconnection

    /// Seeds that are not members, and the dead: so a partition heals by itself, whoever restarted meanwhile.
    mutating func tickReconnect() {
        switch standing {
        case .member, .superseded: break
        default: return
        }
        guard nextReconnect <= clock else { return }
        // Alone, there is nobody to be polite to, and a mesh whose seeds start last should not wait for its beat.
        let haste = table.live.isEmpty ? 0.2 : 1
        nextReconnect = clock + figures.reconnectInterval * (haste * (0.75 + 0.5 * random.unit()) * Double(health.stretch))
        if let slot = pickDead() { out.append(.connect(table[slot].member.address)) }
        var attempts = 0
        for _ in seeds.indices where attempts < figures.gossipFanout {
            let seed = seeds[nextSeed % seeds.count]
            nextSeed = (nextSeed + 1) % seeds.count
            if liveSlot(at: seed) != nil { continue }
            out.append(.connect(seed))
            attempts += 1
        }
    }

    /// One of the dead, with a chance that makes about `reconnectRate` attempts at each of them in the whole mesh.
    private mutating func pickDead() -> Int? {
        let dead = table.gone.filter { table[$0].member.status == .dead }
        guard !dead.isEmpty, random.chance(figures.reconnectRate * Double(dead.count) / Double(liveCount)) else { return nil }
        return dead[random.below(dead.count)]
    }
}
