/// Everything a node takes from outside that is not a pure function: clocks, random numbers, tasks, executors, files.
///
/// The product never asks the system for any of these itself; it asks its node's world. In production that is
/// ``SystemWorld``; in tests and in `gossamer simulate` it is a ``SimulatedWorld``, in which a whole mesh runs in one
/// thread, in virtual time, under one seed, and every run can be repeated. A test of the project greps for the ways
/// around it.
///
/// A world belongs to one node and ends with it: ``shutDown()`` cancels what the node has spawned.
public protocol World: AnyObject, Sendable {
    /// The monotonic clock.
    var now: Instant { get }

    /// The wall clock. For ids and for people; never for decisions of safety.
    var wallTime: WallTime { get }

    /// A stream of random numbers called `name`. Each call gives another one: the first of two worlds with one seed are the
    /// same, so are the second, and so on. Names are few and fixed, for the world remembers them.
    func random(_ name: String) -> RandomStream

    /// Returns when the monotonic clock shows `deadline`.
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until deadline: Instant) async throws

    /// A serial executor of its own for one actor.
    ///
    /// Production runs all of them on one pool; the simulation makes every hop between two of them a point at which the
    /// seed decides who goes first. With default actors a simulator is deterministic but finds no race.
    func makeExecutor(_ name: String) -> any ActorExecutor

    /// Runs `body` as a task of this node, on `executor` if given.
    ///
    /// The only way the product starts a task. The task is cancelled by ``shutDown()``. It takes nothing over from the caller's
    /// task, no task-local value either: what a job starts must not end at the deadline of the call that brought the job.
    @discardableResult
    func spawn(
        _ name: String, on executor: (any ActorExecutor)?, _ body: @escaping @Sendable () async -> Void
    ) -> SpawnedTask

    /// Runs blocking or long computing `body` on a thread kept for such work, so that no actor waits behind it.
    func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value

    /// A thread of its own, for what blocks again and again and must wait for nothing else: a store that writes.
    func makeBlockingThread(_ name: String) -> any BlockingThread

    /// The node's files.
    var files: any FileSystem { get }

    /// The environment variable `name`, if set.
    func environment(_ name: String) -> String?

    /// True now and then in a simulation, never in production: a place where the code may take its rarer way.
    ///
    /// After FoundationDB's "buggify": each `point` is switched on or off for a whole run by the seed.
    func buggify(_ point: String) -> Bool

    /// The promises that the node breaks on purpose; none in production.
    var mutations: Set<Mutation> { get }

    /// Cancels every task spawned by this world and waits for none of them.
    func shutDown()
}

extension World {
    /// Whether the node breaks this promise on purpose.
    public func isMutated(_ mutation: Mutation) -> Bool { mutations.contains(mutation) }

    /// Returns after `duration`. See ``sleep(until:)``.
    public func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }

    @discardableResult
    public func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
        spawn(name, on: nil, body)
    }
}

/// A thread that runs what it is given, first in, first out.
public protocol BlockingThread: Sendable {
    func run(_ body: @escaping @Sendable () -> Void)
}

/// Runs the jobs of one actor, first in, first out; and, in the same queue, tasks that are to run beside it.
///
/// The two are kept apart because the runtime keeps them apart: a job of the actor runs *isolated* to it, a task's own code
/// does not, and going from one to the other is another job in the queue. If both ran in the same way, the number
/// of jobs from the start of a task to its entry into the actor would depend on the task's past, and calls would overtake
/// each other.
public protocol ActorExecutor: SerialExecutor {
    /// Queues a job of a task that prefers ``tasks``.
    func enqueue(_ job: UnownedJob, of tasks: QueuedTasks)
}

extension ActorExecutor {
    /// What a task prefers that is to run in this executor's queue.
    public var tasks: QueuedTasks { QueuedTasks(self) }
}

/// Lets tasks run in the queue of an actor's executor, without being isolated to the actor.
public final class QueuedTasks: TaskExecutor {
    private let executor: any ActorExecutor

    init(_ executor: any ActorExecutor) { self.executor = executor }

    public func enqueue(_ job: consuming ExecutorJob) { executor.enqueue(UnownedJob(job), of: self) }
}

/// What waits in the queue of an ``ActorExecutor``.
package enum QueuedJob {
    case isolated(UnownedJob)
    case task(UnownedJob, QueuedTasks)
}

/// A handle on a task that a ``World`` runs.
public struct SpawnedTask: Sendable {
    private let task: Task<Void, Never>
    package init(_ task: Task<Void, Never>) { self.task = task }

    /// Asks the task to end.
    public func cancel() { task.cancel() }

    /// Returns when the task has ended.
    public func finished() async { await task.value }
}
