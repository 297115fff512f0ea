import Synchronization

/// The executor of one actor in production: a queue of jobs that takes its turns on a ``ThreadPool``.
package final class PooledExecutor: ActorExecutor {
    private struct State {
        var jobs: [QueuedJob] = []
        var isScheduled = false
    }

    /// After so many jobs the executor goes to the back of the pool's queue, so that a busy actor starves no other.
    private static let turnLimit = 64

    private let pool: ThreadPool
    private let state = Mutex(State())

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

    /// Runs the waiting jobs. Called by the pool, on one thread at a time.
    func runQueued() {
        let serial = asUnownedSerialExecutor()
        var remaining = Self.turnLimit
        while true {
            let jobs = state.withLock { state -> [QueuedJob] in
                guard remaining > 0 else { return [] }
                let batch = state.jobs
                state.jobs = []
                if batch.isEmpty { state.isScheduled = false }
                return batch
            }
            if jobs.isEmpty { break }
            for job in jobs {
                switch job {
                case .isolated(let job): job.runSynchronously(on: serial)
                case .task(let job, let tasks): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                }
            }
            remaining -= jobs.count
        }
        if remaining <= 0 { pool.submit(.executor(self)) }
    }
}
