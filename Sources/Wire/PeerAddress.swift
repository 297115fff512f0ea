/// Where a node can be reached: a host and the port of its pulse lane. The other lanes follow at the next two ports.
public struct PeerAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address without brackets, or a DNS name.
    public let host: String
    /// The port of the pulse lane, 1 to 65533.
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The highest port that leaves room for the two lanes above it.
    public static let highestPort: UInt16 = 65533

    /// Reads `host:port` or `[v6]:port`. `nil` when it is neither or the port is not in 1...65533.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
        guard !host.isEmpty, (1...Self.highestPort).contains(port) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Whether the host looks like an IPv4 or IPv6 address or a DNS name (RFC 1123, with the underscore that resolvers take);
    /// whether there is such a host only a look-up can tell. Where the port is 0 nobody is to be reached, and the host means nothing.
    var isPlausible: Bool {
        port == 0 || !host.isEmpty && host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: ".-_:".utf8.contains(byte)
            }
        }
    }

    /// The port of `lane`; wraps for a port above ``highestPort``, which no valid address has.
    public func port(of lane: Lane) -> UInt16 { port &+ UInt16(lane.rawValue) }

    /// `host:port`, an IPv6 host in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    public static func < (a: PeerAddress, b: PeerAddress) -> Bool { (a.host, a.port) < (b.host, b.port) }
}
