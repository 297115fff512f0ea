import World

extension PrimesJob {
    /// Waiting parts that are placed at a time.
    static let windowSize = 256

    /// Sends waiting parts to nodes with free credits until one of the two runs out.
    mutating func dispatch(_ now: Instant, _ effects: inout [Effect]) {
        while let seat = freestSeat(now) {
            refillWindow()
            guard let index = nextFor(seats[seat].node) else {
                // Nothing for this one; perhaps what waits has been tried there and suits another.
                guard let (other, index) = anySeatAndPart(now) else { return }
                send(index, to: other, now, &effects)
                continue
            }
            send(index, to: seat, now, &effects)
        }
    }

    private mutating func refillWindow() {
        while waiting.count < Self.windowSize, nextPart < plan.partCount {
            var entry = WaitingPart(part: nextPart)
            entry.owner = owner(of: entry)
            waiting.append(entry)
            nextPart += 1
        }
    }

    /// The free seat with the least in flight for its credits, so that the parts spread before they queue; the first
    /// by identity of several.
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
    private func nextFor(_ node: NodeIdentity) -> Int? {
        var queued: [String: Int] = [:]
        var firstForeign: [String: Int] = [:]
        for (index, entry) in waiting.enumerated() where mayHave(node, entry) {
            let owner = entry.owner ?? ""
            if owner == node.name { return index }
            queued[owner, default: 0] += 1
            if firstForeign[owner] == nil { firstForeign[owner] = index }
        }
        // Longest queue first, then by name, so that the choice does not hang on a dictionary's order.
        let longest = queued.keys.min { a, b in (-(queued[a] ?? 0), a) < (-(queued[b] ?? 0), b) }
        return longest.flatMap { firstForeign[$0] }
    }

    /// A node may have a part that it does not have already, and that it has not failed while others are untried.
    private func mayHave(_ node: NodeIdentity, _ entry: WaitingPart) -> Bool {
        if flights[entry.part]?.contains(where: { $0.node == node }) ?? false { return false }
        return !entry.avoiding.contains(node.name) || seats.allSatisfy { entry.avoiding.contains($0.node.name) }
    }

    private func anySeatAndPart(_ now: Instant) -> (seat: Int, index: Int)? {
        for seat in seats.indices where seats[seat].isFree(now) {
            if let index = nextFor(seats[seat].node) { return (seat, index) }
        }
        return nil
    }

    private mutating func send(_ index: Int, to seat: Int, _ now: Instant, _ effects: inout [Effect]) {
        let limit = min(runLength, max(1, (waiting.count + plan.partCount - nextPart) / seats.count))
        let first = waiting.remove(at: index)
        var parts = first.part..<first.part + 1
        if first.isResend {
            resent += 1
        } else if first.avoiding.isEmpty {
            // Within one run of the plan: there the owner changes.
            while parts.count < limit, parts.upperBound % runLength != 0, index < waiting.count,
                waiting[index].part == parts.upperBound, !waiting[index].isResend, waiting[index].avoiding.isEmpty
            {
                waiting.remove(at: index)
                parts = parts.lowerBound..<parts.upperBound + 1
            }
        }
        hasSent = true
        seats[seat].inFlight += 1
        let flight = Flight(parts: parts, node: seats[seat].node, sentAt: now)
        for part in parts { flights[part, default: []].append(flight) }
        effects.append(.send(plan.run(parts), to: seats[seat].node))
    }

    // MARK: Sending again

    /// Puts parts that have been silent for too long among the waiting ones, their workers keeping them as well.
    mutating func callAgain(_ now: Instant) {
        guard resends else { return }
        let nothingWaits = waiting.isEmpty && nextPart == plan.partCount
        let limit = nothingWaits && seats.contains { $0.isFree(now) } ? stragglerLimit : silenceLimit
        guard let oldest = flights.values.lazy.compactMap(\.last?.sentAt).min(), now - oldest > limit else { return }
        for part in flights.keys.sorted() {
            guard let copies = flights[part], let last = copies.last, now - last.sentAt > limit,
                copies.count < min(Self.copiesAllowed, seats.count),
                !waiting.contains(where: { $0.part == part })
            else { continue }
            enqueue(part, avoiding: Set(copies.map(\.node.name)), isResend: true)
        }
    }

    /// While other parts wait: eight times the longest so far, or twenty times the estimate of a run while nothing is known; at
    /// least 5 s, because a node that is merely paused comes back.
    var silenceLimit: Duration {
        let expected: Duration
        if latency.average != nil {
            expected = latency.longest * 8
        } else {
            let run = plan.run(plan.partCount - runLength..<plan.partCount)
            expected = .seconds(min(PrimesEstimate.seconds(run) * 20, 86_400))
        }
        return max(expected, .seconds(5))
    }

    /// At the end, while nodes idle: three times the average, at least 100 ms.
    var stragglerLimit: Duration {
        guard let average = latency.average else { return silenceLimit }
        return max(average * 3, .milliseconds(100))
    }
}
