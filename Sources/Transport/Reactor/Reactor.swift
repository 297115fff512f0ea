import CPlatform
import CReactor
import Glibc
import Synchronization
import World

// The polling thread is the executor
// ==================================
// ZeroMQ's sockets belong to one thread. Any design in which actors live elsewhere pays a thread hand-over for every
// frame in and another for every frame out; on the machines this was measured on one costs some 20 us, half of a whole
// round trip. So the thread that polls the sockets is itself the serial executor of the node's core: a frame is received,
// handled and answered in one turn of one thread.
//
// A turn: participants take in what has arrived; queued jobs and closures run, first in, first out; participants send
// what the turn has produced (which is what batches frames). The loop sleeps only when a whole turn found nothing to do.
// Waking it costs a system call, so others wake it only when it sleeps: the flag and the queue change under one lock.

/// The event loop of a node in production: one thread that polls the node's sockets and runs the node's core.
///
/// `@unchecked Sendable`: `shared` is guarded by its lock; everything marked "loop only" is touched by the thread alone,
/// or before it starts.
public final class Reactor: EventLoop, @unchecked Sendable {
    fileprivate enum Item {
        case job(QueuedJob)
        case body(@Sendable () -> Void)
    }

    fileprivate struct Shared {
        var items: [Item] = []
        var isAsleep = false
        var isTurnRequested = false
        var isStopped = false
        var metrics = ReactorMetrics()
    }

    /// Jobs that one turn runs at most, so that sockets are looked at under any load.
    private static let jobsPerTurn = 1024
    /// A busy loop asks the system for readable descriptors only so often: its own sockets tell it of more work anyway.
    private static let busyTurnsPerPoll = 4
    private static let wakeKey = UInt64.max

    private let world: any World
    private let name: String
    private let epoll: Int32
    private let wakeDescriptor: Int32
    private let shared = Mutex(Shared())
    private let endDescriptor: Int32
    /// The loop's thread; 0 before it runs.
    private let thread = Atomic<UInt>(0)

    // Loop only.
    private var participants: [any LoopParticipant] = []
    private weak var watcher: (any DescriptorWatcher)?
    private var running: [Item] = []
    private var keys = [UInt64](repeating: 0, count: 64)
    private var local = ReactorMetrics()

    /// A loop that does nothing until ``start()``.
    public init(name: String, world: any World) {
        self.name = name
        self.world = world
        epoll = creactor_epoll()
        wakeDescriptor = creactor_eventfd()
        endDescriptor = creactor_eventfd()
        precondition(
            epoll >= 0 && wakeDescriptor >= 0 && endDescriptor >= 0,
            "no descriptors left for an event loop; raise the limit (ulimit -n)")
        let code = creactor_epoll_add(epoll, wakeDescriptor, Self.wakeKey, 0)
        precondition(code == 0, "cannot watch an event descriptor: \(String(cString: strerror(code)))")
    }

    deinit {
        close(endDescriptor)
        close(wakeDescriptor)
        close(epoll)
    }

    /// Starts the thread, once. The loop keeps itself alive until ``stop()``.
    public func start() {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in
            Unmanaged<Reactor>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
        precondition(code == 0, "cannot start the thread of an event loop: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    public func stop() {
        let mustWake = shared.withLock { shared in
            shared.isStopped = true
            return shared.takeWake()
        }
        if mustWake { creactor_eventfd_signal(wakeDescriptor) }
    }

    /// Blocks until the thread has ended. Never on the loop itself.
    public func join() { creactor_eventfd_wait(endDescriptor) }

    /// Figures of the loop so far; as of its last sleep.
    public var metrics: ReactorMetrics { shared.withLock { $0.metrics } }
}

// MARK: - From any thread

extension Reactor {
    public func enqueue(_ job: consuming ExecutorJob) { add(.job(.isolated(UnownedJob(job)))) }

    public func enqueue(_ job: UnownedJob, of tasks: QueuedTasks) { add(.job(.task(job, tasks))) }

    public func execute(_ body: @escaping @Sendable () -> Void) { add(.body(body)) }

    private func add(_ item: Item) {
        let mustWake = shared.withLock { shared in
            shared.items.append(item)
            return shared.takeWake()
        }
        if mustWake { creactor_eventfd_signal(wakeDescriptor) }
    }

    public func wake() {
        let mustWake = shared.withLock { shared in
            shared.isTurnRequested = true
            return shared.takeWake()
        }
        if mustWake { creactor_eventfd_signal(wakeDescriptor) }
    }

    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    public func checkIsolated() { precondition(isCurrent, "not on the event loop \(name)") }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

extension Reactor.Shared {
    /// Whether the caller must wake the loop; only one caller of a sleep must.
    fileprivate mutating func takeWake() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}

// MARK: - On the loop

/// Hears of descriptors that have become ready. One for each loop.
package protocol DescriptorWatcher: AnyObject {
    func descriptorReady(_ key: UInt32)
}

extension Reactor {
    public func attach(_ participant: any LoopParticipant) {
        participants.append(participant)
        wake()
    }

    /// Makes `watcher` hear of all descriptors that are watched.
    package func setWatcher(_ watcher: any DescriptorWatcher) {
        precondition(self.watcher == nil, "an event loop has one owner of sockets")
        self.watcher = watcher
    }

    /// Watches a descriptor, for input or for the end of a connect, under a key of the watcher's.
    package func watch(_ descriptor: Int32, key: UInt32, forOutput: Bool = false) {
        let code = creactor_epoll_add(epoll, descriptor, UInt64(key), forOutput ? 1 : 0)
        precondition(code == 0, "cannot watch descriptor \(descriptor): \(String(cString: strerror(code)))")
    }

    package func unwatch(_ descriptor: Int32) { creactor_epoll_remove(epoll, descriptor) }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        cplatform_name_thread(name)
        var busyTurns = 0
        var turnStart = world.now
        while true {
            let didWork = runTurn(turnStart)
            let now = world.now
            local.turns += 1
            local.longestTurn = max(local.longestTurn, now - turnStart)
            if didWork {
                busyTurns += 1
                if busyTurns % Self.busyTurnsPerPoll == 0 { poll(nanoseconds: 0) }
                turnStart = now
            } else {
                busyTurns = 0
                guard sleep(now: now) else { break }
                turnStart = world.now
            }
        }
        participants = []
        creactor_eventfd_signal(endDescriptor)
    }

    /// True when there was anything to do.
    private func runTurn(_ now: Instant) -> Bool {
        var didWork = false
        for participant in participants where participant.turn(now: now) { didWork = true }
        if runJobs() { didWork = true }
        for participant in participants { participant.flush(now: now) }
        return didWork
    }

    private func runJobs() -> Bool {
        var count = 0
        let serial = asUnownedSerialExecutor()
        while count < Self.jobsPerTurn {
            shared.withLock { swap(&$0.items, &running) }
            if running.isEmpty { break }
            for item in running {
                switch item {
                case .job(.isolated(let job)): job.runSynchronously(on: serial)
                case .job(.task(let job, let tasks)): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                case .body(let body): body()
                }
            }
            count += running.count
            running.removeAll(keepingCapacity: true)
        }
        return count > 0
    }

    /// Sleeps until something happens or a deadline comes. False when the loop is to end.
    private func sleep(now: Instant) -> Bool {
        var deadline = Instant.distantFuture
        for participant in participants { deadline = min(deadline, participant.nextDeadline) }
        local.sleeps += 1
        enum Next { case sleep, turn, end }
        let next = shared.withLock { shared -> Next in
            shared.metrics = local
            if !shared.items.isEmpty || shared.isTurnRequested {
                shared.isTurnRequested = false
                return .turn
            }
            if shared.isStopped { return .end }
            shared.isAsleep = true
            return .sleep
        }
        if next != .sleep { return next == .turn }
        poll(nanoseconds: deadline == .distantFuture ? -1 : max(0, (deadline - now).nanoseconds))
        shared.withLock { shared in
            shared.isAsleep = false
            shared.isTurnRequested = false
        }
        if deadline < .distantFuture {
            let lateness = world.now - deadline
            local.latestLateness = max(lateness, .zero)
            local.longestLateness = max(local.longestLateness, lateness)
        }
        return true
    }

    private func poll(nanoseconds: Int64) {
        let count = Int(creactor_epoll_wait(epoll, &keys, Int32(keys.count), nanoseconds))
        for index in 0..<count {
            if keys[index] == Self.wakeKey {
                creactor_eventfd_clear(wakeDescriptor)
            } else {
                watcher?.descriptorReady(UInt32(truncatingIfNeeded: keys[index]))
            }
        }
    }
}
