import Choreography
import Mesh
import World

/// What the home of an actor says that is about to begin.
public enum PlaceAnswer: Sendable {
    /// It begins. The place is to be settled, whatever comes of it.
    case granted(ActorPlace)
    /// The home looks after so many actors of its kind already.
    case full(Int)
}

/// A place that the home of an actor keeps for it, from before it begins until the home has heard of it.
public struct ActorPlace: Sendable {
    /// How long a home may take to say whether it has one. What follows has to fit beside it into the deadline of a request.
    private static let patience = Duration.milliseconds(500)

    private let actor: ActorName
    /// Nil when no replica of the actor lives.
    private let home: NodeIdentity?
    private let node: Node

    init(actor: ActorName, home: NodeIdentity?, node: Node) { (self.actor, self.home, self.node) = (actor, home, node) }

    /// 0 when there is one, else how many there are already; nil when nobody says so in time.
    func reserve(limit: Int) async -> Int? {
        await ask { door, name in try await door.reserve(name, limit: limit) }
    }

    /// Tells the home what became of the actor. Waits for nothing: a home that does not hear of it gives the place up by itself.
    /// - Parameter mayHaveBegun: false when it surely has not begun, and never will.
    public func settle(mayHaveBegun: Bool) {
        node.world.spawn("place.settle") { _ = await ask { door, name in try await door.settle(name, mayHaveBegun: mayHaveBegun) } }
    }

    private func ask<Value: Sendable>(_ body: @escaping @Sendable (ActorDoor, [UInt8]) async throws -> Value) async -> Value? {
        guard let home else { return nil }
        let system = node.system, name = actor.packed
        return try? await system.withDeadline(Self.patience) { try await body(try system.singleton(ActorDoor.self, on: home), name) }
    }
}
