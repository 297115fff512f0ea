import World

/// Deadlines in order: a binary heap on (instant, order of entry). Entries are not taken back; whoever made one looks,
/// when it comes up, whether it still means anything.
package struct DeadlineHeap<Key> {
    private var entries: [(at: Instant, order: UInt64, key: Key)] = []
    private var made: UInt64 = 0

    package init() {}

    package var next: Instant { entries.first?.at ?? .distantFuture }
    package var count: Int { entries.count }

    package mutating func insert(_ key: Key, at: Instant) {
        made += 1
        entries.append((at, made, key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the first entry that is due.
    package mutating func popDue(_ now: Instant) -> (key: Key, at: Instant)? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return (first.key, first.at) }
        entries[0] = last
        var parent = 0
        while true {
            var smallest = parent
            let child = 2 * parent + 1
            if child < entries.count && precedes(child, smallest) { smallest = child }
            if child + 1 < entries.count && precedes(child + 1, smallest) { smallest = child + 1 }
            if smallest == parent { break }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
        return (first.key, first.at)
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (entries[a].at, entries[a].order) < (entries[b].at, entries[b].order)
    }
}

/// The instants for which one owner has entries in a ``DeadlineHeap``, latest first. An entry is made only for an earlier
/// instant than all those there are, so that an owner whose deadline is put off again and again leaves no trail of them.
package struct PendingDeadlines {
    private var instants: [Instant] = []

    package init() {}

    /// Whether an entry has to be made for `instant`; the caller then makes it.
    package mutating func add(_ instant: Instant) -> Bool {
        guard instant < instants.last ?? .distantFuture else { return false }
        instants.append(instant)
        return true
    }

    /// Notes that the entry for `instant` has come up.
    package mutating func remove(_ instant: Instant) {
        if let index = instants.lastIndex(of: instant) { instants.remove(at: index) }
    }
}
