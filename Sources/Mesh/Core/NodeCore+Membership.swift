import Membership
import MessagePack
import Placement
import Transport
import Wire
import World

/// The shell around ``Membership``: carries its messages, its timers and its events.
extension NodeCore {
    /// Begins to take part in the mesh.
    func startMembership() {
        publicView.show(membership.decided, HashRing(membership.decided))
        carryOut(membership.start(seeds: configuration.seeds, now: world.now))
    }

    func carryOut(_ effects: [MembershipEffect]) {
        for effect in effects { carryOut(effect) }
        for effect in membership.lookAtClock(world.wallTime, now: world.now) { carryOut(effect) }
        showMembers()
    }

    private func carryOut(_ effect: MembershipEffect) {
        switch effect {
        case .send(let message, let peer): send(message, to: peer)
        case .connect(let address): connect(address)
        case .probeFresh(let peer, let sequence): probeFresh(peer, sequence)
        case .forget(let peer): forget(peer)
        case .event(let event): happened(event)
        case .startNewLife(let life): endLife(life)
        case .farewellSaid: farewellSaid()
        case .note(let note): log.notice("\(note)")
        }
    }

    /// Readers on other threads see the members as they are after the turn.
    private func showMembers() {
        membershipDeadline = membership.nextDeadline
        if shownClock != membership.clockWatch.version {
            shownClock = membership.clockWatch.version
            publicView.show(membership.clockWatch)
        }
        guard shownVersion != membership.version || publicView.members.lonelySince != membership.lonelySince else { return }
        shownVersion = membership.version
        publicView.show(
            MembersView(version: membership.version, members: membership.members, lonelySince: membership.lonelySince))
    }

    private func send(_ message: MembershipMessage, to peer: MembershipPeer) {
        var frame = MembershipFrame(payload: message.packed()[...])
        if case .ack = message { frame.wallMs = UInt64(clamping: world.wallTime.millisecondsSince1970) }
        let result = links.sendPulse(to: PeerAddress(peer.address), expecting: peer.identity.name) { frame.pack(into: &$0) }
        if result == .tooLarge {
            log.error("a membership message of \(frame.payload.count) bytes for \(peer) exceeds a frame of the pulse lane; lower exchangeBytes")
        }
    }

    /// The answer comes as any ack does.
    private func probeFresh(_ peer: MembershipPeer, _ sequence: UInt32) {
        let frame = MembershipFrame(payload: MembershipMessage.ping(sequence: sequence, rumours: []).packed()[...])
        links.probeFresh(PeerAddress(peer.address), expecting: peer.identity.name) { frame.pack(into: &$0) }
    }

    private func connect(_ address: MemberAddress) {
        let place = PeerAddress(address)
        if let session = links.session(at: place) {
            // By one address or by another, a seed's DNS name.
            stands(session.peer, MemberAddress(session.address))
        } else if let peer = standing[place] {
            stands(peer, address)
        } else {
            links.dial(place, passing: true)
        }
    }

    private func stands(_ peer: NodeIdentity, _ address: MemberAddress) {
        carryOut(membership.connected(MembershipPeer(identity: peer, address: address), stoodAlready: true, now: world.now))
    }

    private func forget(_ peer: MembershipPeer) {
        links.hangUp(peer.identity)
        peers[peer.identity] = nil
        hangUp(peer.address)
    }

    /// Stops dialling an address where nobody is left.
    private func hangUp(_ address: MemberAddress) {
        let place = PeerAddress(address)
        if membership.liveMember(at: address) == nil, standing[place] == nil { links.hangUp(place) }
    }

    /// Makes sure that a session to a live member is being made.
    func dial(_ node: NodeIdentity) {
        guard let member = membership.member(named: node.name), member.identity == node, member.status.isLive else { return }
        links.dial(PeerAddress(member.address), expecting: node.name)
    }

    func received(_ frame: MembershipFrame, from session: SessionInfo) throws {
        var reader = MessagePackReader(frame.payload)
        let message = try MembershipMessage(from: &reader)
        try reader.expectEnd()
        let peer = MembershipPeer(identity: session.peer, address: MemberAddress(session.address))
        let wall = frame.wallMs.map { WallTime(millisecondsSince1970: Int64(clamping: $0)) }
        carryOut(membership.handle(message, from: peer, wall: wall, now: world.now))
    }

    private func happened(_ event: MembershipEvent) {
        switch event {
        case .joined(let member):
            log.info("\(member.identity) joined at \(member.address)")
            if hasBook { dial(member.identity) }
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
            if hasBook { dial(new.identity) }
        case .nameConflict(let holder, let rival):
            log.error("two processes call themselves \(holder.identity): \(holder.address) keeps the name, \(rival.address) must take another")
        case .decided(let view):
            log.debug("decided view \(view.version): \(view.members.map(\.name).joined(separator: " "))")
            return decide(view)
        case .lonely(let isLonely): log.notice(isLonely ? "hearing nobody: accusing no one" : "hearing others again")
        case .health(let score): log.debug("own health \(score)")
        case .reaped(let member): hangUp(member.address)
        case .clock(let verdict, let ahead):
            say(verdict, ahead)
            // Whoever hears of it asks how the clock stands.
            showMembers()
        case .updated: break
        }
        memberSubscribers.tell(event, about: .members)
    }

    private func say(_ verdict: ClockWatch.Verdict, _ ahead: Duration) {
        guard verdict.isOff else {
            return log.notice("the wall clock is near those of the others again: timers fire here again, and hours pass")
        }
        log.warning(
            """
            the wall clock is \(verdict.words(ahead)): this node fires no timers, lets no hour pass and begins nothing for clients; others \
            do. Look at its time service
            """)
    }

    /// Builds the ring beside the loop: at a thousand members it takes 70 ms. Readers hear of the decision when the ring stands.
    private func decide(_ view: DecidedView) {
        world.spawn("ring") { [weak self, world] in
            guard let ring = try? await world.compute({ HashRing(view) }) else { return }
            self?.submit { core in
                guard core.publicView.show(view, ring) else { return }
                core.memberSubscribers.tell(.decided(view), about: .members)
            }
        }
    }

    private func wentDown(_ node: NodeIdentity, _ reason: String) {
        guard node != identity else { return }
        // Whoever learns of it by the end of a call finds it gone.
        showMembers()
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
    nonisolated func leave() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isTaken = submit { core in
                if core.hasStopped { return continuation.resume() }
                core.farewell.append(continuation)
                if core.farewell.count == 1 { core.carryOut(core.membership.leave(now: core.world.now)) }
            }
            if !isTaken { continuation.resume() }
        }
    }

    func updateMetadata(_ change: (inout MemberMetadata) -> Void) throws {
        var metadata = membership.ownMember.metadata
        change(&metadata)
        carryOut(try membership.updateMetadata(metadata, now: world.now))
    }

    nonisolated func membershipEvents() -> AsyncStream<MembershipEvent> {
        subscribe(buffering: .bufferingNewest(4096)) { core, subscription in
            core.memberSubscribers.add(subscription, to: .members)
        } remove: { core, number in
            core.memberSubscribers.remove(number, from: .members)
        }
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
