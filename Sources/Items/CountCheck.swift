import World

// JUDGING A COUNT
//
// Ids are added to a set that only grows, and reads tell how many it has. Every id is added by one operation only, so an addition of k
// ids is k additions of one, each at a moment of its own between call and return; one whose outcome is unknown may take place at any
// moment after its call, or never; one that has failed never does. A history is right (linearizable: Herlihy and Wing, 1990) if every
// addition and every read can be given a moment so that each read tells how many additions come before it.
//
// That can be decided exactly, in the order of the counts. Reads that tell more come later; of those that tell the same, the one that has
// to be over first. Each is put at the latest moment it can have: later, more additions are there to choose from, and those that have to
// have happened by then are within the count as long as the moment is one that it can have. Then the additions that have to be over first
// are taken, as many as the count says. If another choice explained the history, this one would, because whatever it takes has to be over
// no later than what the other takes in its place (the exchange argument of earliest deadline first). So if a read has no moment, there
// is no explanation.

/// Judges whether counts of one growing set can be explained.
package enum CountCheck {
    /// So many ids that were added together.
    package struct Addition: Hashable, Sendable {
        package let ids: Int
        package let called: Int64
        /// Nil when nobody knows whether and when they were added.
        package let returned: Int64?
        /// For people.
        package let name: String

        package init(ids: Int, called: Int64, returned: Int64?, name: String) {
            (self.ids, self.called, self.returned, self.name) = (ids, called, returned, name)
        }
    }

    /// A count that was answered.
    package struct Read: Hashable, Sendable {
        package let count: Int
        package let called: Int64
        package let returned: Int64
        package let name: String

        package init(count: Int, called: Int64, returned: Int64, name: String) {
            (self.count, self.called, self.returned, self.name) = (count, called, returned, name)
        }
    }

    /// What cannot be explained.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            /// A read misses what was acknowledged before it began.
            case stale
            /// A read tells of more than had been asked for.
            case future
            /// A read misses what an earlier one has told.
            case regress
        }

        package let kind: Kind
        /// Of which read, and what it contradicts.
        package let sentence: String

        fileprivate init(_ kind: Kind, _ sentence: String) { (self.kind, self.sentence) = (kind, sentence) }

        package var description: String { "\(kind.rawValue): \(sentence)" }
    }

    /// Nil when all is explained.
    /// - Parameter additions: those that have failed are left out.
    package static func judge(_ additions: [Addition], _ reads: [Read]) -> Finding? {
        var search = Search(additions)
        let order = reads.sorted { ($0.count, $0.returned, $0.called) < ($1.count, $1.returned, $1.called) }
        // By when a read has to be over so that all that come behind it can be.
        var limits = order.map(\.returned)
        for index in limits.indices.dropLast().reversed() { limits[index] = min(limits[index], limits[index + 1]) }
        for (read, limit) in zip(order, limits) {
            if let finding = search.place(read, by: limit) { return finding }
        }
        return nil
    }

    private struct Search {
        private let additions: [Addition]
        /// By their calls, and by when they have to be over.
        private let byCall: [Int], byReturn: [Int]
        private var nextCall = 0, nextReturn = 0
        /// Those that have been called and may be taken, first those that have to be over first.
        private var open = EventHeap<Int>()
        /// How many ids of each are not taken yet.
        private var left: [Int]
        private var taken = 0
        private var moment = Int64.min

        init(_ additions: [Addition]) {
            self.additions = additions
            left = additions.map(\.ids)
            byCall = additions.indices.sorted { (additions[$0].called, $0) < (additions[$1].called, $1) }
            byReturn = additions.indices.filter { additions[$0].returned != nil }
                .sorted { (additions[$0].returned ?? 0, $0) < (additions[$1].returned ?? 0, $1) }
        }

        /// Gives a read its moment, and takes the additions before it.
        mutating func place(_ read: Read, by limit: Int64) -> Finding? {
            // What has returned before a moment comes before it. The first that the count has no room for says how late it can be.
            var latest = limit, surplus: Addition?
            while nextReturn < byReturn.count {
                let index = byReturn[nextReturn], returned = additions[index].returned ?? .max
                guard returned < latest else { break }
                guard taken + left[index] <= read.count else {
                    (latest, surplus) = (returned, additions[index])
                    break
                }
                take(index, left[index])
                nextReturn += 1
            }
            guard latest >= read.called else {
                guard let surplus else {
                    return Finding(.regress, "\(read.name) tells \(read.count), and more had been told before it began")
                }
                return Finding(.stale, "\(read.name) tells \(read.count), and there were more after \(surplus.name)")
            }
            precondition(latest >= moment, "what has to come before a moment was taken at that moment")
            moment = latest
            while nextCall < byCall.count, additions[byCall[nextCall]].called <= moment {
                let index = byCall[nextCall]
                open.insert(index, at: Instant(nanoseconds: additions[index].returned ?? .max))
                nextCall += 1
            }
            while taken < read.count, let index = open.first {
                take(index, min(left[index], read.count - taken))
                if left[index] == 0 { _ = open.pop(dueBy: .distantFuture) }
            }
            guard taken == read.count else {
                return Finding(.future, "\(read.name) tells \(read.count), and no more than \(taken) had been asked for by then")
            }
            return nil
        }

        private mutating func take(_ index: Int, _ ids: Int) {
            left[index] -= ids
            taken += ids
        }
    }
}
