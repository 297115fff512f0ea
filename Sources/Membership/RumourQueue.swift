/// What is still to be told, by slot of the member table.
///
/// The queue holds *whom* to speak about and how often that was done, never what to say: a rumour is rendered from the present
/// state when it leaves. What was told least goes first, the older first among equals. A change of state starts the count again.
/// It holds at most two tickets for each slot of the member table, and 64 more.
package struct RumourQueue: Sendable {
    private struct Ticket { var slot: Int32; var serial: UInt32 }
    /// `levels[n]` holds what was told n times.
    private var levels: [[Ticket]] = []
    private var heads: [Int] = []
    /// The valid ticket of each slot; 0 when there is nothing to tell. Older tickets are skipped.
    private var current: [UInt32] = []
    private var serial: UInt32 = 0
    /// Tickets in all levels, outdated ones among them.
    package private(set) var ticketCount = 0

    package init() {}

    package private(set) var count = 0

    package var isEmpty: Bool { count == 0 }

    package func contains(_ slot: Int) -> Bool { slot < current.count && current[slot] != 0 }

    /// Tells of `slot` from the start, or as if it had been told `told` times.
    package mutating func enqueue(_ slot: Int, told: Int = 0) {
        if slot >= current.count { current.append(contentsOf: repeatElement(0, count: slot - current.count + 1)) }
        if current[slot] == 0 { count += 1 }
        push(slot, level: told)
    }

    package mutating func remove(_ slot: Int) {
        guard contains(slot) else { return }
        current[slot] = 0
        count -= 1
    }

    /// Takes rumours in order while `fits` accepts them, and puts each back one level deeper until it was told `budget` times.
    /// `fits` answers `.skip` for one that this receiver does not need.
    package mutating func take(budget: Int, fits: (Int) -> Fit) -> [Int] {
        guard count > 0 else { return [] }
        var taken: [(slot: Int, level: Int)] = []
        scan: for level in levels.indices {
            var kept: [Ticket] = []
            var head = heads[level]
            var full = false
            while head < levels[level].count {
                let ticket = levels[level][head]
                guard current[Int(ticket.slot)] == ticket.serial else { head += 1; continue }
                let fit = fits(Int(ticket.slot))
                if fit == .full { full = true; break }
                head += 1
                if fit == .skip { kept.append(ticket) } else { taken.append((Int(ticket.slot), level)) }
                if kept.count >= Self.skipLimit { full = true; break }
            }
            advance(level, to: head, keeping: kept)
            if full { break scan }
        }
        for (slot, level) in taken {
            if level + 1 < budget { push(slot, level: level + 1) } else { remove(slot) }
        }
        return taken.map(\.slot)
    }

    package enum Fit { case take, skip, full }
    private static let skipLimit = 8

    private mutating func advance(_ level: Int, to head: Int, keeping kept: [Ticket]) {
        ticketCount -= head - heads[level] - kept.count
        var head = head
        for ticket in kept.reversed() { head -= 1; levels[level][head] = ticket }
        if head == levels[level].count {
            levels[level].removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64 && head * 2 > levels[level].count {
            levels[level].removeFirst(head)
            head = 0
        }
        heads[level] = head
    }

    private mutating func push(_ slot: Int, level: Int) {
        while levels.count <= level { levels.append([]); heads.append(0) }
        serial = serial == .max ? 1 : serial + 1
        current[slot] = serial
        levels[level].append(Ticket(slot: Int32(slot), serial: serial))
        ticketCount += 1
        if ticketCount > 2 * current.count + 64 { dropOutdated() }
    }

    /// News that nobody takes leaves a ticket behind each time: a node without peers that changes its metadata again and again.
    private mutating func dropOutdated() {
        for level in levels.indices {
            levels[level] = levels[level][heads[level]...].filter { current[Int($0.slot)] == $0.serial }
            heads[level] = 0
        }
        ticketCount = levels.reduce(0) { $0 + $1.count }
    }
}
