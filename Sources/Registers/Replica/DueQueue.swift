import World

/// What is due when: a binary heap on (instant, order of insertion). Entries are not cancelled; who takes one judges whether it still means
/// anything.
struct DueQueue<Element> {
    private struct Entry {
        let at: Instant
        let number: UInt64
        let element: Element

        static func precedes(_ a: Entry, _ b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
    }

    private var entries: [Entry] = []
    private var made: UInt64 = 0

    var next: Instant { entries.first?.at ?? .distantFuture }

    mutating func insert(_ element: Element, at instant: Instant) {
        made += 1
        entries.append(Entry(at: instant, number: made, element: element))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.precedes(entries[child], entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest, if it is due.
    mutating func pop(dueBy now: Instant) -> Element? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first.element }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && Entry.precedes(entries[child], entries[least]) { least = child }
            guard least != parent else { return first.element }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
