import World

// THE SHARD MAP
//
// Who holds durable state is written down, not computed from who is alive: truth is decided by majorities of a fixed
// replica set (see docs/ARCHITECTURE). Keys fall into 1,024 shards by hash; for every shard the map lists its replicas,
// home first. A map has an epoch, and only a reconfiguration makes the next one.
//
// Replicas are chosen by consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, SODA 2018): a shard
// walks the ring of the stores from its own point and takes those that have room. Where we depart from the paper:
//  * Three picks for each shard instead of one, distinct, spread over zones, weighted. What a store should hold is
//    therefore the solution of a small filling problem (LoadBounds), not simply the average.
//  * A lower bound as well as the upper one. In the paper an almost empty newcomer is fine; here it is a disk and a core
//    that idle, so a rebalanced map moves just enough onto it.
//  * The paper lets a ball rest where it fell until the bound forces it on; so do we: a new map starts from the old one
//    and moves only what a bound, a zone or a lost store makes it move. That is what "minimal movement" means here.
//  * With zones, plain walking can run into a dead end for the last shards. The bounds are those of a flow problem that
//    always has a solution, so an augmenting path ends the search (BoundedAssignment).
//  * Homes (the first of each list) are balanced in the same way, in a second pass over the chosen replicas.

/// Which stores hold which shard, under an epoch. A plain value; equal maps behave equally on every machine.
public struct ShardMap: Hashable, Sendable {
    /// The number of shards of every mesh. Fixed for ever: a key's shard may not depend on configuration.
    public static let shardCount = Shard.count

    /// One more than that of the map it was made from; the first is 1.
    public let epoch: UInt64
    /// The stores that may hold replicas, sorted by name.
    public let stores: [ShardStore]
    /// For every shard the indices of its stores, home preference first.
    let lists: [[Int]]

    /// The number of replicas of every shard: the largest odd number up to the smaller of 3 and the number of stores. An
    /// even number would add a store that can fail without adding one whose failure is survived.
    public var replication: Int { Self.replication(stores: stores.count) }

    /// The number of replicas of every shard in a map of so many stores: 3 from three stores on, 1 for one or two, 0 for none.
    public static func replication(stores: Int) -> Int { stores >= 3 ? 3 : min(stores, 1) }

    /// The shard of a key, 0 ..< 1,024: see ``Shard/of(_:)``.
    public static func shard(of key: String) -> Int { Shard.of(key.utf8) }

    /// The stores of a shard, in the order in which they stand in as its home. Empty outside 0 ..< 1,024.
    public func replicas(of shard: Int) -> [ShardStore] {
        lists.indices.contains(shard) ? lists[shard].map { stores[$0] } : []
    }

    /// The stores of a key's shard.
    public func replicas(ofKey key: String) -> [ShardStore] { replicas(of: Self.shard(of: key)) }

    /// Lists every shard's store ids, as they are written down and sent.
    public var replicaIDs: [[StoreID]] { lists.map { $0.map { stores[$0].id } } }

    /// How many shards each store holds, and of how many it is the home; in the order of `stores`.
    public var loads: [(store: ShardStore, replicas: Int, homes: Int)] {
        var replicas = Array(repeating: 0, count: stores.count)
        var homes = replicas
        for list in lists {
            for store in list { replicas[store] += 1 }
            homes[list[0]] += 1
        }
        return stores.indices.map { (stores[$0], replicas[$0], homes[$0]) }
    }

    /// The same for equal maps on every machine, and different otherwise (but for a chance of 2^-64).
    public var fingerprint: UInt64 {
        var hash = StableHash.mix(epoch)
        for store in stores {
            hash = StableHash.mix(hash ^ store.id.high)
            hash = StableHash.mix(hash ^ store.id.low)
            let text = "\(store.name)\u{0}\(store.capacity)\u{0}\(store.zone)"
            hash = StableHash.mix(hash ^ StableHash.hash(text.utf8))
        }
        for list in lists {
            for store in list { hash = StableHash.mix(hash ^ UInt64(store)) }
        }
        return hash
    }

    /// For values that are valid by construction.
    init(epoch: UInt64, sortedStores: [ShardStore], lists: [[Int]]) {
        self.epoch = epoch
        stores = sortedStores
        self.lists = lists
    }
}
