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
        await courier?.efforts(for: try Self.named(actor), limit: Self.most).map(\.packed) ?? []
    }

    /// Keeps a place for an actor that is about to begin here, for a while, until ``settle(_:mayHaveBegun:)``.
    /// - Parameters:
    ///   - actor: its name, packed.
    ///   - limit: of actors of its kind that this node looks after.
    /// - Returns: 0 when there is room for it, else how many there are.
    public distributed func reserve(_ actor: [UInt8], limit: Int) async throws -> Int {
        let actor = try Self.named(actor)
        return await courier?.reserve(actor, limit: limit).map { max(1, $0) } ?? 0
    }

    /// It is known what became of the actor for which a place was reserved.
    /// - Parameter mayHaveBegun: false when it surely has not begun.
    public distributed func settle(_ actor: [UInt8], mayHaveBegun: Bool) async throws {
        await courier?.settle(try Self.named(actor), mayHaveBegun: mayHaveBegun)
    }

    private static func named(_ actor: [UInt8]) throws -> ActorName {
        guard let name = try? ActorName(packed: actor) else {
            throw RegisterError(.refused, .failed, "\(actor.count) bytes that are no name of an actor")
        }
        return name
    }
}
