import Jobs
import Placement
import World

extension PrimesJob {
    /// The credits of a node that gives so many processors to work: a part for each, and one that waits so that none of them
    /// idles while an answer travels.
    public static func credits(processors: Int) -> Int { min(max(processors, 1), 1_024) + 1 }

    /// A node and what it has of this job.
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
        mutating func close(after loss: JobLoss, now: Instant) {
            switch loss {
            case .overloaded, .silent:
                closedUntil = now + .milliseconds(min(50 << min(refusals, 8), 10_000))
                refusals += 1
            case .died, .nodeDown: closedUntil = now + .seconds(1)
            case .failed: closedUntil = now + .milliseconds(100)
            }
        }
    }

    /// What a worker has in hand by one call.
    struct Flight: Sendable {
        let parts: Range<Int>
        let node: NodeIdentity
        let sentAt: Instant
    }

    /// A part that is to be sent.
    struct WaitingPart: Sendable {
        let part: Int
        /// The node it is placed on; nil while there is none.
        var owner: String?
        /// Nodes that had it and did not answer.
        var avoiding: Set<String> = []
        /// True when it has been sent before.
        var isResend = false
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
        for index in waiting.indices { waiting[index].owner = owner(of: waiting[index]) }
    }

    private func flightCount(_ node: NodeIdentity) -> Int {
        flights.reduce(0) { count, entry in
            count + entry.value.count { $0.node == node && $0.parts.lowerBound == entry.key }
        }
    }

    /// Takes a flight off the books and gives its credit back.
    mutating func removeFlight(_ parts: Range<Int>, _ node: NodeIdentity) -> Flight? {
        var removed: Flight?
        for part in parts {
            guard var list = flights[part], let index = list.firstIndex(where: { $0.node == node && $0.parts == parts })
            else { continue }
            removed = list.remove(at: index)
            flights[part] = list.isEmpty ? nil : list
        }
        if removed != nil, let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].inFlight -= 1 }
        return removed
    }

    /// Puts a part back among the waiting ones, unless it is done, waits already or is with another worker.
    mutating func giveBack(_ part: Int, avoiding node: String?, wasSent: Bool) {
        guard !isDone[part], resends || !wasSent else { return }
        if let index = waiting.firstIndex(where: { $0.part == part }) {
            if let node { waiting[index].avoiding.insert(node) }
            waiting[index].owner = owner(of: waiting[index])
            return
        }
        guard flights[part] == nil else { return }
        enqueue(part, avoiding: node.map { [$0] } ?? [], isResend: wasSent)
    }

    /// Parts that came back go first: they are the oldest.
    mutating func enqueue(_ part: Int, avoiding: Set<String>, isResend: Bool) {
        var entry = WaitingPart(part: part, owner: nil, avoiding: avoiding, isResend: isResend)
        entry.owner = owner(of: entry)
        let index = waiting.firstIndex { !$0.isResend && $0.avoiding.isEmpty } ?? waiting.endIndex
        waiting.insert(entry, at: index)
    }

    /// The ring's owner of the part's run, or whoever comes next on it; the owner again once all have been tried.
    func owner(of entry: WaitingPart) -> String? {
        let key = "\(id)/\(entry.part - entry.part % runLength)"
        let untried = ring.owner(of: key, role: PrimesJob.role, excluding: entry.avoiding)
        return (untried ?? ring.owner(of: key, role: PrimesJob.role))?.name
    }

    /// The role of nodes that count primes and are homes of primes jobs.
    public static let role = "primes"
}
