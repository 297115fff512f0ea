import World

extension HashRing {
    /// A stretch of the circle that one member owns: from the end of the arc before it, which it leaves out, to its own
    /// end, which it holds.
    public struct Arc: Hashable, Sendable {
        public let member: RingMember
        public let end: UInt64
    }

    /// The whole circle in arcs, by their ends; neighbouring points of one member make one arc. The first arc begins at the end of the
    /// last.
    public func arcs(role: String? = nil) -> [Arc] {
        guard let points = points(for: role) else { return [] }
        return points.positions.indices.compactMap { index in
            let isLast = index + 1 == points.owners.count
            if !isLast, points.owners[index + 1] == points.owners[index] { return nil }
            return Arc(member: members[Int(points.owners[index])], end: points.positions[index])
        }
    }

    /// Where a key lies on the circle.
    public static func position(of key: String) -> UInt64 { StableHash.hash(key.utf8) }
}
