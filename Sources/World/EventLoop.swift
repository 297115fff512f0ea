/// The one place where a node's core runs: the reactor thread in production, the simulator's scheduler in a simulation.
///
/// It is the serial executor of the node's core actor, so the core enters it without a lock, and a reply that the core
/// makes leaves in the same turn, without a thread switch.
public protocol EventLoop: ActorExecutor {
    /// True on the loop's own thread.
    var isCurrent: Bool { get }

    /// Figures of the loop so far. May be asked from any thread; they may be as old as the last turn.
    var metrics: LoopMetrics { get }

    /// Runs `body` on the loop, after what is queued already. May be called from any thread.
    func execute(_ body: @escaping @Sendable () -> Void)

    /// Asks for a turn soon, though no job and no packet waits. May be called from any thread.
    func wake()

    /// Adds a participant that is called in every turn. On the loop's thread, or before the loop runs.
    func attach(_ participant: any LoopParticipant)

    /// Ends the turns of the participants after the current one.
    ///
    /// Jobs run for ever: those queued by then as before, later ones as they come, still one at a time. A job that was
    /// dropped would leave whoever awaits it waiting without end.
    func stop()
}

/// What takes part in every turn of an ``EventLoop``. All calls come on the loop.
public protocol LoopParticipant: AnyObject, Sendable {
    /// Takes in what has arrived and runs the timers that are due. True when there was something to do.
    func turn(now: Instant) -> Bool

    /// Sends what the turn has produced. Called once after the jobs of the turn.
    func flush(now: Instant)

    /// When ``turn(now:)`` must be called at the latest, though nothing arrives.
    var nextDeadline: Instant { get }
}

/// How an event loop fares. A long turn or a late deadline means that this node, not its peers, is slow.
public struct LoopMetrics: Hashable, Sendable {
    /// Turns run.
    public var turns: UInt64 = 0
    /// Times that the loop found nothing to do and slept.
    public var sleeps: UInt64 = 0
    /// Turns of more than a millisecond. An actor on the loop that blocks shows here, and so does a machine without a free core.
    public var longTurns: UInt64 = 0
    /// The longest turn: whatever ran in it kept every frame and timer waiting.
    public var longestTurn: Duration = .zero
    /// How late the loop woke for its last deadline. Up to a millisecond is the clock's grain.
    public var latestLateness: Duration = .zero
    /// How late it woke for any.
    public var longestLateness: Duration = .zero

    public init() {}
}
