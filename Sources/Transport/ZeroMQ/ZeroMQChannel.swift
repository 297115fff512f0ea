import Wire
import World

/// A channel, and how far it is: without a socket while descriptors are short, without an endpoint while the name of the
/// peer's host is looked up, then libzmq's to connect.
final class ZeroMQChannel {
    let id: ChannelID
    let lane: Lane
    let address: PeerAddress
    /// The node whose key the other end must have; nil when none is known.
    let keyOwner: String?
    var socket: ZeroMQSocket?
    var monitor: ZeroMQSocket?
    /// The numeric address that libzmq connects.
    var host: String?
    var isConnected = false
    /// Whether the connection in `host` has failed since that was chosen.
    var hasFailed = false
    /// Further addresses of the name that may be tried at once; then libzmq's pause between two connects is kept.
    var untried = 0

    init(id: ChannelID, lane: Lane, address: PeerAddress, keyOwner: String?) {
        self.id = id
        self.lane = lane
        self.address = address
        self.keyOwner = keyOwner
    }

    /// Where to connect next. An address is kept while the name still has it, unless it has just failed.
    func choose(among addresses: [String]) -> String? {
        guard let host, let index = addresses.firstIndex(of: host) else { return addresses.first }
        return hasFailed ? addresses[(index + 1) % addresses.count] : host
    }

    func endpoint(at host: String) -> String { "tcp://\(PeerAddress(host: host, port: address.port(of: lane)))" }
}
