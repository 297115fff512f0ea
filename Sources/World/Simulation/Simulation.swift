import Glibc

/// A whole mesh in one thread, in virtual time, under one seed.
///
/// Every job of every actor of every simulated node waits in one list, from which the seed picks the next; when the list
/// is empty the clock jumps to the next timer. Nothing else makes progress, so a run is a function of its seed, and its
/// ``traceHash`` shows it: the same seed gives the same hash, in another process too.
///
/// Only code that takes its time, randomness, tasks and executors from a ``SimulatedWorld`` can run here. A job that
/// reaches the simulation from another thread has escaped it, and the run ends with a precondition failure rather than
/// with a result that cannot be repeated.
///
/// After the simulators of FoundationDB and TigerBeetle; unlike theirs it drives Swift's own tasks and actors, by giving
/// each actor a serial executor of its own.
public final class Simulation: @unchecked Sendable {
    enum Ready {
        case job(QueuedJob, SimulatedExecutor)
        case closure(SimulatedExecutor, @Sendable () -> Void)
        case turn(SimulatedEventLoop)
    }

    /// The run's seed.
    public let seed: UInt64
    /// Virtual time. Starts at one second, so that "a moment ago" is still positive.
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// Jobs, closures and turns run so far.
    public private(set) var steps = 0
    /// A hash over all lines noted so far and over every choice of the scheduler.
    public private(set) var traceHash: UInt64 = 0x5EED
    /// The lines noted so far, when asked for.
    public private(set) var trace: [String] = []
    private let keepsTrace: Bool

    private let thread = pthread_self()
    private var scheduler: RandomStream
    private var ready: [Ready] = []
    private var timers = TimerHeap()
    private(set) var disks: [String: SimulatedFileSystem] = [:]

    /// - Parameter keepsTrace: keep every noted line, for a person to read.
    public init(seed: UInt64, keepsTrace: Bool = false) {
        self.seed = seed
        self.keepsTrace = keepsTrace
        scheduler = RandomStream(seed: seed, name: "scheduler")
    }

    /// A stream of this run's randomness for a user outside the nodes: the network, a nemesis, a workload.
    public func random(_ name: String) -> RandomStream { RandomStream(seed: seed, name: "simulation/" + name) }

    /// Adds a line to the trace. The line counts for the hash even when it is not kept.
    public func note(_ line: @autoclosure () -> String) {
        let line = "\(now.nanoseconds / 1000) \(line())"
        traceHash = StableHash.mix(traceHash ^ StableHash.hash(line.utf8))
        if keepsTrace { trace.append(line) }
    }

    /// Runs `body` at `instant` (now, if that has passed). Timers of one instant run in the order they were made.
    @discardableResult
    public func schedule(at instant: Instant, _ body: @escaping @Sendable () -> Void) -> SimulatedTimer {
        checkThread()
        return timers.insert(at: max(instant, now), body)
    }

    /// Takes a timer back. No effect when it has run.
    public func cancel(_ timer: SimulatedTimer) { timers.cancel(timer) }

    /// When the next timer is due; the distant future when there is none. For who has a queue of events beside this one, and lets each wait
    /// for the other's.
    package var nextTimer: Instant { timers.nextInstant ?? .distantFuture }

    func push(_ item: Ready) {
        checkThread()
        ready.append(item)
    }

    private func checkThread() {
        precondition(
            pthread_equal(thread, pthread_self()) != 0,
            "a job came to the simulation from outside its thread: something did not take its executor from World")
    }

    func disk(of node: String) -> SimulatedFileSystem {
        if let disk = disks[node] { return disk }
        let disk = SimulatedFileSystem()
        disks[node] = disk
        return disk
    }

    /// Runs one ready item, or moves the clock to the next timer and runs that. False when there is neither.
    private func step(until limit: Instant) -> Bool {
        if !ready.isEmpty {
            let pick = ready.count > 1 ? scheduler.below(ready.count) : 0
            steps += 1
            traceHash = StableHash.mix(traceHash &+ UInt64(pick))
            run(takeReady(pick))
            return true
        }
        guard let at = timers.nextInstant, at <= limit, let body = timers.popFirst() else { return false }
        now = at
        body()
        return true
    }

    /// Takes an item out, but never ahead of an earlier one of the same executor: a serial executor is first in, first out.
    private func takeReady(_ pick: Int) -> Ready {
        guard let executor = ready[pick].executor else { return ready.remove(at: pick) }
        let first = ready[...pick].firstIndex { $0.executor === executor } ?? pick
        return ready.remove(at: first)
    }

    private func run(_ item: Ready) {
        switch item {
        case .job(let job, let executor): executor.run(job)
        case .closure(let executor, let body): executor.run(body)
        case .turn(let loop): loop.runTurn()
        }
    }

    /// Runs the simulation until `instant`; virtual time is then `instant`.
    public func run(until instant: Instant) {
        while step(until: instant) {}
        now = max(now, instant)
    }

    /// Runs the simulation for `duration` of virtual time.
    public func run(for duration: Duration) { run(until: now + duration) }

    /// Runs `body` as a task of `world` until it ends.
    /// - Throws: what `body` throws; ``SimulationError`` when nothing can make progress any more or `limit` passes.
    public func run<Value: Sendable>(
        in world: SimulatedWorld, limit: Duration = .seconds(3600), _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let outcome = Outcome<Value>()
        world.spawn("root", on: nil) {
            do { outcome.result = .success(try await body()) } catch { outcome.result = .failure(error) }
        }
        let end = now + limit
        while true {
            if let result = outcome.result { return try result.get() }
            if !step(until: end) {
                throw timers.nextInstant == nil ? SimulationError.deadlock : SimulationError.outOfTime(limit)
            }
        }
    }

    private final class Outcome<Value: Sendable>: @unchecked Sendable { var result: Result<Value, any Error>? }
}

extension Simulation.Ready {
    /// The executor whose order must be kept; a turn may run at any time.
    fileprivate var executor: SimulatedExecutor? {
        switch self {
        case .job(_, let executor), .closure(let executor, _): executor
        case .turn: nil
        }
    }
}

/// Why a simulation could not finish its root task.
public enum SimulationError: Error, Equatable, CustomStringConvertible {
    /// Nothing is ready, no timer is set, and the root task has not ended.
    case deadlock
    /// The root task has not ended within this much virtual time.
    case outOfTime(Duration)

    public var description: String {
        switch self {
        case .deadlock: "nothing is ready to run and no timer is set, but the root task has not ended"
        case .outOfTime(let limit): "the root task has not ended within \(limit) of virtual time"
        }
    }
}
