/// How many shards each store must and may hold.
///
/// A store's target is its share by capacity, as far as the rules allow: no store holds a shard twice, so none can hold
/// more than all shards; and with at least as many zones as replicas no zone holds a shard twice, so a small zone's
/// stores hold more than their share. Targets are found by filling water into vessels: zones first, then the stores of
/// each zone. The fractional assignment "every shard has target/1024 of each store" respects every rule, hence
/// (flows with whole bounds have whole solutions) an assignment within `floor ... cap` exists.
package struct LoadBounds: Sendable {
    /// A store may hold a tenth more or less than its target. Less would move more shards at each change for an evenness
    /// that no one notices beside the uneven popularity of keys; more would let one disk work a quarter harder.
    static let slack = 0.1

    package let floor: [Int]
    package let cap: [Int]
    let target: [Double]
    /// For every store the index of its zone.
    let zoneOfStore: [Int]
    /// For every zone, how many replicas of one shard may lie in it.
    let zoneLimit: [Int]

    package init(stores: [ShardStore], replication: Int) {
        let shards = Double(ShardMap.shardCount)
        let zones = Set(stores.map(\.zone)).sorted()
        let storesOfZone = zones.map { zone in stores.indices.filter { stores[$0].zone == zone } }
        // Every zone gets one replica before any gets its second.
        zoneLimit = storesOfZone.map { min($0.count, max(1, replication - zones.count + 1)) }

        let zoneTarget = Self.fill(
            weights: storesOfZone.map { Double($0.reduce(0) { $0 + stores[$1].capacity }) },
            low: zones.count <= replication ? shards : 0,
            high: zoneLimit.map { shards * Double($0) },
            total: shards * Double(replication))

        var target = Array(repeating: 0.0, count: stores.count)
        var zoneOfStore = Array(repeating: 0, count: stores.count)
        for (zone, members) in storesOfZone.enumerated() {
            let filled = Self.fill(
                weights: members.map { Double(stores[$0].capacity) },
                low: 0,
                high: members.map { _ in shards },
                total: zoneTarget[zone])
            for (member, amount) in zip(members, filled) {
                target[member] = amount
                zoneOfStore[member] = zone
            }
        }
        self.target = target
        self.zoneOfStore = zoneOfStore
        // Conversion cuts the fraction off. `rounded` would do, but needs the C mathematics library for nothing else.
        floor = target.map { Int($0 * (1 - Self.slack)) }
        cap = target.map { target in
            let most = target * (1 + Self.slack)
            let whole = Int(most)
            return min(ShardMap.shardCount, Double(whole) < most ? whole + 1 : whole)
        }
    }

    /// Divides `total` in proportion to the weights, nobody getting less than `low` or more than their `high`.
    ///
    /// The amounts are `level * weight`, clamped; the level is found by halving. Only +, * and / occur, which IEEE 754
    /// defines to the last bit, so every machine finds the same bounds.
    static func fill(weights: [Double], low: Double, high: [Double], total: Double) -> [Double] {
        func amounts(_ level: Double) -> [Double] {
            zip(weights, high).map { min(max(level * $0, low), $1) }
        }
        var below = 0.0
        var above = total  // every weight is at least 1, so this level fills every vessel as far as it goes
        for _ in 0 ..< 128 {
            let middle = (below + above) / 2
            if amounts(middle).reduce(0, +) < total { below = middle } else { above = middle }
        }
        return amounts(above)
    }
}
