import CPlatform
import Glibc
import Synchronization

/// The world of a real process.
public final class SystemWorld: World {
    private struct Tasks {
        var running: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isShutDown = false
    }

    /// Actors of all nodes of the process share these threads; a pool actor must not block one for long.
    private static let actorPool = ThreadPool(name: "gossamer-actor", limit: max(2, processorCount))
    /// For blocking calls and long computations.
    private static let computePool = ThreadPool(name: "gossamer-work", limit: max(2, processorCount))

    private let seed: UInt64
    private let tasks = Mutex(Tasks())
    /// How often each stream has been taken.
    private let streams = Mutex<[String: UInt64]>([:])

    public let files: any FileSystem = SystemFileSystem()
    public let mutations: Set<Mutation>

    /// - Parameters:
    ///   - seed: where the random streams start; drawn from the system unless a run is to be repeated.
    ///   - mutations: what the node breaks on purpose.
    public init(seed: UInt64? = nil, mutations: Set<Mutation> = []) {
        self.mutations = mutations
        var generator = SystemRandomNumberGenerator()
        self.seed = seed ?? generator.next()
    }

    /// The processors that the scheduler may give to this process; its affinity mask counts.
    public static var processorCount: Int {
        let allowed = Int(cplatform_affinity_count())
        return allowed > 0 ? allowed : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    public var now: Instant { Self.clock(CLOCK_MONOTONIC).asInstant }

    public var wallTime: WallTime {
        WallTime(nanosecondsSince1970: Self.clock(CLOCK_REALTIME).asInstant.nanoseconds)
    }

    private static func clock(_ id: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(id, &time)
        return time
    }

    public func random(_ name: String) -> RandomStream {
        let use = streams.withLock { streams in
            defer { streams[name, default: 0] += 1 }
            return streams[name, default: 0]
        }
        return RandomStream(seed: seed, name: "\(name)/\(use)")
    }

    public func sleep(until deadline: Instant) async throws {
        let rest = deadline - now
        guard rest > .zero else { return try Task.checkCancellation() }
        try await Task.sleep(for: rest)
    }

    public func makeExecutor(_ name: String) -> any ActorExecutor { PooledExecutor(pool: Self.actorPool) }

    @discardableResult
    public func spawn(
        _ name: String, on executor: (any ActorExecutor)?, _ body: @escaping @Sendable () async -> Void
    ) -> SpawnedTask {
        tasks.withLock { tasks in
            tasks.next += 1
            let number = tasks.next
            let task = Task.detached(name: name, executorPreference: executor?.tasks) { [weak self] in
                await body()
                self?.ended(number)
            }
            if tasks.isShutDown { task.cancel() }
            tasks.running[number] = task
            return SpawnedTask(task)
        }
    }

    private func ended(_ number: UInt64) { tasks.withLock { $0.running[number] = nil } }

    public func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Self.computePool.submit(.body { continuation.resume(with: Result { try body() }) })
        }
    }

    public func makeBlockingThread(_ name: String) -> any BlockingThread { PoolOfOne(pool: ThreadPool(name: name, limit: 1)) }

    private struct PoolOfOne: BlockingThread {
        let pool: ThreadPool
        func run(_ body: @escaping @Sendable () -> Void) { pool.submit(.body(body)) }
    }

    public func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    public func buggify(_ point: String) -> Bool { false }

    public func shutDown() {
        let running = tasks.withLock { tasks in
            tasks.isShutDown = true
            return Array(tasks.running.values)
        }
        for task in running { task.cancel() }
    }
}

extension timespec {
    fileprivate var asInstant: Instant { Instant(nanoseconds: Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec)) }
}
