import Synchronization
import World

/// The system's world, but for the monotonic clock: that goes when a test lets it, or what stands in for something slow.
package final class ClockedWorld: World {
    private let base = SystemWorld()
    private let clock = Mutex(Instant(nanoseconds: 1_000_000_000))

    package init() {}

    package var now: Instant { clock.withLock { $0 } }

    package func pass(_ time: Duration) { clock.withLock { $0 = $0 + time } }

    package var wallTime: WallTime { base.wallTime }
    package func random(_ name: String) -> RandomStream { base.random(name) }
    package func sleep(until deadline: Instant) async throws { clock.withLock { $0 = max($0, deadline) } }
    package func makeExecutor(_ name: String) -> any ActorExecutor { base.makeExecutor(name) }

    @discardableResult
    package func spawn(
        _ name: String, on executor: (any ActorExecutor)?, _ body: @escaping @Sendable () async -> Void
    ) -> SpawnedTask {
        base.spawn(name, on: executor, body)
    }

    package func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await base.compute(body)
    }

    package func makeBlockingThread(_ name: String) -> any BlockingThread { base.makeBlockingThread(name) }
    package var files: any FileSystem { base.files }
    package func environment(_ name: String) -> String? { base.environment(name) }
    package func buggify(_ point: String) -> Bool { base.buggify(point) }
    package var mutations: Set<Mutation> { base.mutations }
    package func shutDown() { base.shutDown() }
}
