import MessagePack
import Transport
import Wire
import World

/// A peer of a node on the simulated network that says whatever a test wants, also what no node would.
final class RawPeer: PacketReceiver {
    private let mesh: SimulatedMesh
    private let node: String
    private let sockets: SimulatedSockets
    /// Messages that came back, by the connection.
    private(set) var received: [(channel: ChannelID, packet: [UInt8])] = []

    init(_ name: String, on mesh: SimulatedMesh, to node: String) {
        self.mesh = mesh
        self.node = node
        sockets = mesh.network.sockets(for: name, loop: SimulatedWorld(mesh.simulation, name: name).makeEventLoop())
    }

    /// A new connection to a lane of the node.
    func connect(_ lane: Lane) -> ChannelID {
        let channel = sockets.open(lane, to: SimulatedMesh.address(node), peer: nil)
        wait()
        return channel
    }

    /// Lets the network move for a moment.
    func wait() {
        mesh.simulation.run(for: .milliseconds(5))
        _ = sockets.receive(into: self, now: mesh.simulation.now)
    }

    func send(_ header: BatchHeader, _ frames: [any Frame], on channel: ChannelID) {
        var writer = MessagePackWriter()
        header.pack(into: &writer)
        for frame in frames { frame.pack(into: &writer) }
        _ = sockets.send(writer.finish()[...], on: channel)
    }

    static func hello(_ name: String, mesh: String = "m", port: UInt16 = 0, token: UInt32 = 5) -> Hello {
        Hello(
            mesh: mesh, identity: NodeIdentity(name: name, life: 1), address: PeerAddress(host: name, port: port),
            versions: .current, software: "raw", fingerprint: 0, capabilities: [], token: token, attempt: 1, expected: nil)
    }

    /// Shakes hands by the channel, and gives the token that the node wants.
    func shakeHands(as name: String, port: UInt16 = 0, on channel: ChannelID) throws -> UInt32 {
        send(BatchHeader(token: 0, clock: 0), [Self.hello(name, port: port)], on: channel)
        wait()
        var reader = MessagePackReader(received.removeLast().packet)
        _ = try BatchHeader.unpack(&reader)
        return try Welcome.unpack(reader.rest).token
    }

    func received(_ packet: [UInt8], on channel: ChannelID) { received.append((channel, packet)) }
    func received(_ packet: [UInt8], from route: RouteID) {}
    func becameWritable(_ channel: ChannelID) {}
    func becameWritable(_ route: RouteID) {}
    func ranOutOfDescriptors() {}
    func connected(_ channel: ChannelID) {}
    func disconnected(_ channel: ChannelID) {}
    func keyRefused(_ channel: ChannelID) {}
    func keyRefused(from host: String) {}
    func probeEnded(_ address: PeerAddress, _ outcome: ProbeOutcome) {}
}
