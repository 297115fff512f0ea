/// Names one timer of a ``Simulation``.
public struct SimulatedTimer: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// The timers of a simulation, which can be cancelled.
struct TimerHeap {
    private var timers = EventHeap<(number: UInt64, body: @Sendable () -> Void)>()
    private var cancelled: Set<UInt64> = []
    private var made: UInt64 = 0

    mutating func insert(at: Instant, _ body: @escaping @Sendable () -> Void) -> SimulatedTimer {
        made += 1
        timers.insert((made, body), at: at)
        return SimulatedTimer(number: made)
    }

    /// Cancelled timers stay in the heap until they come to its top.
    mutating func cancel(_ timer: SimulatedTimer) { cancelled.insert(timer.number) }

    var nextInstant: Instant? {
        mutating get {
            while let first = timers.first {
                guard cancelled.remove(first.number) != nil else { return timers.next }
                _ = timers.pop(dueBy: .distantFuture)
            }
            cancelled.removeAll()
            return nil
        }
    }

    mutating func popFirst() -> (@Sendable () -> Void)? {
        guard nextInstant != nil else { return nil }
        return timers.pop(dueBy: .distantFuture)?.event.body
    }
}
