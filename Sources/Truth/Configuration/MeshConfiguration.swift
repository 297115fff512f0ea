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
    /// Who decides what: the truth.
    public let map: ReplicaMap
    /// Which stores hold which shard; while a reconfiguration is under way, when it has ended. For people, and for what is placed next.
    public let shards: ShardMap
    /// While a reconfiguration is under way, which stores held which shard before.
    public let before: ShardMap?

    /// The configuration that a mesh begins with. The first stores, by name, keep it.
    public init(meshID: StoreID, shards: ShardMap, schema: UInt32 = 1) {
        self.meshID = meshID
        self.shards = shards
        before = nil
        map = ReplicaMap(
            epoch: shards.epoch, replicas: shards.replicaIDs, keepers: ReplicaMap.keepers(among: shards.stores.map(\.id)),
            schema: schema)
    }

    /// - Parameters:
    ///   - stores: those that are to hold shards.
    ///   - before: those that held them before, while the map is joint; of no interest when it is not.
    /// - Throws: when the map names others, or another number of them.
    init(meshID: StoreID, map: ReplicaMap, stores: [ShardStore], before: [ShardStore]) throws(ShardMapError) {
        func shards(of stores: [ShardStore], _ seats: (ReplicaMap.Seating) -> [ReplicaMap.Seat]) throws(ShardMapError) -> ShardMap {
            try ShardMap(
                epoch: map.epoch, stores: stores, replicaIDs: map.seatings.dropLast().map { seats($0).map(\.store) })
        }
        self.meshID = meshID
        self.map = map
        self.shards = try shards(of: stores) { $0.seats }
        self.before = map.isJoint ? try shards(of: before) { $0.before ?? $0.seats } : nil
    }

    public var epoch: UInt64 { map.epoch }

    /// The active schema: that in which durable actors write their states. See `StateSchemas` in the room Choreography.
    public var schema: UInt32 { map.schema }

    /// Whether a store holds shards, will or did until the reconfiguration that is under way ends.
    public func names(_ store: StoreID) -> Bool {
        shards.stores.contains { $0.id == store } || before?.stores.contains { $0.id == store } ?? false
    }

    /// What is under way; nil while the configuration is settled.
    public var change: PendingChange? { before.map { PendingChange(from: $0, to: shards, map) } }

    /// The next epoch's configuration, which begins a reconfiguration, unless nothing moves.
    /// - Parameters:
    ///   - target: made from ``shards``.
    ///   - keepers: the stores that are to keep the configuration.
    func joint(with target: ShardMap, keepers: [StoreID], mutations: Set<Mutation> = []) throws(ShardMapError) -> MeshConfiguration {
        try MeshConfiguration(
            meshID: meshID, map: map.joint(with: target.replicaIDs, keepers: keepers, mutations: mutations), stores: target.stores,
            before: shards.stores)
    }

    /// The next epoch's configuration, by which states are written in a later schema; not while a reconfiguration is under way.
    func raised(to schema: UInt32) throws(ShardMapError) -> MeshConfiguration {
        try MeshConfiguration(meshID: meshID, map: map.raised(to: schema), stores: shards.stores, before: [])
    }

    /// The next epoch's configuration, which takes the reconfiguration that is under way back.
    func abandoned() throws(ShardMapError) -> MeshConfiguration {
        try MeshConfiguration(meshID: meshID, map: map.abandoned(), stores: (before ?? shards).stores, before: [])
    }
}

/// A reconfiguration that is under way.
public struct PendingChange: Hashable, Sendable {
    /// The epoch in which majorities of the old and of the new stores are needed; the next one ends it.
    public let epoch: UInt64
    /// Stores that are to hold shards and did not before, and those of which it is the other way round; by name.
    public let joining: [ShardStore]
    public let leaving: [ShardStore]
    /// Shards that get other stores, that of the configuration included.
    public let moving: Int

    init(from old: ShardMap, to new: ShardMap, _ map: ReplicaMap) {
        epoch = map.epoch
        moving = map.moving.count
        joining = new.stores.filter { store in !old.stores.contains { $0.id == store.id } }
        leaving = old.stores.filter { store in !new.stores.contains { $0.id == store.id } }
    }
}

extension PendingChange: CustomStringConvertible {
    /// As the command says it: `replace n3`.
    public var description: String {
        let new = joining.map(\.name).joined(separator: ", "), old = leaving.map(\.name).joined(separator: ", ")
        return switch (joining.isEmpty, leaving.isEmpty) {
        case (false, true): "add \(new)"
        case (true, false): "remove \(old)"
        case (true, true): "move shards"
        case (false, false): new == old ? "replace \(old)" : "replace \(old) --with \(new)"
        }
    }
}

extension MeshConfiguration: WrittenConfiguration {
    public var document: [UInt8] {
        do { return try MessagePackEncoder().encode(ConfigurationDocument(self)) } catch {
            preconditionFailure("a configuration of epoch \(epoch) cannot be written: \(error)")
        }
    }

    public func settled() -> MeshConfiguration {
        do { return try MeshConfiguration(meshID: meshID, map: map.settled(), stores: shards.stores, before: []) } catch {
            preconditionFailure("what a reconfiguration ends in was a shard map already: \(error)")
        }
    }

    public init?(document: [UInt8]) {
        guard let configuration = try? MeshConfiguration(reading: document) else { return nil }
        self = configuration
    }

    /// The same as ``init(document:)``, with what is wrong.
    init(reading document: [UInt8]) throws(ConfigurationError) {
        let read: ConfigurationDocument
        do {
            let decoder = MessagePackDecoder()
            // The version first: of a newer layout nothing else can be read.
            try ConfigurationDocument.check(version: try decoder.decode(ConfigurationDocument.Layout.self, from: document).version)
            read = try decoder.decode(ConfigurationDocument.self, from: document)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError("what is written down about the mesh cannot be read: \(error)")
        }
        self = try read.configuration()
    }
}
