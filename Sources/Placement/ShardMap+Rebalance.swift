import World

extension ShardMap {
    /// The first map of a mesh, under epoch 1.
    public static func genesis(of stores: [ShardStore]) throws(ShardMapError) -> ShardMap {
        let sorted = try checked(stores)
        let nothing: [[Int]] = Array(repeating: [], count: shardCount)
        return balanced(epoch: 1, stores: sorted, kept: nothing, newcomers: sorted.map { _ in true })
    }

    /// The next epoch's map over `stores`, made from this one with as few moves as the load bounds and zones allow.
    ///
    /// A store counts as the same when its id is the same: one that was wiped is a newcomer under its old name. Changed
    /// capacities and zones count as well. A newcomer takes replicas, and nothing else moves; a lost store's replicas
    /// are dealt out, and nothing else moves, unless capacities or zones make it.
    public func rebalanced(stores newStores: [ShardStore]) throws(ShardMapError) -> ShardMap {
        let sorted = try Self.checked(newStores)
        let (next, overflow) = epoch.addingReportingOverflow(1)
        guard !overflow else {
            throw ShardMapError(
                code: .epochExhausted, sentence: "the shard map's epoch is \(epoch), the last one; was it made by hand?")
        }
        var newIndex: [StoreID: Int] = [:]
        for (index, store) in sorted.enumerated() { newIndex[store.id] = index }
        let translation = stores.map { newIndex[$0.id] }
        let known = Set(stores.map(\.id))
        return Self.balanced(
            epoch: next, stores: sorted, kept: lists.map { $0.compactMap { translation[$0] } },
            newcomers: sorted.map { !known.contains($0.id) })
    }

    /// A replica set that differs between two maps.
    public struct Change: Hashable, Sendable {
        public let shard: Int
        /// Stores that must be filled.
        public let added: [ShardStore]
        /// Stores that may forget.
        public let removed: [ShardStore]
    }

    /// What a reconfiguration from `previous` to this map must do, in the order of shards. A new order of the same
    /// stores (another home) is no change.
    public func changes(since previous: ShardMap) -> [Change] {
        (0 ..< Self.shardCount).compactMap { shard in
            let old = previous.replicas(of: shard)
            let new = replicas(of: shard)
            let added = new.filter { store in !old.contains { $0.id == store.id } }
            let removed = old.filter { store in !new.contains { $0.id == store.id } }
            return added.isEmpty && removed.isEmpty ? nil : Change(shard: shard, added: added, removed: removed)
        }
    }

    private static func balanced(epoch: UInt64, stores: [ShardStore], kept: [[Int]], newcomers: [Bool]) -> ShardMap {
        let replication = replication(stores: stores.count)
        let bounds = LoadBounds(stores: stores, replication: replication)
        let storeHash = stores.map { StableHash.hash($0.name.utf8) }
        let score = { (shard: Int, store: Int) in StableHash.mix(storeHash[store] ^ point(of: shard)) }

        // Points depend on names, so a wiped store stands where its predecessor stood.
        let ring = HashRing(stores.map { RingMember(name: $0.name, capacity: $0.capacity, zone: $0.zone) })
        var holders = BoundedAssignment(
            chosen: kept.map { trimmed($0, to: replication, bounds: bounds) },
            zoneOfStore: bounds.zoneOfStore, zoneLimit: bounds.zoneLimit, floor: bounds.floor, cap: bounds.cap,
            score: score)
        for shard in 0 ..< shardCount {
            while holders.chosen[shard].count < replication {
                // Stores and ring members are both sorted by name, so an index means the same in both.
                holders.choose(for: shard, in: ring.everyone.walk(from: point(of: shard), among: stores.count))
            }
        }
        holders.settle(newcomers: newcomers)

        let homes = homes(of: holders.chosen, keeping: kept, bounds: bounds, replication: replication, score: score)
        let lists = holders.chosen.enumerated().map { shard, list in
            ordered(list, home: homes[shard], zoneOfStore: bounds.zoneOfStore) { score(shard, $0) }
        }
        return ShardMap(epoch: epoch, sortedStores: stores, lists: lists)
    }

    /// Where a shard stands on the ring.
    private static func point(of shard: Int) -> UInt64 { StableHash.hash("shard#\(shard)".utf8) }

    /// The beginning of an old list that the new replication and zones allow, home first.
    private static func trimmed(_ list: [Int], to replication: Int, bounds: LoadBounds) -> [Int] {
        var result: [Int] = []
        for store in list where result.count < replication {
            let zone = bounds.zoneOfStore[store]
            let inZone = result.count { bounds.zoneOfStore[$0] == zone }
            if inZone < bounds.zoneLimit[zone] { result.append(store) }
        }
        return result
    }

    /// Chooses every shard's home among its holders, each store getting its holders' share of homes within bounds. Every
    /// holder being a third of a home meets the bounds, so a whole solution exists.
    private static func homes(
        of holders: [[Int]], keeping old: [[Int]], bounds: LoadBounds, replication: Int,
        score: @escaping (Int, Int) -> UInt64
    ) -> [Int] {
        let kept = zip(old, holders).map { old, holders -> [Int] in
            guard let home = old.first, holders.contains(home) else { return [] }
            return [home]
        }
        var homes = BoundedAssignment(
            chosen: kept, candidates: holders,
            zoneOfStore: bounds.zoneOfStore.map { _ in 0 }, zoneLimit: [1],
            floor: bounds.floor.map { $0 / replication },
            cap: bounds.cap.map { ($0 + replication - 1) / replication }, score: score)
        for shard in holders.indices where kept[shard].isEmpty {
            // A lost home's first survivor has been standing in for it: let it stay, if it has room.
            let survivors = old[shard].filter(holders[shard].contains)
            homes.choose(for: shard, in: survivors + holders[shard].filter { !survivors.contains($0) })
        }
        homes.settle(newcomers: bounds.floor.map { _ in false })
        return homes.chosen.map { $0[0] }
    }

    /// Home first, then those of other zones, then those of the home's zone: whatever took the home down is likelier to
    /// have taken its neighbours than the others.
    private static func ordered(
        _ list: [Int], home: Int, zoneOfStore: [Int], score: (Int) -> UInt64
    ) -> [Int] {
        let others = list.filter { $0 != home }.sorted { a, b in
            let aIsNear = zoneOfStore[a] == zoneOfStore[home]
            let bIsNear = zoneOfStore[b] == zoneOfStore[home]
            return aIsNear != bIsNear ? bIsNear : (score(a), a) < (score(b), b)
        }
        return [home] + others
    }
}
