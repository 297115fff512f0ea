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
}
