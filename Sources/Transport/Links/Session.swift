import Wire
import World

/// One reliable lane of a session: both halves, and the timer that watches over the sending one.
final class SessionLane {
    var sending = SendQueue()
    var receiving = ReceiveQueue()
    /// The wait before the peer is asked what has come; doubles without progress.
    var patience: Duration
    /// It is not asked again before this.
    var askNotBefore = Instant.zero
    /// The number of the last Mark that was sent; 0 before the first.
    var lastMark: UInt64 = 0
    /// The last message before that Mark, while its answer is waited for.
    var markedUpTo: UInt64?
    /// The number of the last Mark that came from the peer.
    var peerMark: UInt64 = 0
    /// Whether the socket took no more when it was last tried.
    var isBlocked = false
    /// Whether the peer has to be shown a new connection, so that it has a way back.
    var mustAnnounce = false
    /// Whether anything was sent or received on the lane in this session.
    var isUsed: Bool { sending.hasSent || receiving.delivered > 0 }

    private let unresponsiveAfter: Duration

    init(limits: LinkLimits) {
        patience = limits.askAfter
        unresponsiveAfter = limits.unresponsiveAfter
    }

    /// When the peer is to be asked what has come of what was sent.
    var askDeadline: Instant {
        guard let since = sending.waitingSince else { return .distantFuture }
        return max(since + patience, askNotBefore)
    }

    /// When the session is given up if nothing gets on, be it sent or not.
    var giveUpDeadline: Instant {
        sending.queuedFrames > 0 ? sending.lastProgress + unresponsiveAfter : .distantFuture
    }

    var deadline: Instant { min(askDeadline, giveUpDeadline) }
}

/// What this node keeps of one session. Either side of the wire has one, under the same two tokens.
final class Session {
    let info: SessionInfo
    /// What messages to this node carry; chosen here.
    let inboundToken: UInt32
    /// What messages to the peer carry; chosen there.
    let outboundToken: UInt32
    /// The Hello's count, on an inbound session.
    let attempt: UInt64
    /// Our clock in headers counts from here.
    let startedAt: Instant
    /// The dialled link that the session runs over; `nil` when the peer has dialled.
    let dialled: DialledLink?
    /// The connection by which the Hello of an inbound session came.
    let origin: RouteID?

    var pulse = PulseQueue()
    let truth: SessionLane
    let work: SessionLane
    var clock = PeerClock()
    /// The ways back of an inbound session, by lane; `nil` while its connection is broken.
    var routes: [RouteID?] = [nil, nil, nil]
    /// The peer's clock in the message with which each of them was taken.
    var routesTakenAt: [UInt64] = [0, 0, 0]
    var isLive = true
    /// Whether the session waits in the list of those to flush.
    var isDirty = false
    /// Whether more waits than even answers may: the link is dropped at the end of the turn.
    var isOverrun = false
    var deadlines = PendingDeadlines()
    var lastHeard: Instant
    var messagesReceived: UInt64 = 0
    private let idleAfter: Duration

    init(
        info: SessionInfo, inboundToken: UInt32, outboundToken: UInt32, attempt: UInt64, dialled: DialledLink?,
        origin: RouteID?, limits: LinkLimits, now: Instant
    ) {
        self.info = info
        self.inboundToken = inboundToken
        self.outboundToken = outboundToken
        self.attempt = attempt
        self.dialled = dialled
        self.origin = origin
        startedAt = now
        lastHeard = now
        idleAfter = limits.idleAfter
        truth = SessionLane(limits: limits)
        work = SessionLane(limits: limits)
    }

    /// The state of a reliable lane; `nil` for the pulse lane.
    func lane(_ lane: Lane) -> SessionLane? {
        switch lane {
        case .pulse: nil
        case .truth: truth
        case .work: work
        }
    }

    /// When a message of this session is closed now.
    func clock(_ now: Instant) -> SendQueue.Clock { SendQueue.Clock(now: now, startedAt: startedAt) }

    /// What this node has of the peer's messages.
    var ack: Ack {
        Ack(
            truth: truth.receiving.delivered, work: work.receiving.delivered, truthMark: truth.peerMark,
            workMark: work.peerMark)
    }

    /// When an acknowledgement must be on its way at the latest.
    var ackDeadline: Instant {
        min(truth.receiving.ackDeadline ?? .distantFuture, work.receiving.ackDeadline ?? .distantFuture)
    }

    /// When a session that the peer has dialled, and forgotten, is given up.
    var idleDeadline: Instant { dialled == nil ? lastHeard + idleAfter : .distantFuture }

    /// When the session needs attention though nothing arrives.
    var nextDeadline: Instant {
        min(min(ackDeadline, idleDeadline), min(truth.deadline, work.deadline))
    }
}
