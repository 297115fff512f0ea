import Distributed
import Mesh
import Registers

/// The door to what a node's replica knows, for who only looks. One on every node.
///
/// Who looks may wait for long, and would take the places of those who change something at ``EngineDoor``: so it has places of its own.
public distributed actor LookDoor: NodeSingleton, InlineActor {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let engine: ReplicatedEngine

    public init(actorSystem: MeshActorSystem, engine: ReplicatedEngine) {
        self.actorSystem = actorSystem
        self.engine = engine
    }

    /// Carries out an order at this node's own replica that asks no other: a glance.
    public distributed func glance(_ order: RegisterOrder) async throws -> [UInt8] { try await order.perform(at: engine) }

    /// The registers of which this node's store is the home: a packed ``Registers/RegisterPage``.
    public distributed func list(_ order: ListOrder) async throws -> [UInt8] {
        try await engine.listHere(order.listing, patience: .milliseconds(max(0, order.patienceMs))).packed
    }
}
