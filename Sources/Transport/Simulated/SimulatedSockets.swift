import Wire
import World

/// ``PacketSockets`` on a ``SimulatedNetwork``.
public final class SimulatedSockets: PacketSockets {
    private let network: SimulatedNetwork
    private let attachment: Int

    init(network: SimulatedNetwork, attachment: Int) {
        self.network = network
        self.attachment = attachment
    }

    public func listen(host: String, port: UInt16) throws(BindError) {
        let taken = network.state.withLock { $0.listen(attachment, host: host, port: port) }
        if let taken { throw BindError(code: .portInUse, host: host, port: port &+ UInt16(taken.rawValue), lane: taken) }
    }

    public func open(_ lane: Lane, to address: PeerAddress, peer: String?) -> ChannelID {
        network.state.withLock { $0.open(attachment, lane, address, network) }
    }

    public func close(_ channel: ChannelID) { network.state.withLock { $0.close(channel) } }

    public func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID) -> PacketSendResult {
        network.state.withLock { $0.send(packet, on: channel, network) }
    }

    public func send(_ packet: ArraySlice<UInt8>, to route: RouteID) -> PacketSendResult {
        network.state.withLock { $0.send(packet, to: route, network) }
    }

    public func receive(into receiver: any PacketReceiver, now: Instant) -> Bool {
        let events = network.state.withLock { $0.takeInbox(attachment) }
        for event in events {
            switch event {
            case .packetOn(let channel, let packet): receiver.received(packet, on: channel)
            case .packetFrom(let route, let packet): receiver.received(packet, from: route)
            case .connected(let channel):
                receiver.connected(channel)
                receiver.becameWritable(channel)
            case .disconnected(let channel): receiver.disconnected(channel)
            case .probeEnded(let address, let outcome): receiver.probeEnded(address, outcome)
            }
        }
        return !events.isEmpty
    }

    public func probe(_ address: PeerAddress, now: Instant) {
        network.state.withLock { $0.probe(attachment, address, network) }
    }

    public var authenticatedPeer: String? { nil }
    public func keyOwner(of channel: ChannelID) -> String? { nil }
    public var nextDeadline: Instant { .distantFuture }
    public func closeAll() { network.state.withLock { $0.closeAll(attachment, network) } }
}
