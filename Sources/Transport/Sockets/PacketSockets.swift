import Wire
import World

/// The sockets of one node as the links see them: packets out, packets in, and what becomes of connections.
///
/// The seam between the product and the simulation. Above it, sessions, batching, acknowledgements and the fault filter
/// are the same code in both; below it there is libzmq (``ZeroMQSockets``) or virtual time (``SimulatedSockets``).
///
/// A node *listens* on one port for each lane and *opens* one channel for each peer and lane. What is sent on a channel
/// reaches the listener of the peer, with a route on which the peer can answer.
///
/// Not `Sendable`: confined to the node's event loop.
public protocol PacketSockets: AnyObject {
    /// Listens on the three ports that begin with `port`.
    /// - Throws: when a port is taken or the address is not of this machine; nothing stays bound.
    func listen(host: String, port: UInt16) throws(BindError)

    /// Begins to connect `lane` of the node at `address`, and keeps trying until ``close(_:)``, telling the receiver
    /// how it goes. A host that is a name is looked up again when its connection is lost.
    /// - Parameter peer: the peer's name, which tells its public key when links are encrypted.
    func open(_ lane: Lane, to address: PeerAddress, peer: String?) -> ChannelID

    /// The node whose key the other end of a channel must have, when links are encrypted and the key is known; otherwise
    /// `nil`.
    func keyOwner(of channel: ChannelID) -> String?

    /// Ends a channel and forgets what waits in it.
    func close(_ channel: ChannelID)

    /// Hands over one packet at once or not at all.
    func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID) -> PacketSendResult

    /// Sends back along the connection by which a packet came.
    func send(_ packet: ArraySlice<UInt8>, to route: RouteID) -> PacketSendResult

    /// Gives everything that has arrived to `receiver`. False when there was nothing.
    func receive(into receiver: any PacketReceiver, now: Instant) -> Bool

    /// Tries to reach the pulse port by a bare connect, and tells the receiver how that ends, within half a second.
    func probe(_ address: PeerAddress, now: Instant)

    /// The node to which the key belongs that has signed the connection of the packet being received, when links are
    /// encrypted; otherwise `nil`.
    var authenticatedPeer: String? { get }

    /// When ``receive(into:now:)`` has something to do though no packet arrives.
    var nextDeadline: Instant { get }

    /// Closes everything. Packets sent a moment ago get a moment to leave.
    func closeAll()
}

/// What ``PacketSockets`` tells. All calls come from within ``PacketSockets/receive(into:now:)``.
public protocol PacketReceiver: AnyObject {
    func received(_ packet: [UInt8], on channel: ChannelID)
    func received(_ packet: [UInt8], from route: RouteID)
    /// The channel may take packets again, or has just been connected.
    func becameWritable(_ channel: ChannelID)
    /// The route took no packet and is worth another try.
    func becameWritable(_ route: RouteID)
    /// The channel has been connected, for the first time or again.
    func connected(_ channel: ChannelID)
    /// The channel has lost its connection, or could not get one. It keeps trying.
    func disconnected(_ channel: ChannelID)
    /// The channel was refused for its key.
    func keyRefused(_ channel: ChannelID)
    /// A connection from `host` was refused here because its key is not in the list.
    func keyRefused(from host: String)
    /// A channel could not be opened because the process has no descriptors left. That is tried again.
    func ranOutOfDescriptors()
    func probeEnded(_ address: PeerAddress, _ outcome: ProbeOutcome)
}

/// One channel of a node's sockets; never used twice.
public struct ChannelID: Hashable, Sendable {
    package let number: UInt32
    package init(number: UInt32) { self.number = number }
}

/// One incoming connection of a node's sockets: the way back.
public struct RouteID: Hashable, Sendable, CustomStringConvertible {
    public let lane: Lane
    package let number: UInt64
    package init(lane: Lane, number: UInt64) {
        self.lane = lane
        self.number = number
    }

    public var description: String { "connection \(number) of the \(lane) lane" }
}

/// What becomes of a packet that is handed over.
public enum PacketSendResult: Hashable, Sendable {
    case sent
    /// Not connected, or the connection is full. The receiver hears when it is worth another try.
    case wouldBlock
    /// The route's connection is gone.
    case unreachable
}

/// How a bare connect ended.
public enum ProbeOutcome: Hashable, Sendable {
    /// Somebody listens.
    case accepted
    /// The machine is there and nobody listens: evidence that the process is gone.
    case refused
    /// No answer within the time, or no way there: evidence of nothing.
    case silent
}

/// Why a node cannot listen.
public struct BindError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// Another process listens there.
        case portInUse
        /// The host is no address of this machine.
        case addressUnavailable
        /// The system does not allow it (ports below 1024).
        case notPermitted
        /// Anything else, with the system's number.
        case other(Int32)
    }

    public let code: Code
    public let host: String
    public let port: UInt16
    public let lane: Lane

    public init(code: Code, host: String, port: UInt16, lane: Lane) {
        self.code = code
        self.host = host
        self.port = port
        self.lane = lane
    }

    public var description: String {
        let place = "\(PeerAddress(host: host, port: port)) for the \(lane) lane"
        return switch code {
        case .portInUse: "cannot listen on \(place): the port is in use by another process; choose another or stop that process"
        case .addressUnavailable: "cannot listen on \(place): the host is no address of this machine; correct `bind`"
        case .notPermitted: "cannot listen on \(place): the system does not permit it; choose a port above 1023"
        case .other(let number): "cannot listen on \(place): error \(number) of the system"
        }
    }
}
