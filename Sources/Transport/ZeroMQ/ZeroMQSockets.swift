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
// a connection that is gone is an error instead of nothing.

/// ``PacketSockets`` over libzmq. Make and use it on the reactor's thread, or before that starts.
public final class ZeroMQSockets: PacketSockets {
    /// Packets that libzmq may hold in one direction of one connection.
    private static let highWaterMark: Int32 = 512
    /// Packets that one turn takes from one socket at most.
    private static let largestBudget = 256

    let reactor: Reactor
    private let context: UnsafeMutableRawPointer
    private let security: CurveSecurity?
    private var sockets: [UInt32: ZeroMQSocket] = [:]
    private var listeners: [Lane: ZeroMQSocket] = [:]
    private var channels: [ChannelID: ZeroMQSocket] = [:]
    private var monitors: [ChannelID: ZeroMQSocket] = [:]
    private var keyOwners: [ChannelID: String] = [:]
    private var nextKey: UInt32 = 0
    private var nextChannel: UInt32 = 0
    private var queued: [ZeroMQSocket] = []
    private var looking: [ZeroMQSocket] = []
    private var message = zmq_msg_t()
    private var receivingFrom: ZeroMQSocket?
    private var authenticator: CurveAuthenticator?
    private var probes: ConnectProbes
    private var isClosed = false

    /// - Parameter security: encrypts and authenticates all links when given.
    public init(reactor: Reactor, security: CurveSecurity? = nil) {
        self.reactor = reactor
        self.security = security
        creactor_raise_descriptor_limit()
        guard let context = zmq_ctx_new() else { preconditionFailure("libzmq cannot make a context: \(Self.errorText())") }
        self.context = context
        // Each peer takes up to nine sockets: three channels, and both ends of a monitor for each.
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 65_000)
        probes = ConnectProbes(reactor: reactor)
        zmq_msg_init(&message)
        reactor.setWatcher(self)
        if let security { listenForAuthentication(security) }
    }

    deinit { closeAll() }

    static func errorText() -> String { String(cString: zmq_strerror(zmq_errno())) }

    private func makeSocket(_ type: Int32, _ role: (UInt32) -> ZeroMQSocket.Role) -> ZeroMQSocket {
        guard let handle = zmq_socket(context, type) else {
            preconditionFailure("libzmq cannot make a socket: \(Self.errorText()); raise the limit of descriptors (ulimit -n)")
        }
        let key = makeKey()
        let socket = ZeroMQSocket(handle, role: role(key), key: key)
        socket.set(ZMQ_LINGER, 0)
        sockets[key] = socket
        reactor.watch(socket.descriptor, key: key)
        return socket
    }

    /// Keys of sockets and of probes come from one counter.
    private func makeKey() -> UInt32 {
        nextKey &+= 1
        return nextKey
    }

    private func configure(_ socket: ZeroMQSocket, _ lane: Lane) {
        socket.set(ZMQ_IPV6, 1)
        socket.set(ZMQ_SNDHWM, Self.highWaterMark)
        socket.set(ZMQ_RCVHWM, Self.highWaterMark)
        socket.set(ZMQ_MAXMSGSIZE, wide: Int64(WireLimits.messageBytes(lane)))
    }

    private func dispose(_ socket: ZeroMQSocket) {
        socket.isClosed = true
        sockets[socket.key] = nil
        reactor.unwatch(socket.descriptor)
        zmq_close(socket.handle)
    }

    public func closeAll() {
        guard !isClosed else { return }
        isClosed = true
        for channel in monitors.keys.sorted(by: { $0.number < $1.number }) { closeMonitor(channel) }
        for key in sockets.keys.sorted() {
            guard let socket = sockets[key] else { continue }
            if case .channel = socket.role { socket.set(ZMQ_LINGER, 20) }
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
            let socket = makeSocket(ZMQ_ROUTER) { _ in .listener(lane) }
            configure(socket, lane)
            socket.set(ZMQ_ROUTER_MANDATORY, 1)
            socket.set(ZMQ_ROUTER_HANDOVER, 0)
            if let security { secureListener(socket, security) }
            listeners[lane] = socket
            let place = PeerAddress(host: host, port: port &+ UInt16(lane.rawValue))
            guard zmq_bind(socket.handle, "tcp://\(place)") == 0 else {
                let code = zmq_errno()
                for lane in Lane.allCases { if let socket = listeners.removeValue(forKey: lane) { dispose(socket) } }
                throw BindError(code: Self.bindCode(code), host: host, port: place.port, lane: lane)
            }
            look(at: socket)
        }
    }

    private static func bindCode(_ number: Int32) -> BindError.Code {
        switch number {
        case EADDRINUSE: .portInUse
        case EADDRNOTAVAIL, ENODEV: .addressUnavailable
        case EACCES: .notPermitted
        default: .other(number)
        }
    }
}

// MARK: - Channels

extension ZeroMQSockets {
    public func open(_ lane: Lane, to address: PeerAddress, peer: String?) -> ChannelID {
        nextChannel += 1
        let channel = ChannelID(number: nextChannel)
        let socket = makeSocket(ZMQ_DEALER) { _ in .channel(channel) }
        configure(socket, lane)
        socket.set(ZMQ_IMMEDIATE, 1)
        socket.set(ZMQ_RECONNECT_IVL, 100)
        socket.set(ZMQ_RECONNECT_IVL_MAX, 1000)
        socket.set(ZMQ_CONNECT_TIMEOUT, 1000)
        channels[channel] = socket
        if let security { keyOwners[channel] = secureChannel(socket, security, peer: peer ?? security.names[address]) }
        monitor(channel, socket)
        // An address that libzmq cannot read never connects; the links see it as silence and say so.
        zmq_connect(socket.handle, "tcp://\(PeerAddress(host: address.host, port: address.port(of: lane)))")
        look(at: socket)
        return channel
    }

    public func keyOwner(of channel: ChannelID) -> String? { keyOwners[channel] }

    private func monitor(_ channel: ChannelID, _ socket: ZeroMQSocket) {
        let events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
        let place = "inproc://monitor-\(channel.number)"
        guard zmq_socket_monitor(socket.handle, place, Int32(events)) == 0 else { return }
        let monitor = makeSocket(ZMQ_PAIR) { _ in .monitor(of: channel) }
        zmq_connect(monitor.handle, place)
        monitors[channel] = monitor
        look(at: monitor)
    }

    public func close(_ channel: ChannelID) {
        guard let socket = channels[channel] else { return }
        closeMonitor(channel)
        channels[channel] = nil
        keyOwners[channel] = nil
        dispose(socket)
    }

    /// Ends the reports before their reader: a report without a reader would block libzmq's own thread for ever.
    private func closeMonitor(_ channel: ChannelID) {
        guard let monitor = monitors.removeValue(forKey: channel) else { return }
        if let socket = channels[channel] { zmq_socket_monitor(socket.handle, nil, 0) }
        dispose(monitor)
    }
}

// MARK: - Sending

extension ZeroMQSockets {
    public func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID) -> PacketSendResult {
        guard let socket = channels[channel] else { return .unreachable }
        look(at: socket)
        if socket.send(packet) { return .sent }
        socket.isBlocked = true
        return .wouldBlock
    }

    public func send(_ packet: ArraySlice<UInt8>, to route: RouteID) -> PacketSendResult {
        guard let socket = listeners[route.lane] else { return .unreachable }
        look(at: socket)
        var name = route.number.bigEndian
        let isNamed = withUnsafeBytes(of: &name) { bytes in
            zmq_send(socket.handle, bytes.baseAddress! + 1, Int(bytes[0]), Int32(ZMQ_DONTWAIT) | Int32(ZMQ_SNDMORE)) >= 0
        }
        if isNamed && socket.send(packet) { return .sent }
        if zmq_errno() == EAGAIN {
            socket.isBlocked = true
            return .wouldBlock
        }
        return .unreachable
    }

    /// Has the socket looked at before the loop sleeps.
    private func look(at socket: ZeroMQSocket) {
        if socket.isQueued { return }
        socket.isQueued = true
        queued.append(socket)
    }
}

// MARK: - Receiving

extension ZeroMQSockets: DescriptorWatcher {
    package func descriptorReady(_ key: UInt32) {
        if let socket = sockets[key] { look(at: socket) } else { probes.ready(key) }
    }

    public func receive(into receiver: any PacketReceiver, now: Instant) -> Bool {
        if isClosed { return false }
        var didReceive = probes.finish(now: now, into: receiver)
        swap(&queued, &looking)
        for socket in looking {
            socket.isQueued = false
            if !socket.isClosed && drain(socket, into: receiver) { didReceive = true }
        }
        looking.removeAll(keepingCapacity: true)
        return didReceive
    }

    private func drain(_ socket: ZeroMQSocket, into receiver: any PacketReceiver) -> Bool {
        var count = 0
        while count < socket.budget {
            guard takeOne(socket, into: receiver) else { break }
            count += 1
            if socket.isClosed { return true }
        }
        if count == socket.budget {
            socket.budget = min(socket.budget * 2, Self.largestBudget)
            look(at: socket)
        } else {
            socket.budget = 1
        }
        if socket.isBlocked && socket.isWritable {
            socket.isBlocked = false
            switch socket.role {
            case .channel(let channel): receiver.becameWritable(channel)
            case .listener(let lane): receiver.becameWritable(lane)
            case .monitor, .authenticator: break
            }
        }
        return count > 0
    }

    private func takeOne(_ socket: ZeroMQSocket, into receiver: any PacketReceiver) -> Bool {
        switch socket.role {
        case .channel(let channel):
            guard socket.receive(&message) else { return false }
            let packet = ZeroMQSocket.bytes(&message)
            // A peer's ROUTER sends one part. More are another program's; the first will not parse.
            skipParts(socket)
            receiver.received(packet, on: channel)
        case .listener(let lane):
            guard socket.receive(&message) else { return false }
            let route = Self.route(&message)
            guard zmq_msg_more(&message) != 0, socket.receive(&message) else { return true }
            let packet = ZeroMQSocket.bytes(&message)
            guard let route else { skipParts(socket); return true }
            receivingFrom = socket
            receiver.received(packet, from: RouteID(lane: lane, number: route))
            receivingFrom = nil
            if !socket.isClosed { skipParts(socket) }
        case .monitor(let channel):
            let parts = socket.receiveParts(&message)
            if parts.isEmpty { return false }
            tell(receiver, channel, event: parts[0])
        case .authenticator:
            guard let authenticator else { return false }
            return authenticator.answerOne(&message) { receiver.keyRefused(from: $0) }
        }
        return true
    }

    private func skipParts(_ socket: ZeroMQSocket) {
        while zmq_msg_more(&message) != 0 && socket.receive(&message) {}
    }

    /// The routing id as a number: its length in the first byte, then its bytes. libzmq's own ids have five bytes; a peer
    /// that chose a longer one for itself is not served, as docs/WIRE.md says.
    private static func route(_ message: inout zmq_msg_t) -> UInt64? {
        let size = zmq_msg_size(&message)
        guard (1...7).contains(size), let data = zmq_msg_data(&message) else { return nil }
        var number = UInt64(size)
        for index in 0..<7 {
            number <<= 8
            if index < size { number |= UInt64(data.load(fromByteOffset: index, as: UInt8.self)) }
        }
        return number
    }

    private func tell(_ receiver: any PacketReceiver, _ channel: ChannelID, event: [UInt8]) {
        guard event.count >= 2 else { return }
        switch Int32(event[0]) | Int32(event[1]) << 8 {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: receiver.connected(channel)
        case ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_CONNECT_RETRIED: receiver.disconnected(channel)
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            // Without keys it is a peer that went away in the middle of libzmq's own handshake.
            if security == nil { receiver.disconnected(channel) } else { receiver.keyRefused(channel) }
        default: break
        }
    }

    public func probe(_ address: PeerAddress, now: Instant) { probes.begin(address, key: makeKey(), now: now) }

    public var nextDeadline: Instant { probes.nextDeadline }
}

// MARK: - CURVE

extension ZeroMQSockets {
    private func listenForAuthentication(_ security: CurveSecurity) {
        let socket = makeSocket(ZMQ_REP) { _ in .authenticator }
        let code = zmq_bind(socket.handle, "inproc://zeromq.zap.01")
        precondition(code == 0, "libzmq cannot authenticate: \(Self.errorText())")
        authenticator = CurveAuthenticator(socket: socket, security: security)
        look(at: socket)
    }

    private func secureListener(_ socket: ZeroMQSocket, _ security: CurveSecurity) {
        socket.set(ZMQ_CURVE_SERVER, 1)
        socket.set(ZMQ_CURVE_SECRETKEY, security.keyPair.secretKey)
        socket.set(ZMQ_ZAP_DOMAIN, "gossamer")
    }

    /// Returns whose key the other end has to have.
    private func secureChannel(_ socket: ZeroMQSocket, _ security: CurveSecurity, peer: String?) -> String? {
        socket.set(ZMQ_CURVE_PUBLICKEY, security.keyPair.publicKey.text)
        socket.set(ZMQ_CURVE_SECRETKEY, security.keyPair.secretKey)
        // A peer without a known key is offered our own, which it cannot have: the connection fails and says so.
        let known = peer.flatMap { security.peers[$0] }
        socket.set(ZMQ_CURVE_SERVERKEY, (known ?? security.keyPair.publicKey).text)
        return known == nil ? nil : peer
    }

    /// The user id that the authenticator gave to the connection of the packet being received.
    public var authenticatedPeer: String? {
        guard security != nil, receivingFrom != nil, let name = zmq_msg_gets(&message, "User-Id") else { return nil }
        return String(cString: name)
    }
}
