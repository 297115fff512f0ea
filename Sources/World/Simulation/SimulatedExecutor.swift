/// The executor of one actor in a simulation. It has an identity of its own, so every hop to the actor is a point at
/// which the seed decides; all feed the one scheduler.
public class SimulatedExecutor: ActorExecutor, @unchecked Sendable {
    unowned let simulation: Simulation
    let world: SimulatedWorld
    /// Whether a job of this executor runs now, which on one thread is all there is to isolation.
    fileprivate var isRunning = false

    init(simulation: Simulation, world: SimulatedWorld) {
        self.simulation = simulation
        self.world = world
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        guard world.isAlive else { return }
        simulation.push(.job(.isolated(UnownedJob(job)), self))
    }

    public func enqueue(_ job: UnownedJob, of tasks: QueuedTasks) {
        guard world.isAlive else { return }
        simulation.push(.job(.task(job, tasks), self))
    }

    public func checkIsolated() { precondition(isRunning, "not on this executor of \(world.name)") }
    public func isIsolatingCurrentContext() -> Bool? { isRunning }

    /// What a killed node still had to do never runs.
    func run(_ job: QueuedJob) {
        guard world.isAlive else { return }
        isRunning = true
        defer { isRunning = false }
        switch job {
        case .isolated(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        case .task(let job, let tasks): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
        }
    }

    func run(_ body: @Sendable () -> Void) {
        guard world.isAlive else { return }
        isRunning = true
        defer { isRunning = false }
        body()
    }
}

/// The event loop of a simulated node: a serial executor whose participants get their turn after every job.
public final class SimulatedEventLoop: SimulatedExecutor, EventLoop, @unchecked Sendable {
    private var participants: [any LoopParticipant] = []
    private var isTurnRequested = false
    private var isStopped = false
    private var armed: (timer: SimulatedTimer, at: Instant)?
    /// Virtual time stands still while a turn runs, so no turn is long and no deadline late.
    public private(set) var metrics = LoopMetrics()

    public var isCurrent: Bool { isRunning }

    public func execute(_ body: @escaping @Sendable () -> Void) {
        guard world.isAlive else { return }
        simulation.push(.closure(self, body))
    }

    public func attach(_ participant: any LoopParticipant) {
        participants.append(participant)
        wake()
    }

    public func wake() {
        guard !isTurnRequested, !isStopped, world.isAlive else { return }
        isTurnRequested = true
        simulation.push(.turn(self))
    }

    public func stop() {
        isStopped = true
        participants = []
    }

    override func run(_ job: QueuedJob) {
        super.run(job)
        wake()
    }

    override func run(_ body: @Sendable () -> Void) {
        super.run(body)
        wake()
    }

    private func onLoop(_ body: () -> Void) {
        isRunning = true
        body()
        isRunning = false
    }

    func runTurn() {
        isTurnRequested = false
        guard world.isAlive, !isStopped else { return }
        onLoop {
            let now = world.now
            var didWork = false
            for participant in participants where participant.turn(now: now) { didWork = true }
            for participant in participants { participant.flush(now: now) }
            metrics.turns += 1
            if didWork { wake() }
            arm()
        }
    }

    private func arm() {
        let deadline = participants.map(\.nextDeadline).min() ?? .distantFuture
        if let armed, armed.at == deadline { return }
        if let armed { simulation.cancel(armed.timer) }
        armed = nil
        guard deadline < .distantFuture else { return }
        // A deadline that has passed gets a turn one tick later, so that a participant that never clears it cannot stop time.
        let at = max(deadline, world.now + .microseconds(1))
        armed = (simulation.schedule(at: at) { [unowned self] in
            self.armed = nil
            self.wake()
        }, deadline)
    }
}
