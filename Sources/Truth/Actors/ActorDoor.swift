import Choreography
import Distributed
import Mesh
import Registers

/// The door to a node's courier, for who wants to know why something does not come about. One on every node.
public distributed actor ActorDoor: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    /// Errands of one actor that are told of.
    static let most = 256

    private let courier: CourierRunner?

    init(actorSystem: MeshActorSystem, courier: CourierRunner?) {
        self.actorSystem = actorSystem
        self.courier = courier
    }

    /// What this node's courier has under way for an actor and what it tries again, each packed; nothing where it does not look after it.
    /// - Parameter actor: its name, packed.
    public distributed func efforts(of actor: [UInt8]) async throws -> [[UInt8]] {
        guard let actor = try? ActorName(packed: actor) else {
            throw RegisterError(.refused, .failed, "\(actor.count) bytes that are no name of an actor")
        }
        return await courier?.efforts(for: actor, limit: Self.most).map(\.packed) ?? []
    }

    /// Actors of a kind that have something to do, whose home this node is.
    public distributed func count(ofKind kind: String) async throws -> Int { await courier?.count(ofKind: kind) ?? 0 }
}
