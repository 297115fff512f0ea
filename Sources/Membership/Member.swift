import World

/// How a node sees another.
public enum MemberStatus: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    /// It answers, or nobody has said otherwise.
    case alive = 0
    /// Somebody accuses it of silence. It still counts as live: it may be slow, or its accuser may be.
    case suspect = 1
    /// It had its time to answer the accusation. Only a higher incarnation or a higher life comes back.
    case dead = 2
    /// It said goodbye. Only a higher life comes back.
    case left = 3

    /// Whether work may be given to it: alive, or merely suspected.
    public var isLive: Bool { self == .alive || self == .suspect }

    public var description: String {
        switch self {
        case .alive: "alive"
        case .suspect: "suspect"
        case .dead: "dead"
        case .left: "left"
        }
    }
}

/// A node as gossip sees it.
public struct Member: Hashable, Sendable {
    /// Its name, and the latest life known.
    public var identity: NodeIdentity
    /// Where others reach it, as it says.
    public var address: MemberAddress
    /// SWIM's volatile counter of refutations within one life: only the member itself raises it.
    public var incarnation: UInt64
    /// How this node sees it now.
    public var status: MemberStatus
    /// Raised by the member at every change of its metadata; 0 while the metadata is unknown.
    public var metadataVersion: UInt64
    /// What it tells of itself, as of that version.
    public var metadata: MemberMetadata
    /// When this node saw the status begin, on its own clock.
    public var since: Instant

    public init(
        identity: NodeIdentity, address: MemberAddress, incarnation: UInt64, status: MemberStatus,
        metadataVersion: UInt64, metadata: MemberMetadata, since: Instant
    ) {
        self.identity = identity
        self.address = address
        self.incarnation = incarnation
        self.status = status
        self.metadataVersion = metadataVersion
        self.metadata = metadata
        self.since = since
    }

    /// The name, which it keeps from life to life.
    public var name: String { identity.name }
    /// The process at its address.
    public var peer: MembershipPeer { MembershipPeer(identity: identity, address: address) }
}
