/// The places for calls of one host, and the queue before them: who comes first is served first. One slow host fills its own places and
/// nobody else's. (Nygard, "Release It!", 2nd edition, 2018, section 5.3, "Bulkheads".)
package struct Bulkhead: Sendable {
    package enum Entry: Hashable, Sendable {
        /// The call has a place.
        case enters
        /// It stands in the queue, under its number.
        case waits
        /// The queue is full.
        case refused
    }

    /// Calls at a time.
    package let places: Int
    private let queueLimit: Int
    /// Calls that have a place.
    package private(set) var underWay = 0
    /// The numbers of those that wait. There are none while a place is free.
    package private(set) var queue: [UInt64] = []

    /// - Parameters:
    ///   - places: calls at a time; at least 1.
    ///   - queueLimit: calls that may wait for a place.
    package init(places: Int, queueLimit: Int) {
        self.places = places
        self.queueLimit = queueLimit
    }

    package var isIdle: Bool { underWay == 0 && queue.isEmpty }

    package mutating func enter(_ number: UInt64) -> Entry {
        if underWay < places {
            underWay += 1
            return .enters
        }
        guard queue.count < queueLimit else { return .refused }
        queue.append(number)
        return .waits
    }

    /// Gives a place back.
    /// - Returns: who has it now.
    package mutating func leave() -> UInt64? {
        guard queue.isEmpty else { return queue.removeFirst() }
        underWay -= 1
        return nil
    }

    /// Takes a call out of the queue. False when it is not there.
    package mutating func giveUp(_ number: UInt64) -> Bool {
        guard let index = queue.firstIndex(of: number) else { return false }
        queue.remove(at: index)
        return true
    }

    /// Takes all out of the queue, in their order.
    package mutating func disperse() -> [UInt64] {
        defer { queue = [] }
        return queue
    }

    /// What there is of calls, for sentences.
    package var words: String { "\(underWay) calls under way and \(queue.count) waiting" }
}
