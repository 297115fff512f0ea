/// The world of one life of one simulated node.
public final class SimulatedWorld: World, @unchecked Sendable {
    public let simulation: Simulation
    /// The node's name; its disk and its random streams go by it.
    public let name: String
    /// What this node's wall clock is ahead of virtual time.
    public var wallClockOffset: Duration = .zero
    public let mutations: Set<Mutation>
    /// False once the node has been killed.
    public private(set) var isAlive = true

    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var spawned: UInt64 = 0
    private var streams: [String: UInt64] = [:]
    private var sleepers: [UInt64: (continuation: CheckedContinuation<Void, any Error>, timer: SimulatedTimer)] = [:]
    private var sleeps: UInt64 = 0

    public init(_ simulation: Simulation, name: String, mutations: Set<Mutation> = []) {
        self.mutations = mutations
        self.simulation = simulation
        self.name = name
    }

    public var now: Instant { simulation.now }

    /// Virtual time began on 2026-01-01T00:00:00Z.
    public var wallTime: WallTime {
        WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000 + simulation.now.nanoseconds + wallClockOffset.nanoseconds)
    }

    public func random(_ name: String) -> RandomStream {
        let use = streams[name, default: 0]
        streams[name] = use + 1
        return RandomStream(seed: simulation.seed, name: "\(self.name)/\(name)/\(use)")
    }

    public func makeExecutor(_ name: String) -> any ActorExecutor {
        SimulatedExecutor(simulation: simulation, world: self)
    }

    public func makeEventLoop() -> SimulatedEventLoop { SimulatedEventLoop(simulation: simulation, world: self) }

    @discardableResult
    public func spawn(
        _ name: String, on executor: (any ActorExecutor)?, _ body: @escaping @Sendable () async -> Void
    ) -> SpawnedTask {
        spawned += 1
        let number = spawned
        let task = Task.detached(name: name, executorPreference: (executor ?? makeExecutor(name)).tasks) { [weak self] in
            await body()
            self?.tasks[number] = nil
        }
        tasks[number] = task
        return SpawnedTask(task)
    }

    public func sleep(until deadline: Instant) async throws {
        try Task.checkCancellation()
        sleeps += 1
        let number = sleeps
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let timer = simulation.schedule(at: deadline) { [self] in
                    guard isAlive else { return }
                    sleepers.removeValue(forKey: number)?.continuation.resume()
                }
                sleepers[number] = (continuation, timer)
                if Task.isCancelled { cancelSleep(number) }
            }
        } onCancel: {
            cancelSleep(number)
        }
    }

    private func cancelSleep(_ number: UInt64) {
        guard let sleeper = sleepers.removeValue(forKey: number) else { return }
        simulation.cancel(sleeper.timer)
        sleeper.continuation.resume(throwing: CancellationError())
    }

    /// Takes no virtual time; other actors may run before the result is there.
    public func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await sleep(until: now)
        return try body()
    }

    public func makeBlockingThread(_ name: String) -> any BlockingThread { SimulatedThread(world: self, name: name) }

    /// Runs each body as a task of the node, so that the seed decides what happens before it.
    private struct SimulatedThread: BlockingThread {
        let world: SimulatedWorld
        let name: String
        func run(_ body: @escaping @Sendable () -> Void) { world.spawn(name, body) }
    }

    public var files: any FileSystem { simulation.disk(of: name) }

    public func environment(_ name: String) -> String? { nil }

    public func buggify(_ point: String) -> Bool {
        var lot = RandomStream(seed: simulation.seed, name: "buggify/" + point)
        guard lot.chance(0.25) else { return false }
        var now = random("buggify-now/" + point)
        return now.chance(0.05)
    }

    public func shutDown() {
        for number in tasks.keys.sorted() { tasks[number]?.cancel() }
    }

    /// Kills the node: nothing that it still had to do will run. Its disk stays.
    public func kill() {
        isAlive = false
        simulation.note("\(name) killed")
    }
}
