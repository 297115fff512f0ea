import MessagePack
import Wire
import World

extension Links {
    private static let hellosPerAttempt = 5

    /// Shakes hands with the node at `address`, and again whenever the session is lost, until ``hangUp(_:)-(PeerAddress)``.
    /// - Parameters:
    ///   - expected: the name of the node that is meant; another one's answer is refused.
    ///   - passing: gives up when no session stands after ``LinkLimits/passingDial``, counted from the last such call.
    public func dial(_ address: PeerAddress, expecting expected: String? = nil, passing: Bool = false) {
        if isStopped { return }
        refresh()
        if let link = standingLink(at: address), link.address != address, expected == nil || expected == link.lastPeer?.name {
            if !passing { link.isWanted = true }
            return
        }
        let link = link(to: address)
        if passing { link.expiresAt = now + limits.passingDial } else { link.isWanted = true }
        expect(expected, of: link)
        attend(link)
    }

    /// Stops dialling the address and ends the session that was made by it.
    public func hangUp(_ address: PeerAddress) {
        refresh()
        aliases[address] = nil
        guard let link = dialled[address] else { return }
        hangUp(link)
    }

    /// The link is gone before the delegate hears of it, who may dial the address again.
    private func hangUp(_ link: DialledLink) {
        let session = link.session
        if let session { sayGoodbye(session, "hung up") }
        remove(link)
        if let session { end(session, .hungUp) }
    }

    /// Ends every session with this life of a peer, whoever has dialled, and stops dialling it.
    public func hangUp(_ peer: NodeIdentity) {
        refresh()
        for session in sessions(with: peer.name) where session.isLive && session.info.peer.life <= peer.life {
            if let link = session.dialled {
                hangUp(link)
            } else {
                sayGoodbye(session, "hung up")
                end(session, .hungUp)
            }
        }
        for address in dialled.keys.sorted() {
            guard let link = dialled[address], let last = link.lastPeer, last.name == peer.name, last.life <= peer.life else { continue }
            if link.session == nil { remove(link) }
        }
    }

    /// The session that this node has dialled to this very life, if it stands.
    public func session(to peer: NodeIdentity) -> SessionID? {
        sessions(with: peer.name).first { $0.dialled != nil && $0.info.peer == peer }?.info.id
    }

    /// The session that this node has dialled to the node at `address`, by that address or by another one.
    public func session(at address: PeerAddress) -> SessionInfo? { standingLink(at: address)?.session?.info }

    /// The link of that session.
    func standingLink(at address: PeerAddress) -> DialledLink? {
        if let link = dialled[address], link.session != nil { return link }
        return aliases[address].flatMap { session(to: $0) }.flatMap { sessions[$0]?.dialled }
    }

    /// What is known of a session while it lasts.
    public func info(of id: SessionID) -> SessionInfo? { sessions[id]?.info }

    /// Ends a session that the caller finds fault with. A dialled peer is dialled again after a rest.
    public func drop(_ id: SessionID, reason: String) {
        guard let session = sessions[id] else { return }
        refresh()
        sayGoodbye(session, reason)
        lose(session, .hungUp, restFor: limits.restAfterRefusal)
    }

    /// In the order they were made.
    func sessions(with name: String) -> [Session] {
        byName[name] ?? []
    }

    func link(to address: PeerAddress) -> DialledLink {
        if let link = dialled[address] { return link }
        let link = DialledLink(address: address)
        dialled[address] = link
        return link
    }

    /// Notes who is meant. A handshake that is under way with another in mind runs its course first: callers that disagree
    /// would otherwise keep each other from ever ending one.
    func expect(_ name: String?, of link: DialledLink) {
        guard let name else { return }
        link.nextExpected = name
        switch link.phase {
        case .established: break
        case .shaking where link.expected != nil: break
        case .shaking, .resting: takeExpectation(link)
        }
    }

    /// The key to expect goes by the name, so channels that were opened for another one are of no use.
    private func takeExpectation(_ link: DialledLink) {
        guard let name = link.nextExpected, link.expected != name else { return }
        link.expected = name
        closeChannels(of: link, lingering: false)
    }

    func remove(_ link: DialledLink) {
        if case .shaking(let token, _) = link.phase { tokens[token] = nil }
        link.isRemoved = true
        closeChannels(of: link, lingering: true)
        dialled[link.address] = nil
    }

    /// - Parameter lingering: gives a goodbye the time to leave.
    func closeChannels(of link: DialledLink, lingering: Bool) {
        for case let channel? in link.channels {
            channelOwners[channel] = nil
            if lingering { timers.insert(.closing(channel), at: now + .milliseconds(100)) } else { sockets.close(channel) }
        }
        link.channels = [nil, nil, nil]
        link.isConnected = false
    }

    /// The channel of a lane, opened when it is used for the first time.
    func channel(_ lane: Lane, of link: DialledLink) -> ChannelID {
        if let channel = link.channels[Int(lane.rawValue)] { return channel }
        let channel = sockets.open(lane, to: link.address, peer: link.expected ?? link.lastPeer?.name)
        link.channels[Int(lane.rawValue)] = channel
        channelOwners[channel] = (link, lane)
        if lane == .pulse { link.keyOwner = sockets.keyOwner(of: channel) }
        return channel
    }

    /// Does what the link's phase asks for now.
    func attend(_ link: DialledLink) {
        if link.isRemoved || isStopped { return }
        if !link.isWanted && link.session == nil && link.expiresAt <= now { return remove(link) }
        switch link.phase {
        case .resting(let until) where until <= now: beginHandshake(link)
        // A late answer to the last attempt may have made the peer ignore this one: a new one is never ignored.
        case .shaking where link.nextHello <= now && link.hellos >= Self.hellosPerAttempt: beginHandshake(link)
        case .shaking where link.nextHello <= now: sendHello(link)
        default: break
        }
        arm(link)
    }

    func beginHandshake(_ link: DialledLink) {
        if case .shaking(let token, _) = link.phase { tokens[token] = nil }
        takeExpectation(link)
        attempts += 1
        let token = makeToken(for: link.address.description)
        tokens[token] = .dialled(link)
        link.phase = .shaking(token: token, attempt: attempts)
        link.hellos = 0
        sendHello(link)
    }

    func sendHello(_ link: DialledLink) {
        guard case .shaking(let token, let attempt) = link.phase else { return }
        link.nextHello = now + limits.helloEvery
        link.hellos += 1
        let hello = Hello(
            mesh: configuration.mesh, identity: configuration.identity, address: configuration.advertised,
            versions: configuration.versions, software: configuration.software,
            fingerprint: configuration.contracts.fingerprint, capabilities: configuration.capabilities, token: token,
            attempt: attempt, expected: link.expected)
        sendAlone(hello, token: 0, on: .channel(channel(.pulse, of: link)), peer: link.expected)
        arm(link)
    }

    /// Lets the link rest, and takes up the handshake after that.
    func rest(_ link: DialledLink, for duration: Duration) {
        if link.isRemoved { return }
        if case .shaking(let token, _) = link.phase { tokens[token] = nil }
        link.phase = .resting(until: now + duration)
        arm(link)
    }
}

// MARK: - What becomes of connections

extension Links {
    func handleConnected(_ link: DialledLink, _ lane: Lane) {
        if let session = link.session, let state = session.lane(lane) {
            state.isBlocked = false
            state.mustAnnounce = state.isUsed
            return markDirty(session)
        }
        guard lane == .pulse else { return }
        link.isConnected = true
        switch link.phase {
        case .shaking:
            sendHello(link)
        case .established(let session):
            // Is it still the same process? If not, its Reject says so.
            queueAck(session)
        case .resting:
            break
        }
    }

    func handleDisconnected(_ link: DialledLink) {
        link.isConnected = false
        if let last = link.lastProbe, now - last < limits.probeEvery { return }
        link.lastProbe = now
        sockets.probe(link.address, now: now)
    }

    func handleProbe(_ address: PeerAddress, _ outcome: ProbeOutcome) {
        guard outcome == .refused, let link = dialled[address] else { return }
        metrics.connectionsRefused += 1
        delegate?.connectionRefused(address, peer: link.lastPeer)
    }

    func handleKeyRefused(_ link: DialledLink) {
        metrics.handshakesRefused += 1
        logOnce("key \(link.address)", "\(name(of: link)) does not accept this node's key, or has another key than the topology says")
        delegate?.handshakeRefused(
            link.address, code: .wrongKey,
            message: "the connection was refused for its key; compare the keys of both nodes in the topology")
        guard link.session == nil else { return }
        // libzmq does not try a refused key again, so the next try needs a channel of its own: keys are corrected while nodes run.
        closeChannels(of: link, lingering: false)
        rest(link, for: limits.restAfterRefusal)
    }

    func name(of link: DialledLink) -> String {
        (link.lastPeer?.name ?? link.expected).map { "\($0) at \(link.address)" } ?? "\(link.address)"
    }
}
