import Wire

/// Counters of one lane, from the start of the node.
public struct LaneMetrics: Hashable, Sendable {
    /// Frames accepted for sending, each counted once however often its message is sent again.
    public var framesSent: UInt64 = 0
    /// Frames handed on, to the links themselves or above; none of a duplicate.
    public var framesReceived: UInt64 = 0
    /// Messages that the sockets took, repeated ones among them. One carries many frames under load.
    public var messagesSent: UInt64 = 0
    /// Messages that the sockets gave, before anything was checked.
    public var messagesReceived: UInt64 = 0
    /// Bytes on the socket with ZMTP's framing of 2 or 9 bytes a message, without CURVE's overhead.
    public var bytesSent: UInt64 = 0
    /// The same, of the messages received.
    public var bytesReceived: UInt64 = 0
    /// Messages sent again.
    public var resent: UInt64 = 0
    /// Messages that had arrived before.
    public var duplicates: UInt64 = 0
    /// Messages too far ahead of what was expected; they are sent again in time.
    public var beyondWindow: UInt64 = 0
    /// Frames refused because too much waited.
    public var overloaded: UInt64 = 0
    /// Frames of the pulse lane dropped because they could not be sent in time.
    public var dropped: UInt64 = 0
    /// Messages of the pulse lane that were under way for too long.
    public var tooOld: UInt64 = 0
    /// Messages under a token that no session has.
    public var unknownToken: UInt64 = 0

    public init() {}

    mutating func countSent(bytes: Int) {
        messagesSent &+= 1
        bytesSent &+= Self.onSocket(bytes)
    }

    mutating func countReceived(bytes: Int) {
        messagesReceived &+= 1
        bytesReceived &+= Self.onSocket(bytes)
    }

    static func onSocket(_ bytes: Int) -> UInt64 { UInt64(bytes + (bytes < 256 ? 2 : 9)) }
}

/// Counters of a node's links.
public struct LinkMetrics: Hashable, Sendable {
    /// Membership, acknowledgements and handshakes: nothing is numbered.
    public var pulse = LaneMetrics()
    /// Register frames.
    public var truth = LaneMetrics()
    /// Calls, answers and all else.
    public var work = LaneMetrics()
    /// Handshakes that ended in a session, whichever side dialled.
    public var sessionsEstablished: UInt64 = 0
    /// Sessions that ended, for whatever reason (``SessionLoss``).
    public var sessionsLost: UInt64 = 0
    /// Handshakes that this node refused or that were refused to it, for whatever reason (`Refuse.Code`, or the key).
    public var handshakesRefused: UInt64 = 0
    /// Answers to messages under a token that no session has; a burst under one token counts once.
    public var rejectsSent: UInt64 = 0
    /// The same, received: a peer has restarted, or has dropped a session.
    public var rejectsReceived: UInt64 = 0
    /// Messages or frames that did not follow docs/WIRE.md.
    public var malformed: UInt64 = 0
    /// Frames of kinds that this build does not know: a newer peer's.
    public var unknownKinds: UInt64 = 0
    /// Connections that this node refused because their CURVE key is not in its list.
    public var keysRefused: UInt64 = 0
    /// Bare connects to a lost peer that found its machine and nobody listening: evidence that its process is gone.
    public var connectionsRefused: UInt64 = 0
    /// Channels that could not be opened because the process has no descriptors left (`ulimit -n`); each try counts.
    public var descriptorShortages: UInt64 = 0

    public init() {}

    public subscript(lane: Lane) -> LaneMetrics {
        get {
            switch lane {
            case .pulse: pulse
            case .truth: truth
            case .work: work
            }
        }
        _modify {
            switch lane {
            case .pulse: yield &pulse
            case .truth: yield &truth
            case .work: yield &work
            }
        }
    }
}

/// One session as an operator sees it.
public struct LinkSnapshot: Hashable, Sendable {
    public var session: SessionID
    /// The peer's node name.
    public var peer: String
    /// The life of the peer that the session is with.
    public var life: UInt64
    /// Where the peer says it is reached; port 0 when it cannot be dialled.
    public var address: PeerAddress
    /// Whether this node has dialled.
    public var isOutbound: Bool
    /// Frames that wait or are unacknowledged, for truth and work.
    public var queuedFrames: Int
    /// Bytes of the same.
    public var queuedBytes: Int
    /// Milliseconds since the last message from the peer.
    public var silentMs: Int64
    /// Messages of the session that have arrived, on all lanes.
    public var messagesReceived: UInt64
}
