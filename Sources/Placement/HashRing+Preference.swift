import World

extension HashRing {
    /// The members to ask for `key`, best first: at most `count`, distinct, with `role` (of all, when nil).
    ///
    /// The first is the owner. Then come the first members of further zones in clockwise order until every zone has been
    /// named, then everyone else in clockwise order. A shorter list is always the beginning of a longer one.
    public func owners(of key: String, count: Int, role: String? = nil) -> [RingMember] {
        owners(ofHash: StableHash.hash(key.utf8), count: count, role: role)
    }

    /// The same for a position on the ring.
    public func owners(ofHash position: UInt64, count: Int, role: String? = nil) -> [RingMember] {
        guard let points = points(for: role), count > 0 else { return [] }
        let wanted = min(count, points.memberCount)
        var zoneNamed = Array(repeating: false, count: zoneOfMember.count)
        var firstOfZone: [Int] = []
        var others: [Int] = []
        for index in points.walk(from: position, among: members.count) {
            let zone = zoneOfMember[index]
            if !zoneNamed[zone] {
                zoneNamed[zone] = true
                firstOfZone.append(index)
            } else {
                others.append(index)
            }
            if firstOfZone.count == wanted { break }
            if firstOfZone.count == points.zoneCount, firstOfZone.count + others.count >= wanted { break }
        }
        return (firstOfZone + others).prefix(wanted).map { members[$0] }
    }

    /// Whom to ask for `key` after those in `refused` have answered `overloaded` (or could not be reached): the first of
    /// the preference list that is not among them. Nil when all have been asked.
    public func owner(of key: String, role: String? = nil, excluding refused: Set<String>) -> RingMember? {
        owner(ofHash: StableHash.hash(key.utf8), role: role, excluding: refused)
    }

    /// The same for a position on the ring.
    public func owner(ofHash position: UInt64, role: String? = nil, excluding refused: Set<String>) -> RingMember? {
        // Of one more than were refused, at least one was not.
        owners(ofHash: position, count: refused.count + 1, role: role).first { !refused.contains($0.name) }
    }
}
