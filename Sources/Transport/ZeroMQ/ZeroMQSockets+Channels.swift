import CZeroMQ
import Glibc
import Wire
import World

extension ZeroMQSockets {
    private static let reopenEvery = Duration.seconds(1)

    public func open(_ lane: Lane, to address: PeerAddress, peer: String?) -> ChannelID {
        nextChannel += 1
        let channel = ZeroMQChannel(
            id: ChannelID(number: nextChannel), lane: lane, address: address, keyOwner: keyOwner(of: peer, at: address))
        channels[channel.id] = channel
        bringUp(channel)
        return channel.id
    }

    /// Does what the channel lacks: a socket, then an address to connect.
    private func bringUp(_ channel: ZeroMQChannel) {
        if channel.socket == nil && !makeSockets(of: channel) {
            shortages += 1
            return reopenLater(channel)
        }
        guard let addresses = resolver.addresses(of: channel.address.host, now: now) else { return }
        connect(channel, addresses)
    }

    private func reopenLater(_ channel: ZeroMQChannel) {
        unopened.append(channel.id)
        reopenAt = min(reopenAt, now + Self.reopenEvery)
    }

    /// Tries again what could not be opened, and goes on where a name has become known. False when there was nothing.
    func bringUpChannels() -> Bool {
        let answers = resolver.takeAnswers(now: now)
        for (host, addresses) in answers {
            probes.resolved(host, addresses)
            for channel in channelsInOrder where channel.address.host == host && !channel.isConnected { connect(channel, addresses) }
        }
        guard reopenAt <= now else { return !answers.isEmpty }
        let channels = unopened.compactMap { self.channels[$0] }
        (unopened, reopenAt) = ([], .distantFuture)
        for channel in channels { bringUp(channel) }
        return true
    }

    var channelsInOrder: [ZeroMQChannel] { channels.values.sorted { $0.id.number < $1.id.number } }

    /// The channel's socket, and the one that tells how it fares. False when there are no descriptors for both.
    private func makeSockets(of channel: ZeroMQChannel) -> Bool {
        guard let socket = makeSocket(ZMQ_DEALER, .channel(channel.id)) else { return false }
        configure(socket, channel.lane)
        socket.set(ZMQ_IMMEDIATE, 1)
        socket.set(ZMQ_RECONNECT_IVL, 100)
        socket.set(ZMQ_RECONNECT_IVL_MAX, 1000)
        socket.set(ZMQ_CONNECT_TIMEOUT, 1000)
        if let security { secureChannel(socket, security, peer: channel.keyOwner) }
        channel.socket = socket
        if monitor(channel, socket) { return true }
        channel.socket = nil
        dispose(socket)
        return false
    }

    private func monitor(_ channel: ZeroMQChannel, _ socket: ZeroMQSocket) -> Bool {
        let events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
        let place = "inproc://monitor-\(channel.id.number)"
        guard zmq_socket_monitor(socket.handle, place, Int32(events)) == 0 else { return false }
        guard let monitor = makeSocket(ZMQ_PAIR, .monitor(of: channel.id)) else {
            zmq_socket_monitor(socket.handle, nil, 0)
            return false
        }
        zmq_connect(monitor.handle, place)
        channel.monitor = monitor
        look(at: monitor)
        return true
    }

    /// Has libzmq connect one of the addresses; it keeps trying that one by itself.
    private func connect(_ channel: ZeroMQChannel, _ addresses: [String]) {
        guard let socket = channel.socket else { return }
        guard let host = channel.choose(among: addresses) else {
            // Unknown for now. An address that was known once is tried on.
            if channel.host == nil { reopenLater(channel) }
            return
        }
        if host == channel.host { return }
        if let old = channel.host {
            zmq_disconnect(socket.handle, channel.endpoint(at: old))
        } else {
            channel.untried = addresses.count - 1
        }
        channel.host = host
        channel.hasFailed = false
        // An address that libzmq cannot read never connects; the links see it as silence and say so.
        zmq_connect(socket.handle, channel.endpoint(at: host))
        look(at: socket)
    }

    /// The peer may have moved, or be reached at another address of its name: each is tried once, then libzmq pauses.
    private func reconnect(_ channel: ZeroMQChannel, hasFailed: Bool) {
        channel.isConnected = false
        guard !NameResolver.isNumeric(channel.address.host) else { return }
        channel.hasFailed = hasFailed
        guard let addresses = resolver.addresses(of: channel.address.host, now: now) else { return }
        let mayTryNext = channel.untried > 0
        channel.untried = hasFailed && mayTryNext ? channel.untried - 1 : addresses.count - 1
        channel.hasFailed = hasFailed && mayTryNext
        connect(channel, addresses)
    }

    public func close(_ id: ChannelID) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        closeMonitor(channel)
        if let socket = channel.socket { dispose(socket) }
    }

    /// Ends the reports before their reader: a report without a reader would block libzmq's own thread for ever.
    func closeMonitor(_ channel: ZeroMQChannel) {
        guard let monitor = channel.monitor, let socket = channel.socket else { return }
        zmq_socket_monitor(socket.handle, nil, 0)
        dispose(monitor)
        channel.monitor = nil
    }

    /// Takes in what libzmq reports of a channel.
    func tell(_ receiver: any PacketReceiver, _ id: ChannelID, event: [UInt8]) {
        guard event.count >= 2, let channel = channels[id] else { return }
        switch Int32(event[0]) | Int32(event[1]) << 8 {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            channel.isConnected = true
            receiver.connected(id)
        case ZMQ_EVENT_DISCONNECTED:
            reconnect(channel, hasFailed: false)
            receiver.disconnected(id)
        case ZMQ_EVENT_CONNECT_RETRIED:
            reconnect(channel, hasFailed: true)
            receiver.disconnected(id)
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            // Without keys it is a peer that went away in the middle of libzmq's own handshake.
            if security == nil { receiver.disconnected(id) } else { receiver.keyRefused(id) }
        default: break
        }
    }

    public func probe(_ address: PeerAddress, now: Instant) {
        probes.begin(address, at: resolver.addresses(of: address.host, now: now), key: makeKey(), now: now)
    }
}
