import MessagePack
import Placement
import Registers
import World

/// What is written down about a mesh: its id, and who holds what. Truth is decided by majorities of the sets that it names.
///
/// It is made once, at genesis, and changed only by reconfiguration, one epoch after the other. Every node keeps it in its data
/// directory, and gossip tells who has a newer one.
public struct MeshConfiguration: Hashable, Sendable {
    /// 128 random bits, made at genesis. Two meshes that were begun apart never mix, whatever their names.
    public let meshID: StoreID
    /// Which stores hold which shard.
    public let shards: ShardMap

    public init(meshID: StoreID, shards: ShardMap) {
        self.meshID = meshID
        self.shards = shards
    }

    public var epoch: UInt64 { shards.epoch }

    /// The map as the registers go by it.
    package var replicas: ReplicaMap { ReplicaMap(epoch: shards.epoch, replicas: shards.replicaIDs) }
}

/// A configuration as it is written and sent.
public struct ConfigurationDocument: Codable, Sendable {
    struct Store: Codable, Sendable {
        let id: String
        let name: String
        let capacity: Int
        let zone: String
    }

    /// The layout of this document. A newer one is refused.
    package static let currentVersion = 1

    let version: Int
    let meshID: String
    let epoch: UInt64
    let stores: [Store]
    /// For every shard the places of its stores in `stores`.
    let replicas: [[Int]]

    package init(_ configuration: MeshConfiguration) {
        version = Self.currentVersion
        meshID = configuration.meshID.description
        epoch = configuration.epoch
        let shards = configuration.shards
        stores = shards.stores.map { Store(id: $0.id.description, name: $0.name, capacity: $0.capacity, zone: $0.zone) }
        let places = Dictionary(uniqueKeysWithValues: shards.stores.enumerated().map { ($0.element.id, $0.offset) })
        replicas = shards.replicaIDs.map { $0.compactMap { places[$0] } }
    }

    /// What it says, if it can be a configuration.
    package func configuration() throws(ConfigurationError) -> MeshConfiguration {
        guard version == Self.currentVersion else {
            throw ConfigurationError(
                "the configuration has layout \(version); this program reads layout \(Self.currentVersion): update it")
        }
        guard let mesh = StoreID(meshID) else { throw ConfigurationError("\"\(meshID.prefix(64))\" is no mesh id") }
        var shardStores: [ShardStore] = []
        for store in stores {
            guard let id = StoreID(store.id) else { throw ConfigurationError("\"\(store.id.prefix(64))\" is no store id") }
            shardStores.append(ShardStore(id: id, name: store.name, capacity: store.capacity, zone: store.zone))
        }
        guard replicas.allSatisfy({ $0.allSatisfy(shardStores.indices.contains) }) else {
            throw ConfigurationError("a shard names a store that the configuration does not list")
        }
        do {
            let ids = replicas.map { $0.map { shardStores[$0].id } }
            return MeshConfiguration(meshID: mesh, shards: try ShardMap(epoch: epoch, stores: shardStores, replicaIDs: ids))
        } catch {
            throw ConfigurationError("\(error)")
        }
    }
}

/// A configuration that is none, or is too new.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
