import World

/// What is to happen, by time; first come first served within an instant, so that a run is determined by its seed alone.
package struct EventHeap<Event> {
    private var items: [(at: Int64, serial: UInt64, event: Event)] = []
    private var serial: UInt64 = 0

    package init() {}

    package var next: Instant? { items.first.map { Instant(nanoseconds: $0.at) } }

    package mutating func push(_ event: Event, at time: Instant) {
        serial += 1
        items.append((time.nanoseconds, serial, event))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    package mutating func pop() -> (at: Instant, event: Event)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            sink()
        }
        return (Instant(nanoseconds: first.at), first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && precedes(child, smallest) { smallest = child }
            if smallest == parent { return }
            items.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool { (items[a].at, items[a].serial) < (items[b].at, items[b].serial) }
}
