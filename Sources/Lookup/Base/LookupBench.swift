import Jobs
import World

/// Looks up on this node what homes order, with places for each service of its own, so that one that is slow holds up no other.
public actor LookupBench {
    private let world: any World
    private let executor: any ActorExecutor

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - node: the name of this node, for the outcomes.
    ///   - running: lookups of one service at a time; at least 1.
    ///   - waiting: those of one service that wait for a place; the next is refused.
    public init(
        world: any World, node: String, workers: [any LookupWorker], store: any LookupResultStore, running: Int = 32,
        waiting: Int = 256
    ) {
        self.world = world
        executor = world.makeExecutor("lookup.bench")
    }
}
