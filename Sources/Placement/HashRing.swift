import World

// Placement decides where keys live: work on a hash ring of live members, durable state on a written-down shard map.
//
// THE WORK RING
//
// Consistent hashing (Karger et al., "Consistent Hashing and Random Trees", STOC 1997) with virtual nodes, as in
// Dynamo (DeCandia et al., SOSP 2007, section 4.2). The ring is the circle of 64-bit numbers. An
// ordinary member stands on it at 128 points, one of capacity 200 at 256, namely StableHash of "name#0", "name#1" and so
// on; a key belongs to the member whose point is the first at or clockwise after StableHash of the key.
//
// What follows from that, and is tested:
//  * A member's points depend on its own name and capacity alone. So a newcomer takes keys from others and nothing moves
//    between those who were there; a leaver's keys go to its clockwise successors and nothing else moves.
//  * 128 points leave a standard deviation of about 1/sqrt(128) = 9 % in a member's share. More points would even it
//    out but cost memory and build time in every node: 1,000 nodes are 128,000 points, 1.5 MB for each role.
//  * Two nodes that agree on the members agree on every owner, whatever the order in which they learnt of them;
//    `fingerprint` lets them compare without sending the ring.
//
// Where we depart from Dynamo: the preference list takes members of distinct zones first, for the whole list and not
// only for the replicas, because the second name on it is asked precisely when the first is in trouble; and there are no
// "hinted" substitutes, since who holds durable state is never the ring's business (see ShardMap).

/// An immutable picture of who owns which keys, built from the members of one decided view.
///
/// Building costs O(p log p) for p points; ``owner(of:role:)`` costs one binary search.
public struct HashRing: Sendable {
    /// Points on the ring of a member of ``RingMember/ordinaryCapacity``; the others' in proportion.
    public static let pointsPerOrdinaryMember = 128

    /// The members, sorted by name. When the input names one twice, the lesser entry by `RingMember`'s order counts.
    public let members: [RingMember]
    /// The same for equal members on every machine, and different otherwise (but for a chance of 2^-64).
    public let fingerprint: UInt64

    let everyone: RingPoints
    let byRole: [String: RingPoints]
    /// For every member the index of its zone among the sorted zones.
    let zoneOfMember: [Int]

    public init(_ input: [RingMember]) {
        var members: [RingMember] = []
        members.reserveCapacity(input.count)
        for member in input.sorted() where members.last?.name != member.name { members.append(member) }
        self.members = members

        let zones = Set(members.map(\.zone)).sorted()
        let indexOfZone = Dictionary(uniqueKeysWithValues: zones.enumerated().map { ($1, $0) })
        let zoneOfMember = members.map { indexOfZone[$0.zone] ?? 0 }
        self.zoneOfMember = zoneOfMember

        let everyone = RingPoints(members: members, zoneOfMember: zoneOfMember)
        self.everyone = everyone
        var holders: [String: [Bool]] = [:]
        for (index, member) in members.enumerated() {
            for role in member.roles {
                holders[role, default: Array(repeating: false, count: members.count)][index] = true
            }
        }
        byRole = holders.mapValues { everyone.restricted(to: $0, zoneOfMember: zoneOfMember) }
        fingerprint = Self.fingerprint(of: members)
    }

    /// The member that owns `key` among those with `role` (among all, when nil). Nil when there is none.
    public func owner(of key: String, role: String? = nil) -> RingMember? {
        owner(ofHash: Self.position(of: key), role: role)
    }

    /// The same for a position on the ring.
    public func owner(ofHash position: UInt64, role: String? = nil) -> RingMember? {
        guard let points = points(for: role), let index = points.owner(of: position) else { return nil }
        return members[index]
    }

    /// The member called `name`.
    public func member(named name: String) -> RingMember? {
        let index = members.partitioningIndex { $0.name >= name }
        return index < members.count && members[index].name == name ? members[index] : nil
    }

    func points(for role: String?) -> RingPoints? {
        guard let role else { return everyone }
        return byRole[role]
    }

    private static func fingerprint(of members: [RingMember]) -> UInt64 {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0xFF)  // occurs in no UTF-8 text, so that neighbouring fields cannot be taken for each other
        }
        for member in members {
            append(member.name)
            append(String(member.capacity))
            append(member.zone)
            for role in member.roles { append(role) }
            bytes.append(0xFE)
        }
        return StableHash.hash(bytes)
    }
}

extension HashRing: Hashable {
    public static func == (a: HashRing, b: HashRing) -> Bool { a.members == b.members }
    public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element satisfies a predicate that is false up to some index and true from there on.
    func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
