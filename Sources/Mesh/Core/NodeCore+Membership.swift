import Membership
import MessagePack
import Transport
import Wire
import World

/// The shell around ``Membership``: carries its messages, its timers and its events.
extension NodeCore {
    /// Begins to take part in the mesh.
    func startMembership() {
        publicView.decide(membership.decided)
        carryOut(membership.start(seeds: configuration.seeds, now: world.now))
    }

    func carryOut(_ effects: [MembershipEffect]) {
        for effect in effects {
            switch effect {
            case .send(let message, let peer): send(message, to: peer)
            case .connect(let address): connect(address)
            case .probeFresh(let peer, let sequence, _):
                probeFresh(peer, sequence)
            case .forget(let peer): forget(peer)
            case .event(let event): happened(event)
            case .startNewLife(let life): endLife(life)
            case .farewellSaid: farewellSaid()
            case .note(let note): log.notice("\(note)")
            }
        }
        showMembers()
    }

    /// Readers on other threads see the members as they are after the turn.
    private func showMembers() {
        membershipDeadline = membership.nextDeadline
        guard shownVersion != membership.version || publicView.members.isLonely != membership.isLonely else { return }
        shownVersion = membership.version
        publicView.show(
            MembersView(version: membership.version, members: membership.members, isLonely: membership.isLonely))
    }

    private func send(_ message: MembershipMessage, to peer: MembershipPeer) {
        let frame = MembershipFrame(payload: message.packed()[...])
        links.sendPulse(to: PeerAddress(peer.address), expecting: peer.identity.name) { frame.pack(into: &$0) }
    }

    /// The answer comes as any ack does.
    private func probeFresh(_ peer: MembershipPeer, _ sequence: UInt32) {
        let frame = MembershipFrame(payload: MembershipMessage.ping(sequence: sequence, rumours: []).packed()[...])
        links.probeFresh(PeerAddress(peer.address), expecting: peer.identity.name) { frame.pack(into: &$0) }
    }

    private func connect(_ address: MemberAddress) {
        if let standing = standing[PeerAddress(address)] {
            carryOut(membership.connected(MembershipPeer(identity: standing, address: address), now: world.now))
        } else {
            links.dial(PeerAddress(address))
        }
    }

    private func forget(_ peer: MembershipPeer) {
        links.hangUp(peer.identity)
        peers[peer.identity] = nil
    }

    /// Makes sure that a session to a live member is being made.
    func dial(_ node: NodeIdentity) {
        guard let member = membership.member(named: node.name), member.identity == node else { return }
        links.dial(PeerAddress(member.address), expecting: node.name)
    }

    func received(membership payload: ArraySlice<UInt8>, from session: SessionInfo) throws {
        var reader = MessagePackReader(payload)
        let message = try MembershipMessage(from: &reader)
        try reader.expectEnd()
        let peer = MembershipPeer(identity: session.peer, address: MemberAddress(session.address))
        carryOut(membership.handle(message, from: peer, now: world.now))
    }

    private func happened(_ event: MembershipEvent) {
        switch event {
        case .joined(let member):
            log.info("\(member.identity) joined at \(member.address)")
            if !reception.isEmpty { dial(member.identity) }
        case .suspected(let member): log.notice("\(member.identity) is suspected")
        case .trusted(let member): log.info("\(member.identity) is no longer suspected")
        case .failed(let member):
            log.warning("\(member.identity) is dead")
            wentDown(member.identity, "\(member.identity) is dead")
        case .left(let member):
            log.info("\(member.identity) has left")
            wentDown(member.identity, "\(member.identity) has left")
        case .returned(let member): log.info("\(member.identity) is back")
        case .replaced(let old, let new):
            log.info("\(new.identity) took the place of \(old.identity)")
            wentDown(old.identity, "\(old.identity) was replaced by \(new.identity)")
            if !reception.isEmpty { dial(new.identity) }
        case .nameConflict(let holder, let rival):
            log.error("two processes call themselves \(holder.identity): \(holder.address) keeps the name, \(rival.address) must take another")
        case .decided(let view):
            publicView.decide(view)
            log.debug("decided view \(view.version): \(view.members.map(\.name).joined(separator: " "))")
        case .lonely(let isLonely): log.notice(isLonely ? "hearing nobody: accusing no one" : "hearing others again")
        case .health(let score): log.debug("own health \(score)")
        case .updated, .reaped: break
        }
        memberSubscribers.tell(event, about: .members)
    }

    private func wentDown(_ node: NodeIdentity, _ reason: String) {
        guard node != identity else { return }
        failCalls(to: node, reason)
        nodeWentDown(node)
    }

    /// The mesh holds this life for finished. What this process knows belongs to that life, so a new process begins the next.
    private func endLife(_ life: UInt64) {
        log.warning("the mesh holds life \(identity.life) of this node for finished; life \(life + 1) begins")
        lifeOver.yield(life)
    }

    func farewellSaid() {
        for waiter in farewell { waiter.resume() }
        farewell = []
    }

    /// Says goodbye and returns when enough members know, or after the leave time-out.
    func leave() async {
        if hasStopped { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            farewell.append(continuation)
            if farewell.count == 1 { carryOut(membership.leave(now: world.now)) }
        }
    }

    func updateMetadata(_ change: (inout MemberMetadata) -> Void) throws {
        var metadata = membership.ownMember.metadata
        change(&metadata)
        carryOut(try membership.updateMetadata(metadata, now: world.now))
    }

    nonisolated func membershipEvents() -> AsyncStream<MembershipEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: MembershipEvent.self, bufferingPolicy: .bufferingNewest(4096))
        submit { core in
            if core.hasStopped { return continuation.finish() }
            let number = core.memberSubscribers.add(continuation, to: .members)
            continuation.onTermination = { _ in core.submit { $0.memberSubscribers.remove(number, from: .members) } }
        }
        return stream
    }
}

/// The one topic of membership news.
enum MemberNews: Hashable, Sendable { case members }

extension PeerAddress {
    init(_ address: MemberAddress) { self.init(host: address.host, port: address.port) }
}

extension MemberAddress {
    init(_ address: PeerAddress) { self.init(host: address.host, port: address.port) }
}
