/// What a node tells the mesh about itself. Travels whole with the member, so it is bounded:
/// at most ``MembershipLimits/metadataBytes`` bytes packed.
public struct MemberMetadata: Hashable, Sendable {
    /// What the node does ("primes", "lookup", "store", "edge"...). Sorted, without duplicates.
    public var roles: [String] { didSet { roles = Self.normalized(roles) } }
    /// Free annotations of the operator, at most ``MembershipLimits/labels``.
    public var labels: [String: String]
    /// Weight on the work ring in hundredths of an ordinary node: 100 is ordinary, 200 takes twice the share.
    public var capacity: UInt32
    /// What fails together (a rack, a data centre); empty when nobody said.
    public var zone: String
    public var versions: MemberVersions
    /// Where the admin port answers, if it does: `http://host:port`.
    public var adminURL: String?
    /// Where the node serves clients, if it is an edge: `http://host:port`.
    public var edgeURL: String?
    /// How busy the node says it is, in thousandths of its capacity. A hint: placement ignores it, because views of
    /// load differ between nodes.
    public var load: UInt16

    public init(
        roles: [String] = [], labels: [String: String] = [:], capacity: UInt32 = 100, zone: String = "",
        versions: MemberVersions = MemberVersions(), adminURL: String? = nil, edgeURL: String? = nil, load: UInt16 = 0
    ) {
        self.roles = Self.normalized(roles)
        self.labels = labels
        self.capacity = capacity
        self.zone = zone
        self.versions = versions
        self.adminURL = adminURL
        self.edgeURL = edgeURL
        self.load = load
    }

    /// Whether placement would see no difference: everything but ``load`` is equal.
    public func placesLike(_ other: MemberMetadata) -> Bool {
        var other = other
        other.load = load
        return self == other
    }

    private static func normalized(_ roles: [String]) -> [String] {
        let sorted = roles.sorted()
        var unique: [String] = []
        for role in sorted where role != unique.last { unique.append(role) }
        return unique
    }
}

/// The versions a node speaks.
public struct MemberVersions: Hashable, Sendable {
    /// The release of the software, for people.
    public var software: String
    /// The lowest and the highest wire version it speaks.
    public var wireMin: UInt16
    public var wireMax: UInt16
    /// The highest schema version its store can write.
    public var schema: UInt32

    public init(software: String = "", wireMin: UInt16 = 1, wireMax: UInt16 = 1, schema: UInt32 = 1) {
        self.software = software
        self.wireMin = wireMin
        self.wireMax = wireMax
        self.schema = schema
    }
}

/// Bounds of what a peer may say. A message beyond them is malformed, whoever sent it.
public enum MembershipLimits {
    /// UTF-8 bytes of a node's name, from 1.
    public static let nameBytes = 64
    /// UTF-8 bytes of an address's host, from 1: the longest DNS name (RFC 1035, section 2.3.4).
    public static let hostBytes = 255
    /// Packed size of a ``MemberMetadata``.
    public static let metadataBytes = 4096
    /// Roles of one member.
    public static let roles = 64
    /// Labels of one member.
    public static let labels = 64
    /// Bytes of one role, label, zone, version or URL.
    public static let textBytes = 512
    /// Accusers that travel with a suspicion: the first and the confirmations that shorten its time.
    public static let accusers = 4
    /// Lives and incarnations stay below this, so that adding one never overflows.
    public static let counter: UInt64 = 1 << 62
}
