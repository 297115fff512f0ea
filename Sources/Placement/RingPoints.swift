import World

/// The points of some members on the circle, sorted by position.
///
/// Positions and owners lie in two arrays, so that the binary search touches nothing but positions.
struct RingPoints: Sendable {
    private(set) var positions: [UInt64] = []
    /// For every position, the index of its member among the ring's members.
    private(set) var owners: [UInt32] = []
    private(set) var memberCount = 0
    private(set) var zoneCount = 0

    private init() {}

    init(members: [RingMember], zoneOfMember: [Int]) {
        var points: [(position: UInt64, owner: UInt32)] = []
        points.reserveCapacity(members.reduce(0) { $0 + $1.pointCount })
        var text: [UInt8] = []
        for (index, member) in members.enumerated() {
            text.removeAll(keepingCapacity: true)
            text.append(contentsOf: member.name.utf8)
            text.append(UInt8(ascii: "#"))
            let prefix = text.count
            for number in 0 ..< member.pointCount {
                text.removeSubrange(prefix...)
                text.append(contentsOf: String(number).utf8)
                points.append((StableHash.hash(text), UInt32(index)))
            }
        }
        // Members are sorted by name: two members at one position stand in the order of their names.
        points.sort { $0.position != $1.position ? $0.position < $1.position : $0.owner < $1.owner }
        positions = points.map(\.position)
        owners = points.map(\.owner)
        memberCount = members.count
        zoneCount = Set(zoneOfMember).count
    }

    /// The points of those members whose flag is set. The owner of a key among them is the first of them that a walk
    /// over all points would meet, so a role costs no walk past those who lack it.
    func restricted(to isMember: [Bool], zoneOfMember: [Int]) -> RingPoints {
        var result = RingPoints()
        for (position, owner) in zip(positions, owners) where isMember[Int(owner)] {
            result.positions.append(position)
            result.owners.append(owner)
        }
        result.memberCount = isMember.reduce(0) { $0 + ($1 ? 1 : 0) }
        result.zoneCount = Set(zip(isMember, zoneOfMember).filter { $0.0 }.map(\.1)).count
        return result
    }

    /// The index of the first point at or clockwise after `position`; nil on an empty circle.
    func start(of position: UInt64) -> Int? {
        guard !positions.isEmpty else { return nil }
        let index = positions.partitioningIndex { $0 >= position }
        return index == positions.count ? 0 : index
    }

    func owner(of position: UInt64) -> Int? {
        start(of: position).map { Int(owners[$0]) }
    }

    /// The members in the order in which a clockwise walk from `position` first meets them.
    func walk(from position: UInt64, among memberTotal: Int) -> RingWalk {
        RingWalk(points: self, next: start(of: position) ?? 0, unmet: memberCount, memberTotal: memberTotal)
    }
}

/// A clockwise walk that names every member once.
struct RingWalk: Sequence, IteratorProtocol {
    private let points: RingPoints
    private var index: Int
    private var unmet: Int
    private var met: [Bool]

    init(points: RingPoints, next: Int, unmet: Int, memberTotal: Int) {
        self.points = points
        self.index = next
        self.unmet = unmet
        met = Array(repeating: false, count: memberTotal)
    }

    mutating func next() -> Int? {
        while unmet > 0 {
            let owner = Int(points.owners[index])
            index = index + 1 == points.owners.count ? 0 : index + 1
            if met[owner] { continue }
            met[owner] = true
            unmet -= 1
            return owner
        }
        return nil
    }
}
