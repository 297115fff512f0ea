/// A node as placement sees it: what decides which keys it owns, and nothing else.
///
/// Load is deliberately absent. Views of load differ between nodes, so a ring that used it would send one key to two
/// places; a node that has too much answers `overloaded`, and the caller goes to the next node of the ring.
public struct RingMember: Hashable, Sendable {
    /// The capacity of an ordinary node. Capacities are whole hundredths, so that they are exact on every machine.
    public static let ordinaryCapacity = 100
    /// The largest capacity: 64 ordinary nodes. It bounds the size of a ring: nobody's metadata can make it larger.
    public static let maximumCapacity = 6_400

    /// The node's name, unique within the mesh. A node's points on the ring depend on it alone.
    public let name: String
    /// The node's weight in hundredths of an ordinary node: 1 ... 6,400, clamped. A node of capacity 200 owns about twice
    /// the keys of a node of capacity 100.
    public let capacity: Int
    /// Where the node stands or falls with others (rack, data centre). Nodes that name none share the zone "".
    public let zone: String
    /// What the node can do, sorted and without repetition.
    public let roles: [String]

    public init(name: String, capacity: Int = Self.ordinaryCapacity, zone: String = "", roles: [String] = []) {
        self.name = name
        self.capacity = min(max(capacity, 1), Self.maximumCapacity)
        self.zone = zone
        self.roles = Set(roles).sorted()
    }

    /// How many points the member has on the ring: at least one, so that everybody owns something.
    var pointCount: Int {
        max(1, (capacity * HashRing.pointsPerOrdinaryMember + Self.ordinaryCapacity / 2) / Self.ordinaryCapacity)
    }
}

extension RingMember: Comparable {
    /// By name; the rest only decides which of two entries of one name counts, so that it is the same one everywhere.
    public static func < (a: RingMember, b: RingMember) -> Bool {
        if a.name != b.name { return a.name < b.name }
        if a.capacity != b.capacity { return a.capacity < b.capacity }
        if a.zone != b.zone { return a.zone < b.zone }
        return a.roles.lexicographicallyPrecedes(b.roles)
    }
}
