import MessagePack
import Wire
import World

// What SendQueue's essay says, done: when to ask, when to send again, when to give up.

extension Links {
    /// Sees to what a session's timer was set for.
    func attend(_ session: Session) {
        if session.idleDeadline <= now { return lose(session, .idle, restFor: .zero) }
        if session.ackDeadline <= now { queueAck(session) }
        for (lane, state) in [(Lane.truth, session.truth), (.work, session.work)] {
            if state.giveUpDeadline <= now { return giveUp(session, lane, state) }
            if state.askDeadline <= now { ask(session, lane, state) }
        }
        arm(session)
    }

    private func giveUp(_ session: Session, _ lane: Lane, _ state: SessionLane) {
        if let link = session.dialled, !state.sending.hasSent {
            let (first, last) = (link.address.port(of: .pulse), link.address.port(of: .work))
            logOnce(
                "unconnected \(lane) \(link.address)",
                "the \(lane) lane to \(session.info.peer) at \(link.address) cannot be connected though the handshake could; "
                    + "open the ports \(first) to \(last) of \(link.address.host), one for each lane")
        }
        sayGoodbye(session, "nothing got on for \(limits.unresponsiveAfter) on the \(lane) lane")
        lose(session, .unresponsive, restFor: .zero)
    }

    /// Asks what has come. Without a way there, or an answer, it is asked again after a longer wait.
    private func ask(_ session: Session, _ lane: Lane, _ state: SessionLane) {
        state.patience = min(state.patience * 2, limits.askAfterMax)
        state.askNotBefore = now + state.patience
        guard sendUnnumbered(Mark(number: state.lastMark + 1), lane, of: session) else { return }
        state.lastMark += 1
        state.markedUpTo = state.sending.lastSent
    }

    /// Takes in how far a reliable lane has come at the peer. False when it is further than anything went.
    func acknowledge(_ ack: UInt64, _ state: SessionLane) -> Bool {
        switch state.sending.acknowledge(ack, now: now) {
        case .progress:
            state.patience = limits.askAfter
            state.askNotBefore = .zero
            return true
        case .nothingNew: return true
        case .impossible: return false
        }
    }

    /// Takes in an Ack. False when it acknowledges or answers what was never sent.
    func accept(_ ack: Ack, on session: Session) -> Bool {
        for (lane, state, delivered, mark) in [
            (Lane.truth, session.truth, ack.truth, ack.truthMark), (.work, session.work, ack.work, ack.workMark),
        ] {
            guard acknowledge(delivered, state), mark <= state.lastMark else { return false }
            guard mark == state.lastMark, let last = state.markedUpTo else { continue }
            resend(session, lane, state, upTo: last)
        }
        return true
    }

    /// Shows the peer a new connection, which is its way back, and sends again what was lost with the old one.
    func announce(_ session: Session, _ lane: Lane, _ state: SessionLane) {
        guard sendUnnumbered(session.ack, lane, of: session) else { return }
        state.mustAnnounce = false
        state.isBlocked = false
        resend(session, lane, state)
    }

    /// Sends again what is unacknowledged, all or up to a number.
    func resend(_ session: Session, _ lane: Lane, _ state: SessionLane, upTo last: UInt64 = .max) {
        state.markedUpTo = nil
        guard let path = path(lane, of: session) else { return }
        let count = state.sending.resend(upTo: last, now: now) { message in
            transmit(message.packet, lane, path, peer: session.info.peer.name) == .sent
        }
        metrics[lane].resent &+= UInt64(count)
    }

    /// Sends one frame on a reliable lane outside the order of its messages. False when the socket does not take it.
    private func sendUnnumbered(_ frame: some Frame, _ lane: Lane, of session: Session) -> Bool {
        guard let path = path(lane, of: session) else { return false }
        var writer = MessagePackWriter()
        BatchHeader(token: session.outboundToken, clock: session.clock(now).milliseconds).pack(into: &writer)
        frame.pack(into: &writer)
        return transmit(writer.finish()[...], lane, path, peer: session.info.peer.name) == .sent
    }
}
