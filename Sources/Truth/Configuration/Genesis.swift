import Choreography
import Placement
import World

// GENESIS
//
// Somebody has to write the first configuration down, once. The first-named store of the topology does, when every listed store has
// answered it and every one was empty. Nobody else ever does, so there are no two; and a store that was wiped finds others that are not
// empty, takes their configuration, and waits to be brought in by a reconfiguration.
//
// What is written first is durable at the proposer before anyone hears of it. If its disk is lost before anyone has, nothing was ever
// acknowledged under it, for no other store can have voted.

/// What a store says of itself when it is asked for genesis.
public struct StoreReport: Codable, Hashable, Sendable {
    /// The node's name.
    public let name: String
    /// The id of its store, in hexadecimal; nil on a node without one.
    public let store: String?
    /// Whether nothing was ever written there and no configuration is known.
    public let isEmpty: Bool
    /// The id of the mesh whose configuration it knows.
    public let meshID: String?
    /// The oldest and the newest schema of states that its program knows; nil from one that knows of none, which is one that knows 1.
    public let oldestSchema: UInt32?
    public let newestSchema: UInt32?

    package init(name: String, store: String?, isEmpty: Bool, meshID: String?, schemas: StateSchemas? = nil) {
        (oldestSchema, newestSchema) = (schemas?.oldest, schemas?.newest)
        self.name = name
        self.store = store
        self.isEmpty = isEmpty
        self.meshID = meshID
    }
}

extension StoreReport {
    /// The schemas of states that its program knows; nil when what it says is none.
    var schemas: StateSchemas? {
        let oldest = oldestSchema ?? 1, newest = newestSchema ?? 1
        return oldest >= 1 && oldest <= newest ? StateSchemas(oldest, newest) : nil
    }
}

/// A store that the topology lists.
public struct StoreListing: Hashable, Sendable {
    public let name: String
    public let capacity: Int
    public let zone: String

    public init(name: String, capacity: Int, zone: String) {
        self.name = name
        self.capacity = capacity
        self.zone = zone
    }
}

/// Decides whether the first configuration may be written.
package struct Genesis {
    package enum Verdict: Equatable {
        /// These stores have not answered.
        case missing([String])
        /// These stores hold something already, or are none: there is, or was, a mesh.
        case refused(String)
        case configuration(MeshConfiguration)
    }

    /// In the order of the topology.
    let listed: [StoreListing]

    package init(listed: [StoreListing]) { self.listed = listed }

    package func judge(_ reports: [StoreReport], meshID: StoreID) -> Verdict {
        var stores: [ShardStore] = [], missing: [String] = [], schemas: [StateSchemas] = []
        for listing in listed {
            guard let report = reports.first(where: { $0.name == listing.name }) else {
                missing.append(listing.name)
                continue
            }
            guard let id = report.store.flatMap({ StoreID($0) }) else {
                return .refused("\(listing.name) is listed as a store and has none; does it run with another topology file?")
            }
            guard report.isEmpty else {
                let mesh = report.meshID.map { " of mesh \($0)" } ?? ""
                return .refused("the store of \(listing.name) is not empty: it is\(mesh.isEmpty ? " of some mesh" : mesh)")
            }
            guard let known = report.schemas else { return .refused("the program of \(listing.name) tells schemas that are none; update it") }
            schemas.append(known)
            stores.append(ShardStore(id: id, name: listing.name, capacity: listing.capacity, zone: listing.zone))
        }
        if !missing.isEmpty { return .missing(missing) }
        // The oldest that all know, so that a release before this one may still join.
        let schema = schemas.map(\.oldest).max() ?? 1
        guard schemas.allSatisfy({ $0.contains(schema) }) else {
            return .refused("the programs of the stores know no schema of states in common: \(schemas.map(\.description).joined(separator: "; ")); update them")
        }
        do {
            return .configuration(MeshConfiguration(meshID: meshID, shards: try ShardMap.genesis(of: stores), schema: schema))
        } catch {
            return .refused("\(error)")
        }
    }
}
