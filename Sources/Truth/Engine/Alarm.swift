import World

/// The one timer of a value that says when it wants to be called. A new one is set only for an earlier time; one that comes too early finds
/// nothing to do.
struct Alarm {
    /// As soon as this it comes again. Each of many things may have a deadline of its own, most of which mean nothing any more when they come;
    /// and a timer, a task and a turn for each would cost more than what is done.
    let grain: Duration
    private var at = Instant.distantFuture
    private var task: SpawnedTask?

    init(grain: Duration) { self.grain = grain }

    mutating func set(_ due: Instant, _ world: any World, _ ring: @escaping @Sendable () async -> Void) {
        let now = world.now
        if at <= now { at = .distantFuture }
        let deadline = max(due, now + grain)
        guard deadline < at else { return }
        task?.cancel()
        at = deadline
        task = world.spawn("alarm") {
            guard (try? await world.sleep(until: deadline)) != nil else { return }
            await ring()
        }
    }

    func cancel() { task?.cancel() }
}
