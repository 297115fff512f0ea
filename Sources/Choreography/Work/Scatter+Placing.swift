import Placement
import World

extension Scatter {
    /// A part that is wanted.
    struct Entry: Sendable {
        let part: Part
        /// The node that it is placed on, while it waits; nil while there is none.
        var owner: String?
        /// Who has it now.
        var flights: [Flight] = []
        /// Nodes that had it and did not answer; asked again only when all have been tried.
        var tried: Set<String> = []
        /// The next time is not the first: someone may have begun.
        var isResend = false
        var resent = 0
        var refusals = 0
        var failures = 0
        var deaths = PartDeaths()
        /// An operator was told.
        var isGivenUp = false
        /// Not sent before.
        var pausedUntil = Instant.zero
        /// Of one that waits for its place: since when that is not among the workers.
        var absentSince: Instant?
        /// The life of its place that was known last has died.
        var hasPlaceDied = false

        init(part: Part) { self.part = part }

        /// After a refusal; doubles with each in a row, from 50 ms to 2 s.
        mutating func pause(_ now: Instant) {
            pausedUntil = now + .milliseconds(min(50 << min(refusals, 6), 2_000))
            refusals += 1
        }
    }

    /// What a worker has in hand.
    struct Flight: Sendable {
        let node: NodeIdentity
        let sentAt: Instant
    }

    /// A node and how much it has of this actor's.
    struct Seat: Sendable {
        let node: NodeIdentity
        var credits: Int
        var inFlight = 0
        /// Nothing is sent before.
        var closedUntil = Instant.zero
        /// Refusals in a row.
        var refusals = 0

        func isFree(_ now: Instant) -> Bool { inFlight < credits && now >= closedUntil }

        /// Refusals and silences in a row double the pause, from 50 ms to 10 s. A death is final for the identity, and the next
        /// view takes the seat away, so a second is enough.
        mutating func close(after loss: WorkLoss, now: Instant) {
            switch loss {
            case .overloaded, .silent:
                closedUntil = now + .milliseconds(min(50 << min(refusals, 8), 10_000))
                refusals += 1
            case .died, .nodeDown: closedUntil = now + .seconds(1)
            case .failed: closedUntil = now + .milliseconds(100)
            case .invalid: break
            }
        }
    }

    /// How long parts have taken, from sending to answer.
    struct PartLatency: Sendable {
        private(set) var average: Duration?
        private(set) var longest = Duration.zero

        mutating func record(_ duration: Duration) {
            longest = max(longest, duration)
            guard let average else { return self.average = duration }
            self.average = average + (duration - average) / 16
        }
    }

    // MARK: Seats

    /// A node that is no longer a worker gets nothing more and finishes what it has: it may just be drained. If it is dead its calls
    /// end in the same turn, each as lost.
    mutating func take(_ workers: [WorkerSeat], _ ring: HashRing) {
        let known = Dictionary(seats.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
        var fresh: [Seat] = []
        for worker in workers.sorted(by: { $0.node < $1.node }) where fresh.last?.node != worker.node {
            var seat = known[worker.node] ?? Seat(node: worker.node, credits: worker.credits, inFlight: flightCount(worker.node))
            seat.credits = worker.credits
            fresh.append(seat)
        }
        seats = fresh
        self.ring = ring
        for name in waiting { place(name) }
    }

    private func flightCount(_ node: NodeIdentity) -> Int {
        parts.values.reduce(0) { $0 + ($1.flights.contains { $0.node == node } ? 1 : 0) }
    }

    mutating func release(_ node: NodeIdentity) {
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].inFlight -= 1 }
    }

    // MARK: Sending

    /// Parts that come back go first: they are the oldest.
    mutating func enqueue(_ name: String) {
        guard !waiting.contains(name) else { return }
        place(name)
        let isOld = parts[name].map { $0.isResend || !$0.tried.isEmpty } ?? false
        let index = isOld ? waiting.firstIndex { parts[$0].map { !$0.isResend && $0.tried.isEmpty } ?? true } : nil
        waiting.insert(name, at: index ?? waiting.endIndex)
    }

    mutating func dispatch(_ now: Instant, _ effects: inout [Effect]) {
        guard !seats.isEmpty else { return }
        if kind.isRationed { dispatchToFreeSeats(now, &effects) } else { dispatchToOwners(now, &effects) }
    }

    private mutating func dispatchToOwners(_ now: Instant, _ effects: inout [Effect]) {
        for name in waiting {
            guard let entry = parts[name], now >= entry.pausedUntil, let owner = entry.owner,
                let seat = seats.firstIndex(where: { $0.node.name == owner && !entry.isWith($0.node) })
            else { continue }
            send(name, to: seat, now, &effects)
        }
    }

    /// Until parts or free credits run out.
    private mutating func dispatchToFreeSeats(_ now: Instant, _ effects: inout [Effect]) {
        while !waiting.isEmpty, let seat = freestSeat(now) {
            if let name = nextFor(seats[seat].node) {
                send(name, to: seat, now, &effects)
            } else if let (other, name) = anySeatAndPart(now) {
                // Nothing for this one; what waits has been tried there and suits another.
                send(name, to: other, now, &effects)
            } else {
                return
            }
        }
    }

    /// The free seat with the least in flight for its credits, so that the parts spread before they queue; the first by identity of several.
    private func freestSeat(_ now: Instant) -> Int? {
        var best: Int?
        for index in seats.indices where seats[index].isFree(now) {
            guard let current = best else { best = index; continue }
            // inFlight / credits compared without division.
            let (a, b) = (seats[index], seats[current])
            if a.inFlight * b.credits < b.inFlight * a.credits { best = index }
        }
        return best
    }

    /// The first waiting part that `node` owns; else the first of the node that owns most of what waits.
    private func nextFor(_ node: NodeIdentity) -> String? {
        var queued: [String: Int] = [:]
        var firstForeign: [String: String] = [:]
        for name in waiting {
            guard let entry = parts[name], mayHave(node, entry) else { continue }
            let owner = entry.owner ?? ""
            if owner == node.name { return name }
            queued[owner, default: 0] += 1
            if firstForeign[owner] == nil { firstForeign[owner] = name }
        }
        // Longest queue first, then by name, so that the choice does not hang on a dictionary's order.
        let longest = queued.keys.min { a, b in (-(queued[a] ?? 0), a) < (-(queued[b] ?? 0), b) }
        return longest.flatMap { firstForeign[$0] }
    }

    /// A node may have a part that it does not have already, and that it has not failed while others are untried.
    private func mayHave(_ node: NodeIdentity, _ entry: Entry) -> Bool {
        if let place = entry.part.place { return place == node.name && !entry.isWith(node) }
        return !entry.isWith(node) && (!entry.tried.contains(node.name) || seats.allSatisfy { entry.tried.contains($0.node.name) })
    }

    private func anySeatAndPart(_ now: Instant) -> (seat: Int, name: String)? {
        for seat in seats.indices where seats[seat].isFree(now) {
            if let name = nextFor(seats[seat].node) { return (seat, name) }
        }
        return nil
    }

    /// The ring's owner of the part, or whoever comes next on it; the first again once all have been tried.
    private mutating func place(_ name: String) {
        guard let entry = parts[name] else { return }
        if let place = entry.part.place {
            parts[name]?.owner = place
            return
        }
        let key = kind.subject(entry.part.payload).map { "\(kind.name)/\($0)" } ?? "\(work)/\(name)"
        let holders = Set(entry.flights.map(\.node.name))
        let untried = ring.owner(of: key, role: kind.name, excluding: entry.tried.union(holders))
        parts[name]?.owner = (untried ?? ring.owner(of: key, role: kind.name, excluding: holders))?.name
    }

    private mutating func send(_ name: String, to seat: Int, _ now: Instant, _ effects: inout [Effect]) {
        guard var entry = parts[name] else { return }
        waiting.removeAll { $0 == name }
        if entry.isResend { entry.resent += 1 }
        entry.isResend = false
        (entry.absentSince, entry.hasPlaceDied) = (nil, false)
        if seats.allSatisfy({ entry.tried.contains($0.node.name) }) { entry.tried = [] }
        entry.flights.append(Flight(node: seats[seat].node, sentAt: now))
        parts[name] = entry
        seats[seat].inFlight += 1
        effects.append(.send(entry.part, to: seats[seat].node))
    }
}

extension Scatter.Entry {
    func isWith(_ node: NodeIdentity) -> Bool { flights.contains { $0.node == node } }
}
