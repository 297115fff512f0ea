import MessagePack
import Placement
import Registers
import World

/// A configuration as it is written and sent.
///
/// It has to fit into a register with 200 stores whose shards all move, hence the bytes and the arrays.
public struct ConfigurationDocument: Codable, Sendable {
    /// `[id, name, capacity, zone, holds]`.
    struct Store: Codable, Sendable {
        /// Of which of the two shard maps it is.
        enum Holds: Int, Codable, Sendable {
            case before, always, then
        }

        /// 16 bytes.
        let id: [UInt8]
        let name: String
        let capacity: Int
        let zone: String
        let holds: Holds

        init(_ store: ShardStore, _ holds: Holds) {
            (id, name, capacity, zone) = (store.id.bytes, store.name, store.capacity, store.zone)
            self.holds = holds
        }

        init(from decoder: any Decoder) throws {
            var fields = try decoder.unkeyedContainer()
            id = try fields.decode([UInt8].self)
            name = try fields.decode(String.self)
            capacity = try fields.decode(Int.self)
            zone = try fields.decode(String.self)
            holds = try fields.decode(Holds.self)
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.unkeyedContainer()
            try fields.encode(id)
            try fields.encode(name)
            try fields.encode(capacity)
            try fields.encode(zone)
            try fields.encode(holds)
        }
    }

    /// The layout of this document. A newer one is refused.
    package static let currentVersion = 1

    /// What every layout has.
    struct Layout: Codable {
        let version: Int
    }

    static func check(version: Int) throws(ConfigurationError) {
        if version == currentVersion { return }
        throw ConfigurationError("the configuration has layout \(version); this program reads layout \(currentVersion): update it")
    }

    let version: Int
    let meshID: String
    /// As `ReplicaMap` packs itself.
    let map: [UInt8]
    let stores: [Store]

    package init(_ configuration: MeshConfiguration) {
        version = Self.currentVersion
        meshID = configuration.meshID.description
        map = configuration.map.packed()
        let then = configuration.shards.stores, before = configuration.before?.stores ?? then
        stores = before.map { Store($0, then.contains($0) ? .always : .before) }
            + then.filter { !before.contains($0) }.map { Store($0, .then) }
    }

    /// What it says, if it can be a configuration.
    package func configuration() throws(ConfigurationError) -> MeshConfiguration {
        try Self.check(version: version)
        guard let mesh = StoreID(meshID) else { throw ConfigurationError("\"\(meshID.prefix(64))\" is no mesh id") }
        guard let map = ReplicaMap(document: map) else {
            throw ConfigurationError("the configuration has \(map.count) bytes that are no replica map")
        }
        var then: [ShardStore] = [], before: [ShardStore] = []
        for store in stores {
            guard let id = StoreID(bytes: store.id) else {
                throw ConfigurationError("the id of store \"\(store.name.prefix(64))\" has \(store.id.count) bytes; expected 16")
            }
            let known = ShardStore(id: id, name: store.name, capacity: store.capacity, zone: store.zone)
            if store.holds != .before { then.append(known) }
            if store.holds != .then { before.append(known) }
        }
        do {
            return try MeshConfiguration(meshID: mesh, map: map, stores: then, before: before)
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
