import Distributed
import Mesh
import World

/// The door to a node's ``JobRegistry``. One on every node, whatever its roles.
public distributed actor JobBoard: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let registry: JobRegistry

    public init(actorSystem: MeshActorSystem, registry: JobRegistry) {
        self.actorSystem = actorSystem
        self.registry = registry
    }

    /// See ``JobRegistry/summaries(limit:)``.
    public distributed func list(_ limit: Int) async throws -> [JobSummary] { await registry.summaries(limit: limit) }
}
