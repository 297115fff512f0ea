import CPlatform
import Glibc

/// A fixed set of threads that run what is submitted, first in, first out.
///
/// Written on POSIX threads: a pool actor's latency is the time to wake one sleeping thread, and nothing may be added
/// to that.
package final class ThreadPool: @unchecked Sendable {
    package enum Work {
        case executor(PooledExecutor)
        case body(@Sendable () -> Void)
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let name: String
    private let limit: Int
    // Guarded by `mutex`.
    private var queue: [Work] = []
    private var head = 0
    private var idle = 0
    private var threads = 0

    /// A pool of at most `limit` threads, started as they are needed and then kept for the life of the process.
    package init(name: String, limit: Int) {
        precondition(limit > 0, "a pool needs a thread")
        self.name = name
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    package func submit(_ work: Work) {
        pthread_mutex_lock(mutex)
        queue.append(work)
        // An idle thread that has been woken counts as idle until it runs, so what waits is compared, not just whether any is idle.
        let startThread = queue.count - head > idle && threads < limit
        if startThread { threads += 1 }
        let signal = idle > 0
        pthread_mutex_unlock(mutex)
        if signal { pthread_cond_signal(condition) }
        if startThread { start() }
    }

    private func start() {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in
            Unmanaged<ThreadPool>.fromOpaque(argument!).takeUnretainedValue().loop()
            return nil
        }, box.toOpaque())
        precondition(code == 0, "cannot start a thread of pool \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    private func loop() {
        cplatform_name_thread(name)
        while true {
            switch next() {
            case .executor(let executor): executor.runQueued()
            case .body(let body): body()
            }
        }
    }

    private func next() -> Work {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while head == queue.count {
            idle += 1
            pthread_cond_wait(condition, mutex)
            idle -= 1
        }
        let work = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024 {
            queue.removeFirst(head)
            head = 0
        }
        return work
    }
}
