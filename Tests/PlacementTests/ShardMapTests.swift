import Placement
import Testing
import World

@Suite struct ShardMapTests {
    /// What every map must satisfy, whatever its stores.
    func check(_ map: ShardMap, _ comment: Comment) {
        let replication = map.stores.count >= 3 ? 3 : 1
        let zones = Set(map.stores.map(\.zone)).count
        #expect(map.replication == replication, comment)
        for shard in 0 ..< ShardMap.shardCount {
            let replicas = map.replicas(of: shard)
            guard replicas.count == replication, Set(replicas.map(\.id)).count == replication else {
                Issue.record("shard \(shard) has replicas \(replicas.map(\.name)): \(comment)")
                continue
            }
            if Set(replicas.map(\.zone)).count != min(zones, replication) {
                Issue.record("shard \(shard) lies in zones \(replicas.map(\.zone)): \(comment)")
            }
        }
        let bounds = LoadBounds(stores: map.stores, replication: replication)
        for (index, load) in map.loads.enumerated() {
            #expect(load.replicas <= bounds.cap[index] && load.replicas >= bounds.floor[index], comment)
            #expect(load.homes <= (bounds.cap[index] + replication - 1) / replication, comment)
            #expect(load.homes >= bounds.floor[index] / replication, comment)
        }
    }

    func randomStores(_ random: inout RandomStream) -> [ShardStore] {
        let zones = 1 + random.below(5)
        return (0 ..< 1 + random.below(14)).map { number in
            Meshes.store("n\(number)", capacity: 50 + random.below(400), zone: "z\(random.below(zones))")
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 9, 40]) func equalStoresHoldEqualLoadsWithinATenth(count: Int) throws {
        let map = try ShardMap.genesis(of: Meshes.stores(count))
        check(map, "\(count) stores")
        let mean = Double(ShardMap.shardCount * map.replication) / Double(count)
        for load in map.loads {
            #expect(abs(Double(load.replicas) - mean) <= 0.1 * mean + 1)
            let meanHomes = Double(ShardMap.shardCount) / Double(count)
            #expect(abs(Double(load.homes) - meanHomes) <= 0.1 * meanHomes + 1.5)
        }
    }

    @Test func loadsFollowCapacity() throws {
        let map = try ShardMap.genesis(of: [
            Meshes.store("a", capacity: 100), Meshes.store("b", capacity: 200), Meshes.store("c", capacity: 300),
            Meshes.store("d", capacity: 300), Meshes.store("e", capacity: 300),
        ])
        check(map, "weighted")
        for load in map.loads {
            let fair = 2.56 * Double(load.store.capacity)
            #expect(abs(Double(load.replicas) - fair) <= 0.1 * fair + 1)
        }
    }

    @Test func aStoreTooLargeForItsShareHoldsEveryShardOnce() throws {
        let map = try ShardMap.genesis(of: [
            Meshes.store("giant", capacity: 6400), Meshes.store("a"), Meshes.store("b"), Meshes.store("c"),
        ])
        check(map, "giant")
        #expect(map.loads.first { $0.store.name == "giant" }?.replicas ?? 0 >= 921)
    }

    @Test func anyStoresGiveABalancedMapAndSoDoesAnyChange() throws {
        for seed in 1 ... 20 as ClosedRange<UInt64> {
            var random = RandomStream(seed: seed)
            var map = try ShardMap.genesis(of: randomStores(&random))
            check(map, "seed \(seed), genesis")
            for step in 1 ... 3 {
                let next = try map.rebalanced(stores: randomStores(&random))
                check(next, "seed \(seed), step \(step)")
                #expect(next.epoch == map.epoch + 1)
                map = next
            }
        }
    }

    @Test(arguments: [3, 4, 5, 8, 20]) func aNewStoreTakesItsShareAndNothingElseMoves(count: Int) throws {
        let before = try ShardMap.genesis(of: Meshes.stores(count))
        let after = try before.rebalanced(stores: Meshes.stores(count + 1))
        check(after, "one more")
        let changes = after.changes(since: before)
        let moved = changes.reduce(0) { $0 + $1.added.count }
        for change in changes { #expect(change.added.map(\.name) == ["n\(count + 1)"]) }
        let fair = Double(3 * ShardMap.shardCount) / Double(count + 1)
        #expect(Double(moved) <= 1.1 * fair + 1, "\(moved) moved, \(fair) would be fair")
        #expect(Double(moved) >= 0.9 * fair - 1)
    }

    @Test func aMeshThatGrowsStepByStepMovesOnlyOntoNewcomers() throws {
        var random = RandomStream(seed: 11)
        for _ in 0 ..< 3 {
            // Capacities differ, so that loads of the old stores lie anywhere between their bounds.
            var stores = (0 ..< 4).map { Meshes.store("old\($0)", capacity: 50 + random.below(200)) }
            var map = try ShardMap.genesis(of: stores)
            for step in 0 ..< 5 {
                let names = (0 ... random.below(2)).map { "new\(step)-\($0)" }
                stores += names.map { Meshes.store($0, capacity: 150) }
                let next = try map.rebalanced(stores: stores)
                check(next, "step \(step)")
                let strangers = next.changes(since: map).flatMap(\.added).filter { !names.contains($0.name) }
                #expect(strangers.isEmpty)
                map = next
            }
        }
    }

    @Test(arguments: [4, 5, 8, 20]) func aLostStoresReplicasAloneMove(count: Int) throws {
        let stores = Meshes.stores(count)
        let before = try ShardMap.genesis(of: stores)
        let after = try before.rebalanced(stores: stores.filter { $0.name != "n2" })
        check(after, "one less")
        let held = before.loads.first { $0.store.name == "n2" }?.replicas ?? 0
        let changes = after.changes(since: before)
        #expect(changes.count == held)
        for change in changes {
            #expect(change.removed.map(\.name) == ["n2"])
            #expect(change.added.count == 1)
        }
    }

    @Test func aWipedStoreIsFilledAgainAndNothingElseMoves() throws {
        let stores = Meshes.stores(6)
        let before = try ShardMap.genesis(of: stores)
        let wiped = ShardStore(id: StoreID(high: 1, low: 2), name: "n3")
        let after = try before.rebalanced(stores: stores.filter { $0.name != "n3" } + [wiped])
        check(after, "wiped")
        let held = before.loads.first { $0.store.name == "n3" }?.replicas ?? 0
        #expect(after.changes(since: before).count == held)
    }

    @Test func nothingMovesWhenNothingChanged() throws {
        var random = RandomStream(seed: 3)
        for _ in 0 ..< 20 {
            let stores = randomStores(&random)
            let before = try ShardMap.genesis(of: stores)
            let after = try before.rebalanced(stores: stores.shuffled(using: &random))
            #expect(after.replicaIDs == before.replicaIDs, "not even the order of a list")
            #expect(after.epoch == 2)
        }
    }

    @Test func theOrderOfTheInputDoesNotMatter() throws {
        var random = RandomStream(seed: 4)
        for _ in 0 ..< 20 {
            let stores = randomStores(&random)
            let map = try ShardMap.genesis(of: stores)
            let other = try ShardMap.genesis(of: stores.shuffled(using: &random))
            #expect(map == other)
            #expect(map.fingerprint == other.fingerprint)
        }
    }

    @Test func theSecondInLineStandsInAnotherZoneThanTheHome() throws {
        let map = try ShardMap.genesis(of: Meshes.stores(6, zones: 2))
        for shard in 0 ..< ShardMap.shardCount {
            let replicas = map.replicas(of: shard)
            #expect(replicas[0].zone != replicas[1].zone)
        }
    }

    @Test func aThousandStoresAreBalanced() throws {
        let before = try ShardMap.genesis(of: Meshes.stores(1_000, zones: 5))
        check(before, "1,000 stores")
        check(try before.rebalanced(stores: Meshes.stores(999, zones: 5)), "999 stores")
    }

    @Test func keysSpreadOverTheShards() {
        var hits = Array(repeating: 0, count: ShardMap.shardCount)
        for key in Meshes.keys(100_000) { hits[ShardMap.shard(of: key)] += 1 }
        // A mean of 98 with a deviation of 10: five deviations either way.
        #expect((hits.max() ?? 0) < 150 && (hits.min() ?? 0) > 50)
    }

    @Test func anyDifferenceOfTheMapsChangesTheFingerprint() throws {
        let first = try ShardMap.genesis(of: Meshes.stores(5))
        let maps = [
            first, try first.rebalanced(stores: Meshes.stores(5)), try ShardMap.genesis(of: Meshes.stores(6)),
            try ShardMap.genesis(of: Meshes.stores(5, zones: 5)),
        ]
        #expect(Set(maps.map(\.fingerprint)).count == maps.count)
    }
}
