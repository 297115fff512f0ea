import World

/// The calls that this node has sent and that have not been answered, with their deadlines.
///
/// A slab of slots, so that a call costs no hashing and no allocation; a call's id is its slot and the slot's generation,
/// so that a late answer to an earlier call of the slot finds nobody. Slots are reused first in, first out, which keeps a
/// generation unused for as long as possible.
///
/// The deadlines are a timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6): each
/// tick of the wheel has a list of the slots that end in it or in a later round, linked through the slots, so that a
/// call that is answered leaves it in constant time. One wheel serves all calls; no call has a task or a timer.
package struct PendingCalls<Call> {
    /// Where a call stands.
    private struct Slot {
        var call: Call?
        var deadline = Instant.distantFuture
        var generation: UInt64 = 0
        var previous: Int32 = -1
        var next: Int32 = -1
        var tick: Int32 = -1
    }

    /// The wheel's resolution: a call ends at most this much after its deadline.
    package static var resolution: Duration { .milliseconds(8) }
    private static var ticks: Int { 4096 }

    package let limit: Int
    package private(set) var count = 0
    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var freeHead = 0
    private var heads = [Int32](repeating: -1, count: Self.ticks)
    private var occupied = [UInt64](repeating: 0, count: Self.ticks / 64)
    private var current: Int64

    /// - Parameter limit: calls pending at once, at most 65,536.
    package init(limit: Int, now: Instant) {
        precondition((1...65_536).contains(limit), "between 1 and 65,536 pending calls, not \(limit)")
        self.limit = limit
        current = now.nanoseconds / Self.resolution.nanoseconds
    }

    private static func id(slot: Int, generation: UInt64) -> UInt64 { generation << 16 | UInt64(slot) }

    /// Adds a call and gives it its id; nil when the table is full.
    package mutating func insert(_ call: Call, deadline: Instant) -> UInt64? {
        guard count < limit else { return nil }
        // Growing before reusing keeps generations young; 1,024 slots are plenty between two answers.
        if free.count - freeHead < min(1024, limit - count), slots.count < limit {
            slots.append(Slot())
            free.append(Int32(slots.count - 1))
        }
        let index = Int(free[freeHead])
        freeHead += 1
        if freeHead >= 4096 {
            free.removeFirst(freeHead)
            freeHead = 0
        }
        count += 1
        slots[index].call = call
        slots[index].deadline = deadline
        slots[index].generation &+= 1
        link(index)
        return Self.id(slot: index, generation: slots[index].generation)
    }

    /// The pending call with this id.
    package subscript(id: UInt64) -> Call? { find(id).flatMap { slots[$0].call } }

    /// Changes a pending call in place.
    package mutating func update(_ id: UInt64, _ change: (inout Call) -> Void) {
        guard let index = find(id), slots[index].call != nil else { return }
        change(&slots[index].call!)
    }

    /// Takes a call out; nil when it has ended before.
    package mutating func remove(_ id: UInt64) -> Call? { find(id).flatMap { take($0) } }

    /// Takes out every call that `matches`, in the order of their slots.
    package mutating func removeAll(where matches: (Call) -> Bool) -> [Call] {
        var removed: [Call] = []
        for index in slots.indices {
            if let call = slots[index].call, matches(call), let taken = take(index) { removed.append(taken) }
        }
        return removed
    }

    /// Takes out the calls whose deadline is not after `now`, the earliest tick first.
    package mutating func expire(now: Instant) -> [(id: UInt64, call: Call)] {
        var expired: [(id: UInt64, call: Call)] = []
        let target = now.nanoseconds / Self.resolution.nanoseconds
        guard target > current else { return expired }
        for tick in (max(current + 1, target - Int64(Self.ticks) + 1))...target {
            let bucket = Int(tick % Int64(Self.ticks))
            guard occupied[bucket / 64] & (1 << UInt64(bucket % 64)) != 0 else { continue }
            var index = heads[bucket]
            while index >= 0 {
                let slot = slots[Int(index)]
                if slot.deadline <= now {
                    let id = Self.id(slot: Int(index), generation: slot.generation)
                    if let call = take(Int(index)) { expired.append((id, call)) }
                }
                index = slot.next
            }
        }
        current = target
        return expired
    }

    /// When ``expire(now:)`` may have something to do; the distant future while nothing is pending.
    package var nextDeadline: Instant {
        guard count > 0 else { return .distantFuture }
        let start = Int((current + 1) % Int64(Self.ticks))
        var distance = 0
        while distance < Self.ticks {
            let bucket = (start + distance) % Self.ticks
            let word = occupied[bucket / 64] >> UInt64(bucket % 64)
            if word == 0 {
                distance += 64 - bucket % 64
            } else {
                distance += word.trailingZeroBitCount
                return Instant(nanoseconds: (current + 1 + Int64(distance)) * Self.resolution.nanoseconds)
            }
        }
        preconditionFailure("\(count) calls are pending, but the wheel is empty")
    }

    private func find(_ id: UInt64) -> Int? {
        let index = Int(id & 0xFFFF)
        guard index < slots.count, slots[index].generation == id >> 16, slots[index].call != nil else { return nil }
        return index
    }

    private mutating func take(_ index: Int) -> Call? {
        guard let call = slots[index].call else { return nil }
        unlink(index)
        slots[index].call = nil
        free.append(Int32(index))
        count -= 1
        return call
    }

    /// A deadline falls into the first tick that begins after it, so that no call ends early.
    private mutating func link(_ index: Int) {
        let deadline = slots[index].deadline
        let tick = deadline == .distantFuture ? current + Int64(Self.ticks) : deadline.nanoseconds / Self.resolution.nanoseconds + 1
        let bucket = Int(max(tick, current + 1) % Int64(Self.ticks))
        slots[index].tick = Int32(bucket)
        slots[index].previous = -1
        slots[index].next = heads[bucket]
        if heads[bucket] >= 0 { slots[Int(heads[bucket])].previous = Int32(index) }
        heads[bucket] = Int32(index)
        occupied[bucket / 64] |= 1 << UInt64(bucket % 64)
    }

    private mutating func unlink(_ index: Int) {
        let slot = slots[index]
        let bucket = Int(slot.tick)
        if slot.previous >= 0 { slots[Int(slot.previous)].next = slot.next } else { heads[bucket] = slot.next }
        if slot.next >= 0 { slots[Int(slot.next)].previous = slot.previous }
        if heads[bucket] < 0 { occupied[bucket / 64] &= ~(1 << UInt64(bucket % 64)) }
    }
}
