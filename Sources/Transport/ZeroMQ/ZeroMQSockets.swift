import CReactor
import CZeroMQ
import Glibc
import Wire
import World

// How ZeroMQ is used here
// =======================
// One ROUTER for each lane, bound; one DEALER for each peer and lane, connected when the lane is first used. Every socket
// has a descriptor (ZMQ_FD) in the loop's epoll. The descriptor is edge-triggered in spirit: it tells that the socket has
// commands to process, and any call on the socket may process them, a send too. So a socket on which anything was done
// is looked at once more before the loop sleeps ("queued"), and sockets on which nothing happens cost nothing.
//
// ZMQ_IMMEDIATE: nothing waits inside libzmq for a connection that does not exist. No linger, small high-water marks: what
// waits, waits in the links' own bounded queues, which know to which session it belongs. ROUTER_MANDATORY: an answer to
// a connection that is gone is an error instead of nothing; one to a connection that is full waits (`BlockedRoutes`).
//
// Nothing that a stranger can use up ends the process: a channel that gets no descriptors is tried again in a second.

/// ``PacketSockets`` over libzmq. Make and use it on the reactor's thread, or before that starts.
public final class ZeroMQSockets: PacketSockets {
    /// Each peer takes up to nine sockets: three channels, and both ends of a monitor for each.
    package static let socketLimit: Int32 = 65_000
    /// Packets that libzmq may hold in one direction of one connection.
    private static let highWaterMark: Int32 = 512
    /// Packets that one turn takes from one socket at most.
    static let largestBudget = 256
    /// What peers have to read the last packets before the connections end.
    private static let farewellPauseMilliseconds: Int32 = 50
    /// What the last packets have to leave. Nothing waits when all have left.
    private static let farewellMilliseconds: Int32 = 500

    let reactor: Reactor
    private let context: UnsafeMutableRawPointer
    let security: CurveSecurity?
    var sockets: [UInt32: ZeroMQSocket] = [:]
    var listeners: [Lane: ZeroMQSocket] = [:]
    var channels: [ChannelID: ZeroMQChannel] = [:]
    private var nextKey: UInt32 = 0
    var nextChannel: UInt32 = 0
    /// The time of the turn.
    var now: Instant
    var queued: [ZeroMQSocket] = []
    var looking: [ZeroMQSocket] = []
    var message = zmq_msg_t()
    var receivingFrom: ZeroMQSocket?
    var authenticator: CurveAuthenticator?
    var blockedRoutes = BlockedRoutes()
    var probes: ConnectProbes
    var resolver: NameResolver
    /// Channels that could not be opened, and when that is tried again.
    var unopened: [ChannelID] = []
    var reopenAt = Instant.distantFuture
    /// Channels that had no descriptors since that was last reported.
    var shortages = 0
    var isClosed = false

    /// - Parameter security: encrypts and authenticates all links when given.
    public convenience init(reactor: Reactor, security: CurveSecurity? = nil) {
        self.init(reactor: reactor, security: security, socketLimit: Self.socketLimit)
    }

    /// - Parameters:
    ///   - socketLimit: the sockets that libzmq may have.
    ///   - lookUp: finds the numeric addresses of a name, and may block; the system's unless a test has its own.
    package init(
        reactor: Reactor, security: CurveSecurity?, socketLimit: Int32, lookUp: (@Sendable (String) -> [String])? = nil
    ) {
        self.reactor = reactor
        self.security = security
        now = reactor.world.now
        creactor_raise_descriptor_limit()
        guard let context = zmq_ctx_new() else { preconditionFailure("libzmq cannot make a context: \(Self.errorText())") }
        self.context = context
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, socketLimit)
        probes = ConnectProbes(reactor: reactor)
        resolver = NameResolver(reactor: reactor, lookUp: lookUp ?? NameResolver.systemLookUp)
        zmq_msg_init(&message)
        reactor.setWatcher(self)
        if let security { listenForAuthentication(security) }
    }

    deinit { closeAll() }

    static func errorText() -> String { String(cString: zmq_strerror(zmq_errno())) }

    /// A socket that the loop watches; `nil` when there are no descriptors for it.
    func makeSocket(_ type: Int32, _ role: ZeroMQSocket.Role) -> ZeroMQSocket? {
        guard let handle = zmq_socket(context, type) else { return nil }
        let socket = ZeroMQSocket(handle, role: role, key: makeKey())
        socket.set(ZMQ_LINGER, 0)
        guard reactor.watch(socket.descriptor, key: socket.key) else {
            zmq_close(handle)
            return nil
        }
        sockets[socket.key] = socket
        return socket
    }

    /// Keys of sockets and of probes come from one counter.
    func makeKey() -> UInt32 {
        nextKey &+= 1
        return nextKey
    }

    func configure(_ socket: ZeroMQSocket, _ lane: Lane) {
        socket.set(ZMQ_IPV6, 1)
        socket.set(ZMQ_SNDHWM, Self.highWaterMark)
        socket.set(ZMQ_RCVHWM, Self.highWaterMark)
        socket.set(ZMQ_MAXMSGSIZE, wide: Int64(WireLimits.messageBytes(lane)))
    }

    func dispose(_ socket: ZeroMQSocket) {
        socket.isClosed = true
        sockets[socket.key] = nil
        reactor.unwatch(socket.descriptor)
        zmq_close(socket.handle)
    }

    /// Has the socket looked at before the loop sleeps.
    func look(at socket: ZeroMQSocket) {
        if socket.isQueued { return }
        socket.isQueued = true
        queued.append(socket)
    }

    public func closeAll() {
        guard !isClosed else { return }
        isClosed = true
        // Sent in this turn, a goodbye perhaps. When a peer's libzmq (with ZMQ_IMMEDIATE) hears of the end of a connection it
        // drops what came by it and was not read, so the end follows a moment later.
        if !queued.isEmpty { poll(nil, 0, Self.farewellPauseMilliseconds) }
        for channel in channelsInOrder { closeMonitor(channel) }
        for key in sockets.keys.sorted() {
            guard let socket = sockets[key] else { continue }
            socket.set(ZMQ_LINGER, Self.farewellMilliseconds)
            dispose(socket)
        }
        channels = [:]
        listeners = [:]
        queued = []
        probes.closeAll()
        zmq_msg_close(&message)
        zmq_ctx_term(context)
    }
}

// MARK: - Listening

extension ZeroMQSockets {
    public func listen(host: String, port: UInt16) throws(BindError) {
        for lane in Lane.allCases {
            let place = PeerAddress(host: host, port: port &+ UInt16(lane.rawValue))
            guard let socket = makeSocket(ZMQ_ROUTER, .listener(lane)) else { throw unbound(zmq_errno(), place, lane) }
            configure(socket, lane)
            socket.set(ZMQ_ROUTER_MANDATORY, 1)
            socket.set(ZMQ_ROUTER_HANDOVER, 0)
            if let security { secureListener(socket, security) }
            listeners[lane] = socket
            guard zmq_bind(socket.handle, "tcp://\(place)") == 0 else { throw unbound(zmq_errno(), place, lane) }
            look(at: socket)
        }
    }

    /// Takes back what was bound, and says why.
    private func unbound(_ number: Int32, _ place: PeerAddress, _ lane: Lane) -> BindError {
        for lane in Lane.allCases { if let socket = listeners.removeValue(forKey: lane) { dispose(socket) } }
        let code: BindError.Code = switch number {
        case EADDRINUSE: .portInUse
        case EADDRNOTAVAIL, ENODEV: .addressUnavailable
        case EACCES: .notPermitted
        default: .other(number)
        }
        return BindError(code: code, host: place.host, port: place.port, lane: lane)
    }
}
