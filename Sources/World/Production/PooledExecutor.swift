import Synchronization

/// The executor of one actor in production: a queue of jobs that takes its turns on a ``ThreadPool``.
///
/// `@unchecked Sendable`: `state` is guarded by its lock; `running` and `head` belong to the pool's thread that runs the
/// executor, and there is one at a time.
package final class PooledExecutor: ActorExecutor, @unchecked Sendable {
    private struct State {
        var jobs: [QueuedJob] = []
        var isScheduled = false
    }

    /// After so many jobs the executor goes to the back of the pool's queue, so that a busy actor starves no other.
    package static let turnLimit = 64

    private let pool: ThreadPool
    private let state = Mutex(State())
    /// Jobs taken out of `state`; those before `head` have run.
    private var running: [QueuedJob] = []
    private var head = 0

    package init(pool: ThreadPool) { self.pool = pool }

    package func enqueue(_ job: consuming ExecutorJob) { add(.isolated(UnownedJob(job))) }

    package func enqueue(_ job: UnownedJob, of tasks: QueuedTasks) { add(.task(job, tasks)) }

    private func add(_ job: QueuedJob) {
        let mustSchedule = state.withLock { state in
            state.jobs.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { pool.submit(.executor(self)) }
    }

    /// Runs waiting jobs, as many as one turn may. Called by the pool, on one thread at a time.
    func runQueued() {
        let serial = asUnownedSerialExecutor()
        var remaining = Self.turnLimit
        while refill() {
            if remaining == 0 { return pool.submit(.executor(self)) }
            let end = min(running.count, head + remaining)
            for job in running[head..<end] {
                switch job {
                case .isolated(let job): job.runSynchronously(on: serial)
                case .task(let job, let tasks): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                }
            }
            remaining -= end - head
            head = end
        }
    }

    /// Makes sure that there is a job to run. False when none waits, and then the executor is not scheduled any more.
    private func refill() -> Bool {
        if head < running.count { return true }
        running.removeAll(keepingCapacity: true)
        head = 0
        return state.withLock { state in
            swap(&state.jobs, &running)
            if running.isEmpty { state.isScheduled = false }
            return state.isScheduled
        }
    }
}
