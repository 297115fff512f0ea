import Choreography
import Registers
import Synchronization
import World

/// Durable work over registers in memory, for those who show it.
package final class MemoryWork: WorkInspection {
    package let engine: MemoryEngine
    package let kinds: [String]
    /// Who looks after what, as couriers would say.
    private let careTaken = Mutex<[WorkPicture.Care]>([])
    private let made = Mutex<[String]>([])

    package init(engine: MemoryEngine, kinds: [String]) { (self.engine, self.kinds) = (engine, kinds) }

    package var care: [WorkPicture.Care] {
        get { careTaken.withLock { $0 } }
        set { careTaken.withLock { $0 = newValue } }
    }

    /// What operators have done, in order.
    package var deeds: [String] { made.withLock { $0 } }

    private var actors: DurableActors { DurableActors(engine: engine) }
    private var catalogue: WorkCatalogue { WorkCatalogue(actors: actors, catalogue: engine, kinds: kinds, world: engine.world) }

    package func picture(of work: WorkID, limits: CausalLimits) async throws(RegisterError) -> WorkPicture {
        WorkPicture(graph: try await actors.graph(of: work, begunBy: kinds, limits: limits), care: care)
    }

    package func open(_ listing: OpenWorkListing) async -> OpenWorkList { await catalogue.open(listing, now: engine.now) }
    package func dead(before: String?, limit: Int) async -> DeadList { await catalogue.dead(before: before, limit: limit) }
    package func dead(_ id: DeadID) async throws(RegisterError) -> DeadDetail? { try await actors.dead(id) }

    package func redrive(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool {
        made.withLock { $0.append("redrive \(id) as \(operation)") }
        return try await actors.redrive(id, operation: operation)
    }

    package func discard(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool {
        made.withLock { $0.append("discard \(id) as \(operation)") }
        return try await actors.discard(id, operation: operation)
    }
}
