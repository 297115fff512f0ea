/// The one place where a node's core runs: the reactor thread in production, the simulator's scheduler in a simulation.
///
/// It is the serial executor of the node's core actor, so the core enters it without a lock, and a reply that the core
/// makes leaves in the same turn, without a thread switch.
public protocol EventLoop: ActorExecutor {
    /// True on the loop's own thread.
    var isCurrent: Bool { get }

    /// Runs `body` on the loop, after what is queued already. May be called from any thread.
    func execute(_ body: @escaping @Sendable () -> Void)

    /// Asks for a turn soon, though no job and no packet waits. May be called from any thread.
    func wake()

    /// Adds a participant that is called in every turn. On the loop's thread, or before the loop runs.
    func attach(_ participant: any LoopParticipant)

    /// Ends the loop after the current turn. Queued jobs that have not run by then still run; later ones are dropped.
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
