import Distributed
import Mesh
import World

/// The door to a node's configuration. One on every node.
public distributed actor ConfigurationDoor: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let keeper: ConfigurationKeeper

    public init(actorSystem: MeshActorSystem, keeper: ConfigurationKeeper) {
        self.actorSystem = actorSystem
        self.keeper = keeper
    }

    /// What the node's store is, for whoever begins a mesh.
    public distributed func report() async throws -> StoreReport { keeper.report }

    /// The configuration that the node goes by.
    public distributed func configuration() async throws -> ConfigurationDocument? {
        keeper.configuration.map { ConfigurationDocument($0) }
    }

    /// How far the reconfiguration has come that is under way, as this node's replica knows; nil when it knows nothing of one.
    public distributed func progress() async throws -> ReconfigurationProgress? { keeper.ownProgress }
}

/// How far a reconfiguration has come, as the home of the configuration knows.
public struct ReconfigurationProgress: Codable, Hashable, Sendable {
    /// That of the configuration which is joint.
    public let epoch: UInt64
    /// Shards that get other stores, and those of them that were carried over.
    public let moving: Int
    public let carried: Int
    /// Registers that were carried over; again those that were carried twice.
    public let registers: UInt64
}
