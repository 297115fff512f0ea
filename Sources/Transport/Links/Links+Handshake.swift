import MessagePack
import Wire
import World

// MARK: - The side that is dialled

extension Links {
    /// Inbound sessions that one life may have: a peer that reaches this node by several addresses.
    private static let sessionsPerPeer = 4

    func handle(_ hello: Hello, from route: RouteID) {
        if let (code, message) = objection(to: hello) {
            return refuse(hello, code, message, route)
        }
        guard let version = configuration.versions.common(with: hello.versions) else { return }
        var known = inboundSessions(with: hello.identity.name)
        if let session = known.first(where: { $0.info.peer == hello.identity && $0.outboundToken == hello.token }) {
            return welcome(session, hello, version, route)
        }
        // A Hello that was overtaken by a newer one of the same address.
        if known.contains(where: { $0.info.peer == hello.identity && $0.attempt >= hello.attempt }) { return }
        replaceEarlierLives(of: hello.identity, at: hello.address)
        known = inboundSessions(with: hello.identity.name)
        if known.count >= Self.sessionsPerPeer { lose(known[0], .replaced, restFor: .zero) }
        guard makeRoom(for: route) else {
            return refuse(hello, .tooManySessions, "this node has \(sessions.count) sessions, its limit", route)
        }
        let session = makeSession(
            peer: hello.identity, address: hello.address, direction: .inbound,
            contracts: hello.fingerprint == configuration.contracts.fingerprint ? configuration.contracts : nil,
            version: version, software: hello.software, capabilities: hello.capabilities,
            inboundToken: makeToken(for: "\(hello.identity)"), outboundToken: hello.token, attempt: hello.attempt, over: nil, from: route)
        session.routes[Int(Lane.pulse.rawValue)] = route
        welcome(session, hello, version, route)
        hasten(hello)
        delegate?.sessionEstablished(session.info)
    }

    /// Why a Hello cannot be accepted.
    private func objection(to hello: Hello) -> (Refuse.Code, String)? {
        if hello.mesh != configuration.mesh {
            return (.wrongMesh, "this is the mesh \(configuration.mesh), not \(hello.mesh); correct the mesh name or the seeds")
        }
        if hello.identity == configuration.identity && (hello.address.port == 0 || hello.address == configuration.advertised) {
            return (.ownIdentity, "\(hello.identity) is this node itself; a node needs no seed that is itself")
        }
        if let expected = hello.expected, expected != configuration.identity.name {
            return (.wrongNode, "this is \(configuration.identity.name), not \(expected); correct the address of \(expected)")
        }
        if configuration.versions.common(with: hello.versions) == nil {
            return (.noCommonVersion,
                "\(hello.identity.name) speaks wire version \(hello.versions), \(configuration.identity.name) speaks "
                    + "\(configuration.versions); upgrade one release at a time")
        }
        if let owner = authenticatedPeer, owner != hello.identity.name {
            return (.wrongKey, "the connection has the key of \(owner), but says it is \(hello.identity.name)")
        }
        if let later = laterLife(than: hello.identity) { return (.staleLife, Self.isOver(hello.identity, later)) }
        return nameConflict(of: hello.identity, at: hello.address).map { (.nameTaken, $0) }
    }

    private func refuse(_ hello: Hello, _ code: Refuse.Code, _ message: String, _ route: RouteID) {
        metrics.handshakesRefused += 1
        logOnce(
            // Not by the name, of which a stranger has as many as it likes.
            "refuse \(route) \(code)",
            "refused the handshake of \(hello.identity) at \(hello.address) (\(code)): \(message)")
        let refusal = Refuse(
            code: code, message: message, identity: configuration.identity, versions: configuration.versions)
        sendAlone(refusal, token: hello.token, on: .route(route), peer: hello.identity.name)
    }

    private func welcome(_ session: Session, _ hello: Hello, _ version: UInt16, _ route: RouteID) {
        let isKnown = hello.fingerprint == configuration.contracts.fingerprint
        let welcome = Welcome(
            identity: configuration.identity, address: configuration.advertised, version: version,
            software: configuration.software, fingerprint: configuration.contracts.fingerprint,
            capabilities: configuration.capabilities, token: session.inboundToken,
            targets: isKnown ? nil : configuration.contracts.targets)
        session.routes[Int(Lane.pulse.rawValue)] = route
        sendAlone(welcome, token: session.outboundToken, on: .route(route), peer: hello.identity.name)
    }

    /// A peer that has just dialled is there: no reason to wait with dialling it.
    private func hasten(_ hello: Hello) {
        guard let link = dialled[hello.address], link.session == nil, !link.isConnected else { return }
        closeChannels(of: link, lingering: false)
        beginHandshake(link)
    }
}

// MARK: - The side that dials

extension Links {
    func handle(_ welcome: Welcome, on link: DialledLink) {
        guard case .shaking(let token, let attempt) = link.phase else { return }
        if let expected = link.expected, expected != welcome.identity.name {
            return giveUp(link, .wrongNode, "expected \(expected), but \(welcome.identity.name) answers; correct the address")
        }
        if let owner = link.keyOwner, owner != welcome.identity.name {
            return giveUp(
                link, .wrongKey,
                "the node there has the key of \(owner), but says it is \(welcome.identity.name); correct its name or the keys")
        }
        if welcome.identity == configuration.identity {
            return giveUp(link, .ownIdentity, "this node itself answers")
        }
        guard welcome.version >= configuration.versions.lowest, welcome.version <= configuration.versions.highest else {
            return giveUp(link, .noCommonVersion, "chose wire version \(welcome.version), this node speaks \(configuration.versions)")
        }
        guard let contracts = contracts(of: welcome) else {
            return giveUp(link, .other, "its contract table does not have the fingerprint it says")
        }
        if let objection = nameConflict(of: welcome.identity, at: welcome.address) {
            return refuse(welcome, .nameTaken, objection, on: link)
        }
        if let later = laterLife(than: welcome.identity) {
            return refuse(welcome, .staleLife, Self.isOver(welcome.identity, later), on: link)
        }
        replaceEarlierLives(of: welcome.identity, at: welcome.address)
        if let other = sessions(with: welcome.identity.name).first(where: { $0.dialled != nil }) {
            return becomeAlias(link, of: other, welcome)
        }
        tokens[token] = nil
        let session = makeSession(
            peer: welcome.identity, address: welcome.address, direction: .outbound, contracts: contracts,
            version: welcome.version, software: welcome.software, capabilities: welcome.capabilities, inboundToken: token,
            outboundToken: welcome.token, attempt: attempt, over: link)
        link.phase = .established(session)
        link.lastPeer = welcome.identity
        for frame in link.waiting { frame.withUnsafeBytes { _ = queuePulse($0, on: session) } }
        link.waiting = []
        delegate?.sessionEstablished(session.info)
    }

    private func contracts(of welcome: Welcome) -> ContractTable? {
        guard let targets = welcome.targets else {
            return welcome.fingerprint == configuration.contracts.fingerprint ? configuration.contracts : nil
        }
        guard let table = ContractTable(received: targets), table.fingerprint == welcome.fingerprint else { return nil }
        return table
    }

    /// The address is another one of a node with which there is a session: one is enough.
    private func becomeAlias(_ link: DialledLink, of session: Session, _ welcome: Welcome) {
        sendAlone(
            Goodbye(message: "another session stands"), token: welcome.token, on: .channel(channel(.pulse, of: link)),
            peer: welcome.identity.name)
        for frame in link.waiting { frame.withUnsafeBytes { _ = queuePulse($0, on: session) } }
        if aliases.count >= limits.inboundSessions { aliases.removeAll() }
        aliases[link.address] = welcome.identity
        if link.isWanted { session.dialled?.isWanted = true }
        remove(link)
    }

    /// The peer has made a session already, and would wait in it for nothing.
    private func refuse(_ welcome: Welcome, _ code: Refuse.Code, _ objection: String, on link: DialledLink) {
        let refusal = Refuse(
            code: code, message: objection, identity: configuration.identity, versions: configuration.versions)
        sendAlone(refusal, token: welcome.token, on: .channel(channel(.pulse, of: link)), peer: welcome.identity.name)
        giveUp(link, code, objection)
    }

    func handle(_ refusal: Refuse, on link: DialledLink) {
        guard case .shaking = link.phase else { return }
        giveUp(link, refusal.code, refusal.message)
    }

    func giveUp(_ link: DialledLink, _ code: Refuse.Code, _ message: String) {
        metrics.handshakesRefused += 1
        logOnce("refused \(link.address) \(code)", "the handshake with \(name(of: link)) failed (\(code)): \(message)")
        rest(link, for: limits.restAfterRefusal)
        delegate?.handshakeRefused(link.address, code: code, message: message)
    }

    /// The peer does not know the session of `token` any more.
    func handle(_ reject: Reject, from path: PacketPath) {
        metrics.rejectsReceived += 1
        switch path {
        case .channel(let channel):
            guard let session = channelOwners[channel]?.link.session, session.outboundToken == reject.token else { return }
            lose(session, .rejected, restFor: restAfterReject(session))
        case .route(let route):
            let found = sessions.values.first { $0.outboundToken == reject.token && $0.routes[Int(route.lane.rawValue)] == route }
            if let found { lose(found, .rejected, restFor: .zero) }
        }
    }
}

extension Links {
    /// A session that is rejected at once must not become a loop of handshakes.
    private func restAfterReject(_ session: Session) -> Duration {
        now - session.startedAt < .seconds(1) ? .milliseconds(200) : .zero
    }
}

// MARK: - Sessions come and go

extension Links {
    private func makeSession(
        peer: NodeIdentity, address: PeerAddress, direction: SessionInfo.Direction, contracts: ContractTable?,
        version: UInt16, software: String, capabilities: [String], inboundToken: UInt32, outboundToken: UInt32,
        attempt: UInt64, over link: DialledLink?, from origin: RouteID? = nil
    ) -> Session {
        nextSession += 1
        let info = SessionInfo(
            id: SessionID(number: nextSession), peer: peer, address: address, direction: direction, contracts: contracts,
            version: version, software: software, capabilities: capabilities)
        let session = Session(
            info: info, inboundToken: inboundToken, outboundToken: outboundToken, attempt: attempt, dialled: link,
            origin: origin, limits: limits, now: now)
        sessions[info.id] = session
        byName[peer.name, default: []].append(session)
        if let origin { byOrigin[origin, default: []].append(session) }
        arm(session)
        tokens[inboundToken] = .session(session)
        metrics.sessionsEstablished += 1
        logger.debug("session with \(peer) at \(address) established, \(direction)")
        return session
    }

    /// Ends the session and tells the delegate. The link of a dialled peer is left without a phase of its own: see `lose`.
    func end(_ session: Session, _ reason: SessionLoss) {
        guard session.isLive else { return }
        session.isLive = false
        sessions[session.info.id] = nil
        tokens[session.inboundToken] = nil
        Self.remove(session, from: &byName[session.info.peer.name])
        if let origin = session.origin { Self.remove(session, from: &byOrigin[origin]) }
        metrics.sessionsLost += 1
        logger.debug("session with \(session.info.peer) lost: \(reason)")
        delegate?.sessionLost(session.info, reason: reason)
    }

    private static func remove(_ session: Session, from list: inout [Session]?) {
        list?.removeAll { $0 === session }
        if list?.isEmpty == true { list = nil }
    }

    /// Ends the session, and shakes hands again after a rest where this node has dialled.
    func lose(_ session: Session, _ reason: SessionLoss, restFor duration: Duration) {
        guard session.isLive else { return }
        let link = session.dialled
        if let link {
            // Whatever still lies in the channels belongs to a session that is over.
            for lane in [Lane.truth, .work] {
                guard let channel = link.channels[Int(lane.rawValue)] else { continue }
                channelOwners[channel] = nil
                link.channels[Int(lane.rawValue)] = nil
                sockets.close(channel)
            }
            link.expiresAt = now + limits.passingDial
            rest(link, for: duration)
        }
        end(session, reason)
    }

    func sayGoodbye(_ session: Session, _ reason: String) {
        guard let path = path(.pulse, of: session) else { return }
        sendAlone(Goodbye(message: String(reason.prefix(256))), token: session.outboundToken, on: path, peer: session.info.peer.name)
    }
}
