import CZeroMQ
import Glibc
import Wire
import World

// MARK: - Sending

extension ZeroMQSockets {
    public func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID) -> PacketSendResult {
        guard let channel = channels[channel] else { return .unreachable }
        // One without a socket is told of as connected when it has got that far.
        guard let socket = channel.socket else { return .wouldBlock }
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
            blockedRoutes.insert(route, now: now)
            return .wouldBlock
        }
        return .unreachable
    }
}

// MARK: - Receiving

extension ZeroMQSockets: DescriptorWatcher {
    package func descriptorReady(_ key: UInt32) {
        guard let socket = sockets[key] else { return probes.ready(key) }
        look(at: socket)
        if case .listener = socket.role { blockedRoutes.hasten() }
    }

    public func receive(into receiver: any PacketReceiver, now: Instant) -> Bool {
        if isClosed { return false }
        self.now = now
        var didReceive = bringUpChannels()
        if probes.finish(now: now, into: receiver) { didReceive = true }
        for _ in 0..<shortages { receiver.ranOutOfDescriptors() }
        shortages = 0
        swap(&queued, &looking)
        for socket in looking {
            socket.isQueued = false
            if !socket.isClosed && drain(socket, into: receiver) { didReceive = true }
        }
        looking.removeAll(keepingCapacity: true)
        for route in blockedRoutes.takeDue(now: now) {
            receiver.becameWritable(route)
            didReceive = true
        }
        return didReceive
    }

    /// True when there was anything to do, and so another turn must follow: what the turn sends may take in news that the
    /// descriptor then keeps to itself.
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
        if socket.isBlocked && becameWritable(socket, receiver) { return true }
        return count > 0
    }

    private func becameWritable(_ socket: ZeroMQSocket, _ receiver: any PacketReceiver) -> Bool {
        let events = socket.events
        // Asking may have taken in the news of a message.
        if events & ZMQ_POLLIN != 0 { look(at: socket) }
        guard events & ZMQ_POLLOUT != 0, case .channel(let channel) = socket.role else { return false }
        socket.isBlocked = false
        receiver.becameWritable(channel)
        return true
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

    public var nextDeadline: Instant { min(min(probes.nextDeadline, reopenAt), blockedRoutes.retryAt) }
}
