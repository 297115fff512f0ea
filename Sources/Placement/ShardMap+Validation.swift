import World

/// Why something is not a shard map.
public struct ShardMapError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of mistakes, for matching and counting.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// There is no store to hold anything.
        case noStores
        /// Two stores have one name or one id.
        case duplicateStore
        /// The epoch is 0; the first is 1.
        case epochZero
        /// The epoch is the highest there is, so no map can follow.
        case epochExhausted
        /// It does not list exactly ``ShardMap/shardCount`` shards.
        case wrongShardCount
        /// A shard has not as many replicas as ``ShardMap/replication(stores:)`` says.
        case wrongReplication
        /// A shard names a store that the map does not list.
        case unknownStore
        /// A shard names one store twice.
        case repeatedReplica
    }

    /// What to match on.
    public let code: Code
    /// What is wrong, with the value and the remedy.
    public let sentence: String

    public var description: String { sentence }
}

extension ShardMap {
    /// A map that was written down or sent by a peer, checked.
    ///
    /// Load bounds are not checked: they are a matter of taste of the release that made the map, not of safety.
    public init(epoch: UInt64, stores: [ShardStore], replicaIDs: [[StoreID]]) throws(ShardMapError) {
        guard epoch > 0 else {
            throw ShardMapError(code: .epochZero, sentence: "a shard map's epoch is 0; the first epoch is 1")
        }
        let sorted = try Self.checked(stores)
        guard replicaIDs.count == Self.shardCount else {
            throw ShardMapError(
                code: .wrongShardCount,
                sentence: "a shard map lists \(replicaIDs.count) shards; every mesh has \(Self.shardCount)")
        }
        let replication = Self.replication(stores: sorted.count)
        var indexOfStore: [StoreID: Int] = [:]
        for (index, store) in sorted.enumerated() { indexOfStore[store.id] = index }
        var lists: [[Int]] = []
        lists.reserveCapacity(Self.shardCount)
        for (shard, ids) in replicaIDs.enumerated() {
            guard ids.count == replication else {
                throw ShardMapError(
                    code: .wrongReplication,
                    sentence: "shard \(shard) has \(ids.count) replicas; \(sorted.count) stores mean \(replication)")
            }
            var list: [Int] = []
            for id in ids {
                guard let index = indexOfStore[id] else {
                    throw ShardMapError(
                        code: .unknownStore, sentence: "shard \(shard) names store \(id), which the map does not list")
                }
                guard !list.contains(index) else {
                    throw ShardMapError(
                        code: .repeatedReplica, sentence: "shard \(shard) names store \(id) twice; replicas are distinct")
                }
                list.append(index)
            }
            lists.append(list)
        }
        self.init(epoch: epoch, sortedStores: sorted, lists: lists)
    }

    /// The stores sorted by name, if there are any and none stands for two.
    static func checked(_ stores: [ShardStore]) throws(ShardMapError) -> [ShardStore] {
        guard !stores.isEmpty else {
            throw ShardMapError(
                code: .noStores, sentence: "a shard map needs at least one store; give a node the role \"store\"")
        }
        let sorted = stores.sorted { $0.name != $1.name ? $0.name < $1.name : $0.id < $1.id }
        var names: Set<String> = []
        var ids: Set<StoreID> = []
        for store in sorted {
            guard names.insert(store.name).inserted else {
                throw ShardMapError(
                    code: .duplicateStore,
                    sentence: "two stores are named \"\(store.name)\"; a node runs one store, so remove the older one")
            }
            guard ids.insert(store.id).inserted else {
                throw ShardMapError(
                    code: .duplicateStore,
                    sentence: "two stores have the id \(store.id) (one is \"\(store.name)\"); "
                        + "was a data directory copied? Wipe the copy, so that it makes an id of its own")
            }
        }
        return sorted
    }
}
