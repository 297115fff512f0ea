import World

/// Where a member's pulse lane listens, as others reach it. The truth lane is one port above, the work lane two.
public struct MemberAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// An IP address or a DNS name, at most ``MembershipLimits/hostBytes`` bytes.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public static func < (a: MemberAddress, b: MemberAddress) -> Bool { (a.host, a.port) < (b.host, b.port) }

    public var description: String { "\(host):\(port)" }
}

/// A process at its address: the far end of a session, and the destination of a message.
public struct MembershipPeer: Hashable, Sendable, CustomStringConvertible {
    public var identity: NodeIdentity
    public var address: MemberAddress

    public init(identity: NodeIdentity, address: MemberAddress) {
        self.identity = identity
        self.address = address
    }

    public var description: String { "\(identity)@\(address)" }
}
