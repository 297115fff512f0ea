import Wire

/// Counters of one lane, from the start of the node.
public struct LaneMetrics: Hashable, Sendable {
    public var framesSent: UInt64 = 0
    public var framesReceived: UInt64 = 0
    public var messagesSent: UInt64 = 0
    public var messagesReceived: UInt64 = 0
    /// Bytes on the socket with ZMTP's framing of 2 or 9 bytes a message, without CURVE's overhead.
    public var bytesSent: UInt64 = 0
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
    public var pulse = LaneMetrics()
    public var truth = LaneMetrics()
    public var work = LaneMetrics()
    public var sessionsEstablished: UInt64 = 0
    public var sessionsLost: UInt64 = 0
    public var handshakesRefused: UInt64 = 0
    public var rejectsSent: UInt64 = 0
    public var rejectsReceived: UInt64 = 0
    /// Messages or frames that did not follow docs/WIRE.md.
    public var malformed: UInt64 = 0
    /// Frames of kinds that this build does not know: a newer peer's.
    public var unknownKinds: UInt64 = 0
    /// Connections that this node refused because their CURVE key is not in its list.
    public var keysRefused: UInt64 = 0
    /// Connections that were refused.
    public var connectionsRefused: UInt64 = 0

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
    public var peer: String
    public var life: UInt64
    public var address: PeerAddress
    public var isOutbound: Bool
    /// Frames and bytes that wait or are unacknowledged, for truth and work.
    public var queuedFrames: Int
    public var queuedBytes: Int
    /// Milliseconds since the last message from the peer.
    public var silentMs: Int64
    public var messagesReceived: UInt64
}
