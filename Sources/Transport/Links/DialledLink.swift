import Wire
import World

/// A peer that this node dials: the channels to one address, and how far the handshake is.
final class DialledLink {
    enum Phase {
        /// A Hello under this token is under way.
        case shaking(token: UInt32, attempt: UInt64)
        case established(Session)
        /// Nothing is tried before this instant: the last attempt was refused, or went wrong.
        case resting(until: Instant)
    }

    let address: PeerAddress
    /// The name of the node that is meant, when it is known: by the handshake under way or done, and by the next one.
    var expected: String?
    var nextExpected: String?
    var phase: Phase = .resting(until: .zero)
    /// The life that was last there.
    var lastPeer: NodeIdentity?
    var channels: [ChannelID?] = [nil, nil, nil]
    /// The node whose key the pulse channel has found at the other end, when links are encrypted.
    var keyOwner: String?
    /// Whether the pulse channel was connected when it was last heard of.
    var isConnected = false
    /// Kept until ``Links/hangUp(_:)-(PeerAddress)``. Otherwise given up at `expiresAt`, unless a session stands.
    var isWanted = false
    var expiresAt = Instant.distantFuture
    /// Pulse frames that wait for the handshake.
    var waiting: [[UInt8]] = []
    var nextHello = Instant.zero
    /// Hellos sent in this attempt.
    var hellos = 0
    var lastProbe: Instant?
    var deadlines = PendingDeadlines()
    var isRemoved = false

    init(address: PeerAddress) { self.address = address }

    var session: Session? {
        if case .established(let session) = phase { session } else { nil }
    }

    /// When the link needs attention though nothing arrives.
    var nextDeadline: Instant {
        let own: Instant = switch phase {
        case .shaking: nextHello
        case .established: .distantFuture
        case .resting(let until): until
        }
        return session == nil && !isWanted ? min(own, expiresAt) : own
    }
}
