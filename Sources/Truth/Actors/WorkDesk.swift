import Choreography
import Mesh
import Registers
import World

/// Durable work, as an operator looks at it and helps it along. From any node.
public struct WorkDesk: Sendable {
    /// The kinds of actors that begin work, each under the work's id.
    public let kinds: [String]
    private let node: Node
    private let engine: ReplicatedEngine
    private var actors: DurableActors { DurableActors(engine: engine) }

    /// How long a courier may take to say what it does.
    private static let patience = Duration.milliseconds(700)
    /// Actors whose couriers are asked for one picture.
    private static let asked = 16

    init(kinds: [String], node: Node, engine: ReplicatedEngine) { (self.kinds, self.node, self.engine) = (kinds, node, engine) }

    /// All that has happened to a piece of work, what is to come, and what is done about it. Empty for one that nobody knows.
    public func picture(of work: WorkID, limits: CausalLimits) async throws(RegisterError) -> WorkPicture {
        let graph = try await actors.graph(of: work, begunBy: kinds, limits: limits)
        // Whose own letters and parts wait. A timer waits for its time.
        let waiting = Set(graph.awaited.map(\.owner)).sorted().prefix(Self.asked)
        let care = await withTaskGroup(of: WorkPicture.Care.self) { group in
            for actor in waiting { group.addTask { await self.care(for: actor) } }
            var care: [WorkPicture.Care] = []
            for await one in group { care.append(one) }
            return care.sorted { $0.actor < $1.actor }
        }
        return WorkPicture(graph: graph, care: care)
    }

    private func care(for actor: ActorName) async -> WorkPicture.Care {
        guard let home = engine.home(of: actor.key) else { return WorkPicture.Care(actor: actor, node: nil, efforts: nil) }
        let packed = try? await node.system.withDeadline(Self.patience) { [node] in
            try await node.system.singleton(ActorDoor.self, on: home).efforts(of: actor.packed)
        }
        return WorkPicture.Care(actor: actor, node: home.name, efforts: packed?.compactMap { try? Effort(packed: $0) })
    }
}
