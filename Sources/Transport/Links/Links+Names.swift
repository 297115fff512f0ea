import Wire
import World

// One name, one process
// =====================
// The life of a node is counted in its data directory. Two processes under one name are therefore either two lives of one
// node, of which the later counts, or a mistake: a copied configuration, or a data directory that was lost. With equal
// lives nothing says which of the two is meant, and a session of the one would be taken for the other's. The one that is
// there already keeps the name while its session stands; the membership ends that when it holds the process for dead.

extension Links {
    /// An earlier life from which something came within this time is likely to run still.
    private static let stillThere = Duration.seconds(2)

    /// Why the name cannot be had at `address`: this very life of it is somewhere else. Clients, whose port is 0, have no
    /// address to tell them apart.
    func nameConflict(of peer: NodeIdentity, at address: PeerAddress) -> String? {
        guard address.port != 0, let holder = holder(of: peer, otherThan: address) else { return nil }
        return "\(peer) is the process at \(holder), so the one at \(address) cannot have that name; "
            + "give one of them another name, or its own data directory if it is meant to take over"
    }

    private func holder(of peer: NodeIdentity, otherThan address: PeerAddress) -> PeerAddress? {
        if peer == configuration.identity { return address == configuration.advertised ? nil : configuration.advertised }
        return sessions(with: peer.name).map(\.info).first {
            $0.peer == peer && $0.address.port != 0 && $0.address != address
        }?.address
    }

    /// A life of the name after this one, with which there is a session.
    func laterLife(than peer: NodeIdentity) -> UInt64? {
        sessions(with: peer.name).map(\.info.peer.life).filter { $0 > peer.life }.max()
    }

    static func isOver(_ peer: NodeIdentity, _ later: UInt64) -> String {
        "\(peer.name) has begun life \(later) already; \(peer) is over"
    }

    /// Ends the sessions of earlier lives. A node may move, but an earlier life elsewhere that was heard a moment ago has
    /// perhaps not ended.
    func replaceEarlierLives(of peer: NodeIdentity, at address: PeerAddress) {
        for session in sessions(with: peer.name) where session.info.peer.life < peer.life {
            let (old, silence) = (session.info, now - session.lastHeard)
            if address.port != 0, old.address.port != 0, old.address != address, silence <= Self.stillThere {
                logOnce(
                    "moved \(peer)",
                    "\(peer) at \(address) takes the name of \(old.peer) at \(old.address), which was heard "
                        + "\(silence.milliseconds) ms ago; if both run, give one of them another name")
            }
            lose(session, .replaced, restFor: .zero)
        }
    }

    /// The dialling side has found, after the Welcome of this node, that the name is taken.
    func handle(_ refusal: Refuse, on session: Session) {
        metrics.handshakesRefused += 1
        let (peer, address) = (session.info.peer, session.info.address)
        logOnce(
            "refused by \(peer.name) \(refusal.code)",
            "\(peer) at \(address) refused the session it began (\(refusal.code)): \(refusal.message)")
        lose(session, .goodbye(refusal.message), restFor: limits.restAfterRefusal)
        delegate?.handshakeRefused(address, code: refusal.code, message: refusal.message)
    }
}
