import Synchronization

/// How many readers there are, and how many there may be.
package final class LiveSeats: Sendable {
    let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) {
        precondition(limit > 0, "a feed that nobody may read")
        self.limit = limit
    }

    var count: Int { taken.withLock { $0 } }

    /// A seat; nil when all are taken.
    package func take() -> LiveSeat? {
        let isFree = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        return isFree ? LiveSeat(self) : nil
    }

    fileprivate func giveBack() { taken.withLock { $0 -= 1 } }
}

/// One reader's seat. It is free again when nothing holds this object any more: however an answer ends, even one whose body is never
/// asked for, what it holds is let go.
package final class LiveSeat: Sendable {
    private let seats: LiveSeats
    fileprivate init(_ seats: LiveSeats) { self.seats = seats }
    deinit { seats.giveBack() }
}
