import MessagePack
import Wire
import World

extension Links {
    /// Queues a frame for the peer of a session, at the latest to leave at the end of the turn.
    ///
    /// An answer goes on the session by which the question came, as `.control`.
    /// - Parameter pack: appends the one frame; must not use the links.
    @discardableResult
    public func send(
        on id: SessionID, lane: Lane, as traffic: Traffic = .request, _ pack: (inout MessagePackWriter) -> Void
    ) -> SendResult {
        guard let session = sessions[id], session.isLive else { return .noSession }
        if session.dialled == nil && lane.isReliable && session.routes[Int(lane.rawValue)] == nil && session.lane(lane)?.isUsed == false {
            return .noSession
        }
        refresh()
        scratch.removeAll()
        pack(&scratch)
        return scratch.withUnsafeBytes { queue($0, on: session, lane, traffic) }
    }

    /// Queues a pulse frame for the node at an address, and dials that for a while if there is no session yet. A session
    /// with another node than the one that is meant is none.
    @discardableResult
    public func sendPulse(
        to address: PeerAddress, expecting expected: String? = nil, _ pack: (inout MessagePackWriter) -> Void
    ) -> SendResult {
        if isStopped { return .noSession }
        refresh()
        if let alias = aliases[address] {
            if let id = session(to: alias) {
                return isMeant(alias, by: expected) ? send(on: id, lane: .pulse, pack) : .noSession
            }
            aliases[address] = nil
        }
        let link = link(to: address)
        if let session = link.session {
            return isMeant(session.info.peer, by: expected) ? send(on: session.info.id, lane: .pulse, pack) : .noSession
        }
        return wait(on: link, expected, pack)
    }

    /// Like ``sendPulse(to:expecting:_:)``, but over a new connection: the last resort before a peer is suspected, because
    /// a connection can be broken in a way that only its own silence shows.
    @discardableResult
    public func probeFresh(
        _ address: PeerAddress, expecting expected: String? = nil, _ pack: (inout MessagePackWriter) -> Void
    ) -> SendResult {
        if isStopped { return .noSession }
        guard let link = standingLink(at: address), let session = link.session, isMeant(session.info.peer, by: expected) else {
            return sendPulse(to: address, expecting: expected, pack)
        }
        refresh()
        if let channel = link.channels[Int(Lane.pulse.rawValue)] {
            channelOwners[channel] = nil
            link.channels[Int(Lane.pulse.rawValue)] = nil
            link.isConnected = false
            sockets.close(channel)
        }
        _ = channel(.pulse, of: link)
        return send(on: session.info.id, lane: .pulse, pack)
    }

    /// A frame for one node must not be answered by another one that has come to its address.
    private func isMeant(_ peer: NodeIdentity, by expected: String?) -> Bool { expected == nil || peer.name == expected }

    private func wait(on link: DialledLink, _ expected: String?, _ pack: (inout MessagePackWriter) -> Void) -> SendResult {
        guard link.waiting.count < limits.waitingFrames else { return .overloaded }
        var writer = MessagePackWriter()
        pack(&writer)
        guard writer.count <= WireLimits.frameBytes(.pulse) else { return .tooLarge }
        link.waiting.append(writer.finish())
        link.expiresAt = now + limits.passingDial
        expect(expected, of: link)
        attend(link)
        return .queued
    }

    private func queue(_ frame: UnsafeRawBufferPointer, on session: Session, _ lane: Lane, _ traffic: Traffic) -> SendResult {
        guard frame.count <= WireLimits.frameBytes(lane) else { return .tooLarge }
        guard let state = session.lane(lane) else { return queuePulse(frame, on: session) }
        let factor = traffic == .control ? limits.controlFactor : 1
        let waiting = state.sending.queuedFrames
        guard waiting < limits.queuedFrames * factor, state.sending.queuedBytes + frame.count <= limits.queuedBytes * factor || waiting == 0
        else {
            metrics[lane].overloaded += 1
            if traffic == .control {
                session.isOverrun = true
                markDirty(session)
            }
            return .overloaded
        }
        state.sending.append(
            frame, alone: faults != nil, limits: limits, ack: state.receiving.delivered, token: session.outboundToken,
            clock: session.clock(now))
        metrics[lane].framesSent &+= 1
        markDirty(session)
        return .queued
    }

    @discardableResult
    func queuePulse(_ frame: UnsafeRawBufferPointer, on session: Session) -> SendResult {
        if faults != nil && !session.pulse.isEmpty { flushPulse(session) }
        guard session.pulse.append(frame, limit: limits.waitingFrames, now: now) else {
            metrics.pulse.dropped += 1
            return .overloaded
        }
        metrics.pulse.framesSent &+= 1
        markDirty(session)
        return .queued
    }

    /// Acknowledges both lanes by a frame of its own.
    func queueAck(_ session: Session) {
        let ack = session.ack
        session.truth.receiving.markAcknowledged()
        session.work.receiving.markAcknowledged()
        ack.packed.withUnsafeBytes { _ = queuePulse($0, on: session) }
    }
}

// MARK: - At the end of the turn

extension Links {
    func flush(_ session: Session) {
        if session.isOverrun {
            logOnce("overrun \(session.info.peer.name)", "\(session.info.peer) takes in nothing and too much waits for it; the link is dropped")
            return lose(session, .overrun, restFor: limits.restAfterRefusal)
        }
        pump(session, .truth, session.truth)
        pump(session, .work, session.work)
        flushPulse(session)
        arm(session)
    }

    private func pump(_ session: Session, _ lane: Lane, _ state: SessionLane) {
        if state.mustAnnounce { announce(session, lane, state) }
        if state.isBlocked || !state.sending.hasUnsent { return }
        guard let path = path(lane, of: session) else { return }
        while let message = state.sending.next(
            limits: limits, ack: state.receiving.delivered, token: session.outboundToken, clock: session.clock(now))
        {
            switch transmit(message.packet, lane, path, peer: session.info.peer.name) {
            case .sent:
                state.sending.markSent(now: now)
                // One that had to wait carries an old acknowledgement.
                if message.sealedAt == now { state.receiving.markAcknowledged() }
            case .wouldBlock:
                state.isBlocked = true
                return
            case .unreachable:
                // The peer comes back by another route, or the session ends.
                state.isBlocked = true
                session.routes[Int(lane.rawValue)] = nil
                return
            }
        }
    }

    private func flushPulse(_ session: Session) {
        if session.pulse.isEmpty { return }
        guard let path = path(.pulse, of: session), !session.pulse.isStale(now: now, limit: limits.pulseAge) else {
            metrics.pulse.dropped &+= UInt64(session.pulse.frames)
            return session.pulse.clear()
        }
        let packet = session.pulse.seal(token: session.outboundToken, clock: session.clock(now).milliseconds)
        if transmit(packet, .pulse, path, peer: session.info.peer.name) != .wouldBlock { session.pulse.clear() }
    }

    /// Where messages of the session go.
    func path(_ lane: Lane, of session: Session) -> PacketPath? {
        if let link = session.dialled { return .channel(channel(lane, of: link)) }
        return session.routes[Int(lane.rawValue)].map { .route($0) }
    }

    /// Sends one frame in a message of its own, now. Whether it arrives is not known: it is asked for again.
    func sendAlone(_ frame: some Frame, token: UInt32, on path: PacketPath, peer: String?) {
        var writer = MessagePackWriter(capacity: 256)
        BatchHeader(token: token, clock: 0).pack(into: &writer)
        frame.pack(into: &writer)
        // libzmq cuts the receiver's connection for a message beyond the limit, without a word.
        guard writer.count <= WireLimits.messageBytes(.pulse) else {
            let kind = type(of: frame).kind
            let limit = WireLimits.messageBytes(.pulse)
            return logger.error(
                "a \(kind) of \(writer.count) bytes exceeds the \(limit) of the pulse lane and is not sent; shorten what it carries")
        }
        metrics.pulse.framesSent &+= 1
        _ = transmit(writer.finish()[...], .pulse, path, peer: peer)
    }

    /// Hands a packet to the sockets, or to the faults that are set.
    func transmit(_ packet: ArraySlice<UInt8>, _ lane: Lane, _ path: PacketPath, peer: String?) -> PacketSendResult {
        if let faults { return interfere(faults, with: packet, lane, path, peer: peer) }
        return put(packet, lane, path)
    }

    func put(_ packet: ArraySlice<UInt8>, _ lane: Lane, _ path: PacketPath) -> PacketSendResult {
        let result = switch path {
        case .channel(let channel): sockets.send(packet, on: channel)
        case .route(let route): sockets.send(packet, to: route)
        }
        if result == .sent { metrics[lane].countSent(bytes: packet.count) }
        return result
    }

    /// The sessions that stand, oldest first.
    public func snapshot() -> [LinkSnapshot] {
        refresh()
        return sessions.keys.sorted().compactMap { id in
            guard let session = sessions[id] else { return nil }
            return LinkSnapshot(
                session: id, peer: session.info.peer.name, life: session.info.peer.life, address: session.info.address,
                isOutbound: session.dialled != nil,
                queuedFrames: session.truth.sending.queuedFrames + session.work.sending.queuedFrames,
                queuedBytes: session.truth.sending.queuedBytes + session.work.sending.queuedBytes,
                silentMs: (now - session.lastHeard).milliseconds, messagesReceived: session.messagesReceived)
        }
    }
}
