import Wire
import World

/// One reliable lane of a session: both halves, and the timer that watches over the sending one.
final class SessionLane {
    var sending = SendQueue()
    var receiving = ReceiveQueue()
    /// The wait before unacknowledged messages are sent again; doubles without progress.
    var patience: Duration
    /// No message is sent again before this.
    var resendNotBefore = Instant.zero
    /// Whether the socket took no more when it was last tried.
    var isBlocked = false
    /// Whether the peer has to be shown a new connection, so that it has a way back.
    var mustAnnounce = false
    /// Whether anything was sent or received on the lane in this session.
    var isUsed: Bool { sending.hasSent || receiving.delivered > 0 }

    init(limits: LinkLimits) { patience = limits.resendAfter }

    /// When something must be sent again.
    var resendDeadline: Instant {
        guard let sentAt = sending.oldestSentAt else { return .distantFuture }
        return max(sentAt + patience, resendNotBefore)
    }
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

    var pulse = PulseQueue()
    let truth: SessionLane
    let work: SessionLane
    var clock = PeerClock()
    /// The ways back of an inbound session, by lane; `nil` while its connection is broken.
    var routes: [RouteID?] = [nil, nil, nil]
    var isLive = true
    /// Whether the session waits in the list of those to flush.
    var isDirty = false
    /// Whether more waits than even answers may: the link is dropped at the end of the turn.
    var isOverrun = false
    /// The instant of the session's entry in the heap of deadlines that counts.
    var timerAt = Instant.distantFuture
    var lastHeard: Instant
    var messagesReceived: UInt64 = 0
    private let idleAfter: Duration

    init(
        info: SessionInfo, inboundToken: UInt32, outboundToken: UInt32, attempt: UInt64, dialled: DialledLink?,
        limits: LinkLimits, now: Instant
    ) {
        self.info = info
        self.inboundToken = inboundToken
        self.outboundToken = outboundToken
        self.attempt = attempt
        self.dialled = dialled
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

    /// When an acknowledgement must be on its way at the latest.
    var ackDeadline: Instant {
        min(truth.receiving.ackDeadline ?? .distantFuture, work.receiving.ackDeadline ?? .distantFuture)
    }

    /// When a session that the peer has dialled, and forgotten, is given up.
    var idleDeadline: Instant { dialled == nil ? lastHeard + idleAfter : .distantFuture }

    /// When the session needs attention though nothing arrives.
    var nextDeadline: Instant {
        min(min(ackDeadline, idleDeadline), min(truth.resendDeadline, work.resendDeadline))
    }
}
