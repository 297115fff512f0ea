import World

/// A binary heap of events by time, first come first served within an instant, so that a run is determined by its seed alone.
struct EventHeap<Event> {
    private var items: [(at: Int64, serial: UInt64, event: Event)] = []
    private var serial: UInt64 = 0

    var isEmpty: Bool { items.isEmpty }
    var nextTime: Instant? { items.first.map { Instant(nanoseconds: $0.at) } }

    mutating func push(_ event: Event, at time: Instant) {
        serial += 1
        items.append((time.nanoseconds, serial, event))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (at: Instant, event: Event)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            var parent = 0
            while true {
                var smallest = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && isBefore(child, smallest) { smallest = child }
                if smallest == parent { break }
                items.swapAt(parent, smallest)
                parent = smallest
            }
        }
        return (Instant(nanoseconds: first.at), first.event)
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        items[a].at != items[b].at ? items[a].at < items[b].at : items[a].serial < items[b].serial
    }
}
