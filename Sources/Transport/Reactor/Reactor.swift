import CPlatform
import CReactor
import Glibc
import Logging
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
//
// A loop that has been stopped ends when no job waits. Whoever still sends it jobs awaits their end, so they run
// nevertheless, on a thread that is started for them and is the executor until none is left.

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
        /// Whether no thread is the executor now, after the end of the loop's own.
        var isVacant = false
        var metrics = LoopMetrics()
    }

    /// Jobs that one turn runs at most, so that sockets are looked at under any load.
    package static let jobsPerTurn = 1024
    /// A busy loop asks the system for readable descriptors only so often: its own sockets tell it of more work anyway.
    private static let busyTurnsPerPoll = 4
    /// A turn that takes longer is counted and, at most once in `logInterval`, logged.
    private static let longTurn = Duration.milliseconds(1)
    private static let logInterval = Duration.seconds(60)
    private static let wakeKey = UInt64.max

    let world: any World
    private let name: String
    private let log: Logger?
    private let epoll: Int32
    private let wakeDescriptor: Int32
    private let shared = Mutex(Shared())
    private let endDescriptor: Int32
    /// The thread that is the executor; 0 while there is none.
    private let thread = Atomic<UInt>(0)

    // Loop only.
    private var participants: [any LoopParticipant] = []
    private weak var watcher: (any DescriptorWatcher)?
    /// What was taken out of `shared`; those before `head` have run.
    private var running: [Item] = []
    private var head = 0
    private var keys = [UInt64](repeating: 0, count: 64)
    private var local = LoopMetrics()
    /// The longest turn since one was logged, and the jobs that it ran.
    private var worst: (duration: Duration, jobs: Int) = (.zero, 0)
    private var nextLog = Instant.zero

    /// A loop that does nothing until ``start()``.
    /// - Parameter log: hears of long turns.
    public init(name: String, world: any World, log: Logger? = nil) {
        self.name = name
        self.world = world
        self.log = log
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
        startThread { reactor in
            Unmanaged<Reactor>.fromOpaque(reactor!).takeRetainedValue().run()
            return nil
        }
    }

    private func startThread(_ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, body, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "cannot start the thread of the event loop \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    public func stop() {
        let mustWake = shared.withLock { shared in
            shared.isStopped = true
            return shared.takeWake()
        }
        if mustWake { creactor_eventfd_signal(wakeDescriptor) }
    }

    /// Blocks until the loop has ended. Never on the loop itself.
    public func join() { creactor_eventfd_wait(endDescriptor) }

    public var metrics: LoopMetrics { shared.withLock { $0.metrics } }
}

// MARK: - From any thread

extension Reactor {
    public func enqueue(_ job: consuming ExecutorJob) { add(.job(.isolated(UnownedJob(job)))) }

    public func enqueue(_ job: UnownedJob, of tasks: QueuedTasks) { add(.job(.task(job, tasks))) }

    public func execute(_ body: @escaping @Sendable () -> Void) { add(.body(body)) }

    private func add(_ item: Item) {
        let (mustWake, mustDrain) = shared.withLock { shared in
            shared.items.append(item)
            return (shared.takeWake(), shared.takeVacancy())
        }
        if mustWake { creactor_eventfd_signal(wakeDescriptor) }
        if mustDrain {
            startThread { reactor in
                Unmanaged<Reactor>.fromOpaque(reactor!).takeRetainedValue().drain()
                return nil
            }
        }
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

    /// Whether the caller must start a thread for what it has queued.
    fileprivate mutating func takeVacancy() -> Bool {
        defer { isVacant = false }
        return isVacant
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

    /// Watches a descriptor, for input or for the end of a connect, under a key of the watcher's. False when the system
    /// does not let it: its limit of watches (`fs.epoll.max_user_watches`) is reached.
    package func watch(_ descriptor: Int32, key: UInt32, forOutput: Bool = false) -> Bool {
        creactor_epoll_add(epoll, descriptor, UInt64(key), forOutput ? 1 : 0) == 0
    }

    package func unwatch(_ descriptor: Int32) { creactor_epoll_remove(epoll, descriptor) }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        cplatform_name_thread(name)
        var busyTurns = 0
        var turnStart = world.now
        while true {
            let jobs = runTurn(turnStart)
            let now = world.now
            count(now - turnStart, jobs ?? 0, now)
            if jobs != nil {
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
        vacate()
        creactor_eventfd_signal(endDescriptor)
    }

    /// Runs what has come after the end of the loop.
    private func drain() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        cplatform_name_thread(name)
        vacate()
    }

    /// Runs what waits, and gives up being the executor when nothing does.
    private func vacate() {
        repeat {
            while runJobs() > 0 {}
        } while !shared.withLock { shared in
            guard shared.items.isEmpty else { return false }
            // Before another thread can take its place: the system gives the ids of threads anew.
            thread.store(0, ordering: .relaxed)
            shared.isVacant = true
            return true
        }
    }

    /// How many jobs the turn has run; `nil` when there was nothing at all to do.
    private func runTurn(_ now: Instant) -> Int? {
        var didWork = false
        for participant in participants where participant.turn(now: now) { didWork = true }
        let jobs = runJobs()
        for participant in participants { participant.flush(now: now) }
        return didWork || jobs > 0 ? jobs : nil
    }

    /// Runs waiting jobs, as many as one turn may, and tells how many those were.
    private func runJobs() -> Int {
        var count = 0
        let serial = asUnownedSerialExecutor()
        while count < Self.jobsPerTurn && refill() {
            let end = min(running.count, head + Self.jobsPerTurn - count)
            for item in running[head..<end] {
                switch item {
                case .job(.isolated(let job)): job.runSynchronously(on: serial)
                case .job(.task(let job, let tasks)): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                case .body(let body): body()
                }
            }
            count += end - head
            head = end
        }
        return count
    }

    /// Makes sure that there is a job to run. False when none waits.
    private func refill() -> Bool {
        if head < running.count { return true }
        running.removeAll(keepingCapacity: true)
        head = 0
        shared.withLock { shared in
            swap(&shared.items, &running)
            shared.metrics = local
        }
        return !running.isEmpty
    }

    private func count(_ turn: Duration, _ jobs: Int, _ now: Instant) {
        local.turns += 1
        local.longestTurn = max(local.longestTurn, turn)
        if turn > Self.longTurn { noteLongTurn(turn, jobs, now) }
    }

    /// Many jobs in a long turn are load; few are an actor that blocks, or a machine without a free core.
    private func noteLongTurn(_ turn: Duration, _ jobs: Int, _ now: Instant) {
        local.longTurns += 1
        if turn > worst.duration { worst = (turn, jobs) }
        guard nextLog <= now else { return }
        log?.notice(
            """
            a turn of the event loop \(name) took \(worst.duration) and ran \(worst.jobs) jobs; frames and timers waited for it. \
            What runs on the loop must not block: see InlineActor
            """)
        worst = (.zero, 0)
        nextLog = now + Self.logInterval
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
            let lateness = world.now - max(deadline, now)
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
