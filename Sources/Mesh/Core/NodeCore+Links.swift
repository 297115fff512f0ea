import Membership
import Transport
import Wire
import World

// What comes from the links and the loop. All of it on the loop, so each entry assumes the actor's isolation.

extension NodeCore: LoopParticipant {
    nonisolated func turn(now: Instant) -> Bool {
        assumeIsolated { core in
            core.now = now
            var didWork = core.links.turn(now: now)
            if core.expireCalls(now: now) { didWork = true }
            if core.membershipDeadline <= now {
                core.carryOut(core.membership.tick(now: now))
                didWork = true
            }
            return didWork
        }
    }

    nonisolated func flush(now: Instant) { assumeIsolated { $0.links.flush(now: now) } }

    nonisolated var nextDeadline: Instant {
        assumeIsolated { min($0.links.nextDeadline, min($0.pending.nextDeadline, $0.membershipDeadline)) }
    }
}

extension NodeCore: LinksDelegate {
    nonisolated func sessionEstablished(_ session: SessionInfo) { assumeIsolated { $0.established(session) } }

    nonisolated func sessionLost(_ session: SessionInfo, reason: SessionLoss) {
        assumeIsolated { $0.lost(session, reason) }
    }

    nonisolated func connectionRefused(_ address: PeerAddress, peer: NodeIdentity?) {
        assumeIsolated { $0.refused(address, peer) }
    }

    nonisolated func handshakeRefused(_ address: PeerAddress, code: Refuse.Code, message: String) {}

    nonisolated func received(
        _ kind: FrameKind, _ frame: ArraySlice<UInt8>, on session: SessionInfo, lane: Lane, ageMs: UInt32
    ) {
        assumeIsolated { $0.received(kind, frame, session, ageMs: ageMs) }
    }
}

extension NodeCore {
    private func established(_ session: SessionInfo) {
        if session.direction == .outbound {
            var peer = peers[session.peer] ?? Peer()
            peer.session = session.id
            peer.contracts = session.contracts?.fingerprint == contracts.fingerprint ? nil : session.contracts
            peers[session.peer] = peer
            standing[session.address] = session.peer
        }
        if session.isNode {
            carryOut(membership.connected(
                MembershipPeer(identity: session.peer, address: MemberAddress(session.address)), now: world.now))
        }
        if session.direction == .outbound {
            sendReception(session.id)
            sendWatches(to: session.peer, session.id)
            flushWaiting(for: session.peer)
        }
    }

    private func lost(_ session: SessionInfo, _ reason: SessionLoss) {
        cancelInbound(of: session.id)
        lastNoted[session.id] = nil
        watches.forget(session.id)
        bookLost(session)
        guard !hasStopped, session.direction == .outbound, peers[session.peer]?.session == session.id else { return }
        peers[session.peer]?.session = nil
        standing[session.address] = nil
        failCalls(by: session.id, "\(reason)")
        carryOut(membership.linkLost(
            MembershipPeer(identity: session.peer, address: MemberAddress(session.address)), now: world.now))
        // Whoever waits for a session, or watches actors there, needs the next one.
        if peers[session.peer]?.waiting.isEmpty == false || !watches.targets(on: session.peer).isEmpty || hasBook {
            dial(session.peer)
        }
    }

    private func refused(_ address: PeerAddress, _ peer: NodeIdentity?) {
        let place = MemberAddress(address)
        // The connection that broke was to the process at its own address, by whatever name of a seed that was dialled.
        let member = peer.flatMap { membership.member(named: $0.name) } ?? membership.liveMember(at: place)
        guard let member, peer == nil || member.identity == peer else { return }
        carryOut(membership.refused(member.peer, now: world.now))
    }

    private func received(_ kind: FrameKind, _ frame: ArraySlice<UInt8>, _ session: SessionInfo, ageMs: UInt32) {
        do {
            try decide(kind, frame, session, ageMs: ageMs)
        } catch {
            counters.malformedFrames += 1
            links.drop(session.id, reason: "malformed: \(error)")
        }
    }

    private func decide(_ kind: FrameKind, _ frame: ArraySlice<UInt8>, _ session: SessionInfo, ageMs: UInt32) throws {
        if session.isNode { noteLife(session) }
        switch kind {
        case .call: received(try Call.unpack(frame), ageMs: ageMs, by: session.id)
        case .reply: received(try Reply.unpack(frame), by: session.id)
        case .replyError: received(try ReplyError.unpack(frame), by: session.id)
        case .cancel: received(try Cancel.unpack(frame), by: session.id)
        case .membership where session.isNode:
            try received(try MembershipFrame.unpack(frame), from: session)
        case .watch: received(try Watch.unpack(frame), by: session.id)
        case .unwatch: received(try Unwatch.unpack(frame), by: session.id)
        case .terminated: received(try Terminated.unpack(frame), from: session.peer)
        case .receptionist where session.isNode: received(try ReceptionistUpdate.unpack(frame), from: session.peer, by: session.id)
        case .registers where session.isNode: try registerSink?(frame, session.peer)
        case .membersQuery: answer(try MembersQuery.unpack(frame), session.id)
        default: counters.unknownFrames += 1
        }
    }

    /// Any frame of a peer counts as life; telling membership a few times a second is enough.
    private func noteLife(_ session: SessionInfo) {
        if let last = lastNoted[session.id], now - last < .milliseconds(250) { return }
        lastNoted[session.id] = now
        carryOut(membership.heard(from: session.peer, now: now))
    }

    private func answer(_ query: MembersQuery, _ session: SessionID) {
        let members = membership.members.map { member in
            MembersReply.Member(
                identity: member.identity, address: PeerAddress(member.address),
                status: MembersReply.Member.Status(rawValue: member.status.rawValue) ?? .suspect,
                incarnation: member.incarnation, roles: member.metadata.roles, edge: member.metadata.edgeURL)
        }
        let reply = MembersReply(id: query.id, version: membership.version, members: members)
        if send(reply, on: session, as: .control) == .tooLarge {
            let message = "the picture of \(members.count) members does not fit into a frame; ask an admin port"
            send(ReplyError(id: query.id, code: .tooLarge, message: message), on: session, as: .control)
        }
    }
}

extension SessionInfo {
    /// Whether the peer is a node, which can be dialled, and not a client.
    fileprivate var isNode: Bool { address.port != 0 }
}
