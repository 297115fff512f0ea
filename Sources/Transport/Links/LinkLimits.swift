import World

/// How much the links hold back, how long they wait. The defaults suit a local network.
public struct LinkLimits: Hashable, Sendable {
    /// Frames that wait or are unacknowledged in one lane of one session; requests beyond are refused as overloaded.
    public var queuedFrames = 16_384
    /// Bytes of the same.
    public var queuedBytes = 16 << 20
    /// What control traffic (answers, cancellations) may take on top, as a multiple of the two above; past it the link
    /// drops, because a peer that takes no answers would fill the memory.
    public var controlFactor = 4
    /// Frames for a peer that wait for the handshake or for the pulse connection; more are dropped.
    public var waitingFrames = 64
    /// Messages sent and not yet acknowledged, for each lane and session.
    public var window = 1024
    /// Bytes of the same; one message is always let through.
    public var windowBytes = 8 << 20
    /// A message is closed when it reaches this size, and the next one begun.
    public var batchBytes = 32 << 10
    /// How long an acknowledgement waits for something that goes back anyway.
    public var ackDelay = Duration.milliseconds(20)
    /// Messages after which it waits no longer.
    public var ackEvery = 64
    /// The first wait without progress before the peer is asked what has come of what is unacknowledged; doubles with every
    /// further one ...
    public var askAfter = Duration.milliseconds(100)
    /// ... up to this.
    public var askAfterMax = Duration.seconds(1)
    /// A session in which something waits and nothing gets on for so long is given up.
    public var unresponsiveAfter = Duration.seconds(30)
    /// A session that the peer has dialled and that was silent for so long is forgotten. Nodes are never silent for long;
    /// a client that comes back later shakes hands again.
    public var idleAfter = Duration.seconds(600)
    /// Pulse messages that took longer are dropped: what they say of the present is no longer true.
    public var pulseAge = Duration.seconds(4)
    /// The wait before an unanswered Hello is repeated.
    public var helloEvery = Duration.milliseconds(300)
    /// The rest after a refusal, a malformed frame or a goodbye, before the next handshake.
    public var restAfterRefusal = Duration.seconds(2)
    /// How long a node is dialled that was only sent to, or dialled in passing.
    public var passingDial = Duration.seconds(5)
    /// The shortest time between two bare connects to one address.
    public var probeEvery = Duration.milliseconds(200)
    /// Sessions of this node; beyond, those of clients and strangers make room.
    public var inboundSessions = 8192

    public init() {}
}
