import Mesh
import Placement
import Registers
import Truth
import World

/// What the admin port reads and writes of the mesh's registers. ``Truth/TruthService`` is one.
public protocol TruthInspection: Sendable {
    /// What the node goes by; nil before the mesh has begun.
    var configuration: MeshConfiguration? { get }
    /// Whether the node's own store takes part; nil when it has none, and before the mesh has begun.
    var standing: Standing? { get }
    /// The node that runs a store, if it lives.
    func node(of store: StoreID) -> NodeIdentity?
    /// Shard, replicas and home of a key.
    func explain(_ key: RegisterKey) -> KeyExplanation?
    /// Values under names.
    var values: KeyValue { get }
}

extension TruthService: TruthInspection {}
