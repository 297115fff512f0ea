/// What is to happen, by time; first come, first served within an instant, so that a run is determined by its seed alone.
///
/// A binary heap on (instant, order of insertion). Entries are not taken back; whoever takes one out judges whether it still means
/// anything. Public and inlinable, because every module that has such a heap wants it compiled for its own events: with `package`
/// in place of `public` none is, and the heap is sixteen times slower.
public struct EventHeap<Event> {
    @usableFromInline struct Entry {
        @usableFromInline let at: Int64
        @usableFromInline let number: UInt64
        @usableFromInline let event: Event

        @inlinable init(at: Int64, number: UInt64, event: Event) { (self.at, self.number, self.event) = (at, number, event) }
    }

    @usableFromInline var entries: [Entry] = []
    @usableFromInline var made: UInt64 = 0

    /// An empty heap.
    @inlinable public init() {}

    /// Events that are in it.
    @inlinable public var count: Int { entries.count }

    /// The instant of the earliest; the distant future when there is none.
    @inlinable public var next: Instant { entries.first.map { Instant(nanoseconds: $0.at) } ?? .distantFuture }

    /// The earliest, which stays.
    @inlinable public var first: Event? { entries.first?.event }

    /// Puts an event in, behind those of the same instant.
    @inlinable public mutating func insert(_ event: Event, at instant: Instant) {
        made += 1
        entries.append(Entry(at: instant.nanoseconds, number: made, event: event))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest out, if it is due.
    @inlinable public mutating func pop(dueBy now: Instant) -> (event: Event, at: Instant)? {
        guard let first = entries.first, first.at <= now.nanoseconds else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.event, Instant(nanoseconds: first.at))
    }

    @inlinable mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            let child = 2 * parent + 1
            if child < entries.count && precedes(child, least) { least = child }
            if child + 1 < entries.count && precedes(child + 1, least) { least = child + 1 }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    @inlinable func precedes(_ a: Int, _ b: Int) -> Bool {
        (entries[a].at, entries[a].number) < (entries[b].at, entries[b].number)
    }
}
