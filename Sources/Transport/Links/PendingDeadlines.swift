import World

/// The instants for which one owner has entries in a heap of them, latest first. An entry is made only for an earlier
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
