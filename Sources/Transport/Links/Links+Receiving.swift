import MessagePack
import Wire
import World

/// By which connection a packet came, or goes.
package enum PacketPath: Hashable {
    case channel(ChannelID)
    case route(RouteID)
}

extension Links: PacketReceiver {
    public func received(_ packet: [UInt8], on channel: ChannelID) {
        guard let owner = channelOwners[channel] else { return }
        accept(packet, owner.lane, .channel(channel))
    }

    public func received(_ packet: [UInt8], from route: RouteID) { accept(packet, route.lane, .route(route)) }

    public func becameWritable(_ channel: ChannelID) {
        guard let owner = channelOwners[channel], let session = owner.link.session else { return }
        session.lane(owner.lane)?.isBlocked = false
        markDirty(session)
    }

    public func becameWritable(_ route: RouteID) {
        guard let session = sessions.values.first(where: { $0.routes[Int(route.lane.rawValue)] == route }) else { return }
        session.lane(route.lane)?.isBlocked = false
        markDirty(session)
    }

    public func ranOutOfDescriptors() {
        metrics.descriptorShortages += 1
        logOnce("descriptors", "no descriptors left to open a channel; raise the limit (ulimit -n). It is tried again every second")
    }

    public func connected(_ channel: ChannelID) {
        if let owner = channelOwners[channel] { handleConnected(owner.link, owner.lane) }
    }

    public func disconnected(_ channel: ChannelID) {
        if let owner = channelOwners[channel], owner.lane == .pulse { handleDisconnected(owner.link) }
    }

    public func keyRefused(_ channel: ChannelID) {
        if let owner = channelOwners[channel], owner.lane == .pulse { handleKeyRefused(owner.link) }
    }

    public func keyRefused(from host: String) {
        metrics.keysRefused += 1
        logOnce(
            "key from \(host)",
            "refused a connection from \(host) for its key, which is not in the list of the topology; correct the list if that is a node of this mesh")
    }

    public func probeEnded(_ address: PeerAddress, _ outcome: ProbeOutcome) { handleProbe(address, outcome) }

    private func accept(_ packet: [UInt8], _ lane: Lane, _ path: PacketPath) {
        metrics[lane].countReceived(bytes: packet.count)
        if let faults { return interfere(faults, with: packet, lane, path) }
        handle(packet[...], lane, path)
    }
}

// MARK: - Messages

extension Links {
    func handle(_ packet: ArraySlice<UInt8>, _ lane: Lane, _ path: PacketPath) {
        if isStopped { return }
        var reader = MessagePackReader(packet)
        let header: BatchHeader
        do {
            header = try BatchHeader.unpack(&reader)
        } catch {
            return malformed(from: path, "\(error)")
        }
        if header.token == 0 { return handleFirst(reader.rest, path) }
        switch tokens[header.token] {
        case .session(let session) where mayCome(by: path, for: session):
            handle(header, reader.rest, lane, path, on: session)
        case .dialled(let link) where channelOwner(path) === link:
            handleAnswer(reader.rest, link, path)
        default:
            metrics[lane].unknownToken += 1
            reject(header.token, path)
        }
    }

    private func channelOwner(_ path: PacketPath) -> DialledLink? {
        guard case .channel(let channel) = path else { return nil }
        return channelOwners[channel]?.link
    }

    /// Whether messages of the session may come by this path. An inbound session moves with its peer's reconnects, but
    /// only to connections that have the peer's key.
    private func mayCome(by path: PacketPath, for session: Session) -> Bool {
        switch path {
        case .channel(let channel):
            guard let link = session.dialled else { return false }
            return channelOwners[channel]?.link === link
        case .route(let route):
            guard session.dialled == nil else { return false }
            if session.routes[Int(route.lane.rawValue)] == route { return true }
            guard let owner = authenticatedPeer else { return true }
            return owner == session.info.peer.name
        }
    }

    /// Takes the route by which a message of the peer came for the way back, unless it is the rest of an older connection:
    /// a ROUTER hands out what two connections have left in turns, and a fault may have held a packet back.
    private func takeRoute(_ path: PacketPath, clock: UInt64, for session: Session) {
        guard case .route(let route) = path else { return }
        let index = Int(route.lane.rawValue)
        if let taken = session.routes[index] {
            if taken == route || isReleasing || clock <= session.routesTakenAt[index] { return }
        }
        session.routes[index] = route
        session.routesTakenAt[index] = clock
        guard let state = session.lane(route.lane) else { return }
        // What was in flight on the old connection is lost.
        resend(session, route.lane, state)
        state.isBlocked = false
        markDirty(session)
    }

    /// What comes without a token: a Hello, or the Reject of a session.
    private func handleFirst(_ body: ArraySlice<UInt8>, _ path: PacketPath) {
        do {
            switch FrameKind.peek(body) {
            case FrameKind.hello.rawValue:
                let hello = try Hello.unpack(body)
                guard case .route(let route) = path else { return }
                guard route.lane == .pulse else { return malformed(from: path, "a Hello outside the pulse lane") }
                handle(hello, from: route)
            case FrameKind.reject.rawValue:
                handle(try Reject.unpack(body), from: path)
            default:
                malformed(from: path, "a message without a token that is no handshake")
            }
        } catch {
            malformed(from: path, error.description)
        }
    }

    /// What comes while a handshake is under way. Anything else is from a session that this node does not have yet: it
    /// can only be a pulse frame that overtook the Welcome, and is lost.
    private func handleAnswer(_ body: ArraySlice<UInt8>, _ link: DialledLink, _ path: PacketPath) {
        do {
            switch FrameKind.peek(body) {
            case FrameKind.welcome.rawValue: handle(try Welcome.unpack(body), on: link)
            case FrameKind.refuse.rawValue: handle(try Refuse.unpack(body), on: link)
            default: break
            }
        } catch {
            metrics.malformed += 1
            giveUp(link, .other, error.description)
        }
    }

    private func handle(_ header: BatchHeader, _ body: ArraySlice<UInt8>, _ lane: Lane, _ path: PacketPath, on session: Session) {
        let elapsed = (now - session.startedAt).milliseconds
        guard let age = session.clock.age(sentMs: header.clock, arrivedMs: elapsed) else {
            return lose(session, malformedBy: "a clock of \(header.clock) ms when the session is \(elapsed) ms old")
        }
        session.lastHeard = now
        session.messagesReceived &+= 1
        takeRoute(path, clock: header.clock, for: session)
        guard let state = session.lane(lane) else {
            if Int64(age) > limits.pulseAge.milliseconds {
                metrics.pulse.tooOld += 1
            } else {
                deliver(body, on: session, lane, age)
            }
            return
        }
        guard header.sequence > 0 else { return handleUnnumbered(body, state, on: session) }
        guard acknowledge(header.ack, state) else {
            return lose(session, malformedBy: "an acknowledgement of \(header.ack) on the \(lane) lane, which was never sent")
        }
        switch state.receiving.admit(header.sequence, body, ageMs: age, limits: limits, now: now) {
        case .deliver:
            deliver(body, on: session, lane, age)
            while session.isLive, let next = state.receiving.takeNext(now: now) { deliver(next.body, on: session, lane, next.ageMs) }
        case .early: break
        case .duplicate: metrics[lane].duplicates += 1
        case .beyondWindow: metrics[lane].beyondWindow += 1
        }
        if state.receiving.unacknowledged >= limits.ackEvery { queueAck(session) }
        if state.sending.hasUnsent { markDirty(session) }
        arm(session)
    }

    /// A message without a number on a reliable lane shows a new connection, or asks what has come of the others.
    private func handleUnnumbered(_ body: ArraySlice<UInt8>, _ state: SessionLane, on session: Session) {
        switch FrameKind.peek(body) {
        case FrameKind.ack.rawValue: handleOwn(.ack, body, on: session)
        case FrameKind.mark.rawValue:
            do {
                state.peerMark = max(state.peerMark, try Mark.unpack(body).number)
                queueAck(session)
            } catch {
                lose(session, malformedBy: error.description)
            }
        default: lose(session, malformedBy: "a message of a reliable lane without a number")
        }
    }

    /// Hands over the frames of a message one by one.
    private func deliver(_ body: ArraySlice<UInt8>, on session: Session, _ lane: Lane, _ ageMs: UInt32) {
        var reader = MessagePackReader(body)
        var count = 0
        if reader.isAtEnd { return lose(session, malformedBy: "a message of the \(lane) lane without a frame") }
        while !reader.isAtEnd && session.isLive {
            count += 1
            let frame: ArraySlice<UInt8>
            do {
                frame = try reader.skipValue(maxDepth: WireLimits.depth)
            } catch {
                return lose(session, malformedBy: "\(error)")
            }
            guard count <= WireLimits.framesPerMessage, frame.count <= WireLimits.frameBytes(lane), let number = FrameKind.peek(frame)
            else { return lose(session, malformedBy: "something that is no frame, or exceeds the limits of the \(lane) lane") }
            metrics[lane].framesReceived &+= 1
            guard let kind = FrameKind(rawValue: number) else {
                metrics.unknownKinds += 1
                continue
            }
            guard kind.travels(on: lane) else {
                return lose(session, malformedBy: "a \(kind) frame on the \(lane) lane; it belongs on \(kind.lane)")
            }
            if kind.belongsToLinks {
                handleOwn(kind, frame, on: session)
            } else {
                delegate?.received(kind, frame, on: session.info, lane: lane, ageMs: ageMs)
            }
        }
    }

    private func handleOwn(_ kind: FrameKind, _ frame: ArraySlice<UInt8>, on session: Session) {
        do {
            switch kind {
            case .ack:
                let ack = try Ack.unpack(frame)
                guard accept(ack, on: session) else {
                    return lose(session, malformedBy: "an acknowledgement of what was never sent")
                }
                if session.truth.sending.hasUnsent || session.work.sending.hasUnsent { markDirty(session) }
            case .goodbye:
                let goodbye = try Goodbye.unpack(frame)
                lose(session, .goodbye(goodbye.message), restFor: limits.restAfterRefusal)
            case .refuse where session.dialled == nil: handle(try Refuse.unpack(frame), on: session)
            // Answers to a Hello that was repeated.
            default: break
            }
        } catch {
            lose(session, malformedBy: error.description)
        }
    }
}

// MARK: - What is wrong

extension Links {
    /// Reports a frame, handed over by ``LinksDelegate/received(_:_:on:lane:ageMs:)``, that does not follow its layout.
    /// The peer's link is dropped.
    public func malformed(on id: SessionID, _ error: WireError) {
        guard let session = sessions[id] else { return }
        refresh()
        lose(session, malformedBy: error.description)
    }

    private func lose(_ session: Session, malformedBy what: String) {
        metrics.malformed += 1
        logOnce(
            "malformed \(session.info.peer.name)",
            "\(session.info.peer) at \(session.info.address) sent something malformed; the link is dropped: \(what)")
        sayGoodbye(session, "malformed: \(what)")
        lose(session, .malformed(what), restFor: limits.restAfterRefusal)
    }

    /// Malformed before it could be told to which session it belongs.
    private func malformed(from path: PacketPath, _ what: String) {
        metrics.malformed += 1
        switch path {
        case .channel(let channel):
            guard let link = channelOwners[channel]?.link else { return }
            if let session = link.session { return lose(session, malformedBy: what) }
            giveUp(link, .other, what)
        case .route(let route):
            let session = sessions.values.first { $0.dialled == nil && $0.routes[Int(route.lane.rawValue)] == route }
            if let session { return lose(session, malformedBy: what) }
            logOnce("malformed unknown", "a connection without a session sent something malformed on the \(route.lane) lane: \(what)")
        }
    }

    /// Tells the sender that its session is over. A burst under one token is answered once in 50 ms.
    private func reject(_ token: UInt32, _ path: PacketPath) {
        if let last = lastRejects[token], now - last < .milliseconds(50) { return }
        if lastRejects.count >= 1024 { lastRejects.removeAll(keepingCapacity: true) }
        lastRejects[token] = now
        metrics.rejectsSent += 1
        sendAlone(Reject(token: token), token: 0, on: path, peer: nil)
    }

    func logOnce(_ subject: String, _ line: @autoclosure () -> String) {
        switch throttle.judge(subject, now: now) {
        case .leaveOut: return
        case .log: logger.warning("\(line())")
        case .logAsLast:
            logger.warning("\(line()); further lines about peers are left out for up to a minute, see the metrics of the links")
        }
    }
}
