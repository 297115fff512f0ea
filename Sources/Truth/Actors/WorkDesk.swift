import Choreography
import Mesh
import Registers
import World

/// The durable work of a mesh, from any of its nodes.
public struct WorkDesk: WorkInspection {
    /// The kinds of actors that begin work, each under the work's id.
    public let kinds: [String]
    private let node: Node
    private let engine: ReplicatedEngine
    private let actors: DurableActors

    /// How long an actor's register may take to answer. One actor may lead to the next, so all of them together may take ``WorkCatalogue/span``:
    /// where there is no majority the picture says so, before its reader gives up.
    private static let lookPatience = Duration.seconds(2)
    /// How long a courier may take to say what it does.
    private static let patience = Duration.milliseconds(700)
    /// Actors whose couriers are asked for one picture.
    private static let asked = 16

    init(kinds: [String], node: Node, engine: ReplicatedEngine, actors: DurableActors) {
        (self.kinds, self.node, self.engine, self.actors) = (kinds, node, engine, actors)
    }

    /// All that has happened to a piece of work, what is to come, and what is done about it. Empty for one that nobody knows.
    public func picture(of work: WorkID, limits: CausalLimits) async throws(RegisterError) -> WorkPicture {
        let actors = actors.until(node.world.now + WorkCatalogue.span, node.world)
        let graph = try await actors.graph(of: work, begunBy: kinds, limits: limits, patience: Self.lookPatience)
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

    /// A page of the work that is not over.
    public func open(_ listing: OpenWorkListing) async -> OpenWorkList { await catalogue.open(listing, now: node.world.wallTime) }

    /// A page of what is dead.
    /// - Parameters:
    ///   - before: ``DeadList/next`` of the page before; nil to begin.
    ///   - limit: of rows, about: an actor's are not divided.
    public func dead(before: String?, limit: Int) async -> DeadList { await catalogue.dead(before: before, limit: limit) }

    /// What is dead, with its payload; nil when it is not dead, or not any more.
    public func dead(_ id: DeadID) async throws(RegisterError) -> DeadDetail? { try await actors.dead(id) }

    /// Has what is dead tried again. False when it is not dead, or not any more.
    /// - Parameter operation: the same once more is the same wish.
    public func redrive(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool {
        try await actors.redrive(id, operation: operation)
    }

    /// Gives up what is dead. False when it is not dead, or not any more.
    /// - Parameter operation: the same once more is the same wish.
    public func discard(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool {
        try await actors.discard(id, operation: operation)
    }

    private var catalogue: WorkCatalogue { WorkCatalogue(actors: actors, catalogue: engine, kinds: kinds, world: node.world) }

    private func care(for actor: ActorName) async -> WorkPicture.Care {
        guard let home = engine.home(of: actor.key) else { return WorkPicture.Care(actor: actor, node: nil, efforts: nil) }
        let packed = try? await node.system.withDeadline(Self.patience) { [node] in
            try await node.system.singleton(ActorDoor.self, on: home).efforts(of: actor.packed)
        }
        return WorkPicture.Care(actor: actor, node: home.name, efforts: packed?.compactMap { try? Effort(packed: $0) })
    }
}
