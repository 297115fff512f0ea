extension HashRing {
    /// What a member owns of the keys.
    public struct Share: Hashable, Sendable {
        public let member: RingMember
        /// The fraction of all keys, 0 ... 1.
        public let fraction: Double
    }

    /// The share of every member with `role` (of all, when nil), sorted by name. The fractions add up to 1.
    public func shares(role: String? = nil) -> [Share] {
        guard let points = points(for: role), !points.positions.isEmpty else { return [] }
        var arcs = Array(repeating: 0.0, count: members.count)
        var holds = Array(repeating: false, count: members.count)
        var previous = points.positions[points.positions.count - 1]
        for (position, owner) in zip(points.positions, points.owners) {
            // Wraps for the first point, whose arc begins at the last one.
            arcs[Int(owner)] += Double(position &- previous) * 0x1p-64
            holds[Int(owner)] = true
            previous = position
        }
        return members.indices.filter { holds[$0] }.map { Share(member: members[$0], fraction: arcs[$0]) }
    }

    /// The fraction of all keys that `name` owns among the members with `role`; 0 for a stranger.
    public func share(of name: String, role: String? = nil) -> Double {
        shares(role: role).first { $0.member.name == name }?.fraction ?? 0
    }
}
