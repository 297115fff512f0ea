/// Names one timer of a ``Simulation``.
public struct SimulatedTimer: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// The timers of a simulation: a binary heap on (instant, order of making).
struct TimerHeap {
    private struct Entry {
        var at: Instant
        var number: UInt64
        var body: @Sendable () -> Void

        static func precedes(_ a: Entry, _ b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
    }

    private var entries: [Entry] = []
    private var cancelled: Set<UInt64> = []
    private var made: UInt64 = 0

    mutating func insert(at: Instant, _ body: @escaping @Sendable () -> Void) -> SimulatedTimer {
        made += 1
        entries.append(Entry(at: at, number: made, body: body))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.precedes(entries[child], entries[parent]) else { break }
            entries.swapAt(child, parent)
            child = parent
        }
        return SimulatedTimer(number: made)
    }

    /// Cancelled timers stay in the heap until they come to its top.
    mutating func cancel(_ timer: SimulatedTimer) { cancelled.insert(timer.number) }

    var nextInstant: Instant? {
        mutating get {
            while let first = entries.first {
                guard cancelled.contains(first.number) else { return first.at }
                cancelled.remove(first.number)
                removeFirst()
            }
            cancelled.removeAll()
            return nil
        }
    }

    mutating func popFirst() -> (@Sendable () -> Void)? {
        guard nextInstant != nil, let first = entries.first else { return nil }
        removeFirst()
        return first.body
    }

    private mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && Entry.precedes(entries[child], entries[smallest]) { smallest = child }
            guard smallest != parent else { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
