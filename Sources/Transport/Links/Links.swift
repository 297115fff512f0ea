import Logging
import MessagePack
import Wire
import World

// Links and sessions
// ==================
// libzmq reconnects without a word, and what was queued for a dead process reaches its successor at the same address
// before anybody has said hello. So a connection means nothing here. What counts is the *session*, which two lives agree
// on in a handshake, and whose tokens stand at the head of every message: one chosen by each side for what it receives.
// A message under a token that the receiver does not know is not looked into; it is answered with a Reject, and the
// sender shakes hands again.
//
// The dialling side makes the session and sends on channels of its own, one for each lane; the other side answers on the
// routes by which messages of the session came. Two nodes that both dial have two sessions, one for each direction of
// asking, and neither has to agree with the other on which to keep.
//
//      dialled                    resting <---- refused, malformed, goodbye (2 s)
//         |                          |
//         v          Welcome         v          Reject, later life
//      shaking ------------------> established --------------------> shaking
//        Hello every 300 ms          frames
//
// A broken connection ends no session: the same process may be there again in 100 ms, and then everything unacknowledged
// is sent again. An acknowledgement under the old token is the question whether it is the same process; a Reject is the
// answer that it is not. Whether a node is dead is for the membership to say, which then hangs up.

/// All links of one node: sessions with its peers, and frames in and out.
///
/// Not `Sendable`: confined to the node's event loop, owned by the actor that runs there and takes part in its turns.
public final class Links {
    package enum Timer {
        case session(SessionID)
        case dialled(PeerAddress)
        case closing(ChannelID)
        case faults
    }

    /// Whom a token that this node chose belongs to.
    enum TokenOwner {
        case session(Session)
        case dialled(DialledLink)
    }

    let configuration: LinksConfiguration
    let limits: LinkLimits
    let sockets: any PacketSockets
    let logger: Logger
    private let world: any World
    public weak var delegate: (any LinksDelegate)?

    var now: Instant
    var tokenStream: RandomStream
    var sessions: [SessionID: Session] = [:]
    var tokens: [UInt32: TokenOwner] = [:]
    var dialled: [PeerAddress: DialledLink] = [:]
    var channelOwners: [ChannelID: (link: DialledLink, lane: Lane)] = [:]
    /// Addresses that turned out to be a node which is reached by another one.
    var aliases: [PeerAddress: NodeIdentity] = [:]
    /// The sessions with each name, in the order they were made.
    var byName: [String: [Session]] = [:]
    /// The sessions whose Hello came by a connection, in the order they were made.
    var byOrigin: [RouteID: [Session]] = [:]
    var nextSession: UInt64 = 0
    var attempts: UInt64 = 0
    var timers = EventHeap<Timer>()
    var dirty: [Session] = []
    var flushing: [Session] = []
    var scratch = MessagePackWriter(capacity: 512)
    var throttle = LogThrottle()
    var lastRejects: [UInt32: Instant] = [:]
    var isStopped = false
    /// Set while a packet that a fault held back is taken up again, with what was known of its connection.
    var isReleasing = false
    var releasedPeer: String?

    public internal(set) var metrics = LinkMetrics()
    /// Interferes with frames; only when the node was started for it.
    public let faults: FaultFilter?

    /// - Parameter world: where the time and the tokens come from.
    public init(_ configuration: LinksConfiguration, sockets: any PacketSockets, world: any World, logger: Logger) {
        self.configuration = configuration
        limits = configuration.limits
        self.sockets = sockets
        self.logger = logger
        self.world = world
        now = world.now
        tokenStream = world.random("session-tokens")
        faults = configuration.chaos ? FaultFilter(random: world.random("fault-filter")) : nil
    }

    /// Begins to listen on the three ports.
    public func start() throws(BindError) {
        try sockets.listen(host: configuration.bindHost, port: configuration.bindPort)
    }

    /// Closes everything without a word, as the end of the process would.
    package func abandon() {
        isStopped = true
        sockets.closeAll()
    }

    /// Says goodbye to all peers and closes everything. Every session is reported as lost.
    public func stop(saying reason: String) {
        guard !isStopped else { return }
        refresh()
        flush(now: now)
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            sayGoodbye(session, reason)
            end(session, .stopped)
        }
        isStopped = true
        sockets.closeAll()
        dialled = [:]
        channelOwners = [:]
        tokens = [:]
    }
}

// MARK: - Taking part in the loop's turns

extension Links {
    /// Takes in what has arrived and sees to what is due. True when there was anything.
    public func turn(now: Instant) -> Bool {
        self.now = now
        if isStopped { return false }
        var didWork = sockets.receive(into: self, now: now)
        while !isStopped, let (timer, at) = timers.pop(dueBy: now) {
            didWork = true
            fire(timer, at)
        }
        return didWork
    }

    /// Sends what this turn has produced.
    public func flush(now: Instant) {
        if dirty.isEmpty || isStopped { return }
        self.now = now
        swap(&dirty, &flushing)
        for session in flushing {
            session.isDirty = false
            if session.isLive { flush(session) }
        }
        flushing.removeAll(keepingCapacity: true)
    }

    /// Entries in the heap of deadlines.
    package var pendingTimers: Int { timers.count }

    /// When ``turn(now:)`` must be called though nothing arrives.
    public var nextDeadline: Instant {
        if isStopped { return .distantFuture }
        return dirty.isEmpty ? min(timers.next, sockets.nextDeadline) : now
    }

    private func fire(_ timer: Timer, _ at: Instant) {
        switch timer {
        case .session(let id):
            if let session = sessions[id] {
                session.deadlines.remove(at)
                attend(session)
            }
        case .dialled(let address):
            if let link = dialled[address] {
                link.deadlines.remove(at)
                attend(link)
            }
        case .closing(let channel):
            sockets.close(channel)
        case .faults:
            releaseFaults()
        }
    }

    /// Looks at the clock when the links are called outside a turn of their own.
    func refresh() { now = world.now }

    /// Makes sure that the session gets attention by its next deadline.
    func arm(_ session: Session) {
        let deadline = session.nextDeadline
        if session.deadlines.add(deadline) { timers.insert(.session(session.info.id), at: deadline) }
    }

    func arm(_ link: DialledLink) {
        let deadline = link.nextDeadline
        if link.deadlines.add(deadline) { timers.insert(.dialled(link.address), at: deadline) }
    }

    func markDirty(_ session: Session) {
        if session.isDirty { return }
        session.isDirty = true
        dirty.append(session)
    }

    /// A token that no live session or handshake of this node has: 32 bits from randomness, the mesh and both lives, so
    /// that the tokens of two lives have nothing in common.
    func makeToken(for peer: String) -> UInt32 {
        while true {
            let salt = StableHash.hash("\(configuration.mesh)/\(configuration.identity)/\(peer)".utf8)
            let token = UInt32(truncatingIfNeeded: StableHash.mix(tokenStream.next() ^ salt))
            if token != 0 && tokens[token] == nil { return token }
        }
    }
}
