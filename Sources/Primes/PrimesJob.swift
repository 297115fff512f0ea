import Placement
import World

// A JOB IN ITS HOME
//
// Scatter and gather, with the part as the unit of everything. The home holds a job as this value; a shell feeds it what
// happens (`handle`) and carries out what it answers (`Effect`). It never waits, reads no clock and calls nobody, so that
// tests run it in any order of events, and so that a register can hold it one day: every change goes through `handle`.
//
// Placing. Part 17 of job J belongs to the ring's owner of "J/17" among the nodes with the role primes. A node has
// credits: it holds at most so many parts at a time, one being counted on each of its processors and one waiting so that
// no processor idles while an answer travels. A node with a free credit takes the first waiting part that it owns; when it
// owns none, the first that another node owns (of the node with the longest queue). The ring thus decides in the long run
// who does what, yet a slow node never hoards: what it has not been sent, others take. Only a window of the waiting parts
// is placed at a time, in order, so that 100,000 parts cost no more at the start than 256.
//
// Gathering. Results are a set by part number. The first answer to a part counts, a later or doubled one is ignored, and
// the total is exact because each part is in the set once. Arrivals are never counted.
//
// Sending again. A part goes back to the waiting ones when its worker's node died (known at once, by membership), when
// the call was lost, or when it is silent for much longer than parts have taken so far. When nothing waits any more and
// nodes idle, the oldest parts in flight are given to them as well (the backup tasks of Dean and Ghemawat, "MapReduce",
// OSDI 2004, 3.6). The earlier worker may still answer; whoever is first counts, and the others are called off.
//
// The end. One decider: the phase leaves `running` exactly once, here, by the last missing part, by `cancel`, by the
// deadline or by a part that fails everywhere. All that comes later changes nothing.
//
// Where we depart from the durable design: the value lives in memory and dies with its home; the work requests are calls
// whose end the home's membership decides, in place of lists of ids in hand reported by the workers.

/// One primes job: which parts are done, where the others are, and what comes next.
public struct PrimesJob: Sendable {
    /// What happens to a job.
    public enum Input: Sendable {
        /// Who can count now, and the ring of the same view.
        case workers([PrimesWorkerSeat], HashRing)
        /// A worker has counted a part.
        case answered(part: Int, by: NodeIdentity, count: UInt64)
        /// A part that was sent will not be answered by this worker.
        case lost(part: Int, by: NodeIdentity, Loss)
        /// The user wants no more of it.
        case cancel
        /// Time has passed. Due at least every ``PrimesJob/tickInterval`` while the job runs.
        case tick
    }

    /// Why a worker does not answer.
    public enum Loss: Hashable, Sendable {
        /// It has too much to do; it has not begun.
        case overloaded
        /// Its node is dead.
        case nodeDown
        /// Nobody knows what became of the call.
        case silent
        /// It tried and could not; the text says why.
        case failed(String)
    }

    /// What the shell must do.
    public enum Effect: Hashable, Sendable {
        /// Ask the worker on this node to count the part, and report the end as `answered` or `lost`.
        case send(PrimesPart, to: NodeIdentity)
        /// Call the request off; nothing need be reported.
        case callOff(part: Int, on: NodeIdentity)
        /// The job has reached its single terminal state.
        case ended
    }

    enum Phase: Hashable, Sendable {
        case running
        case completed
        case failed(String)
    }

    /// How often a running job wants ``Input/tick``.
    public static let tickInterval = Duration.milliseconds(100)
    /// Workers that may have one part at the same time.
    static let copiesAllowed = 3
    /// A part that workers have reported as impossible this often fails the job.
    static let failuresAllowed = 4

    public let id: WorkID
    public let request: PrimesRequest
    let plan: PrimesPlan
    let createdAtMs: Int64
    let startedAt: Instant
    let deadline: Instant

    var phase = Phase.running
    var endedAt: Instant?
    /// The first part that has never been placed; all before it are waiting, in flight or done.
    var nextPart = 0
    /// Placed, not sent: at most ``PrimesJob/windowSize`` and what came back.
    var waiting: [WaitingPart] = []
    var flights: [Int: [Flight]] = [:]
    /// Sorted by identity.
    var seats: [Seat] = []
    var ring = HashRing([])
    var isDone: [Bool]
    var doneCount = 0
    var total: UInt64 = 0
    var partsByNode: [String: Int] = [:]
    var failures: [Int: Int] = [:]
    var resent = 0
    var hasSent = false
    var version: UInt64 = 1
    var latency = PartLatency()

    /// - Parameters:
    ///   - createdAtMs: the wall clock, milliseconds since 1970, for the document.
    ///   - deadline: how long the job may run.
    public init(id: WorkID, request: PrimesRequest, createdAtMs: Int64, now: Instant, deadline: Duration) {
        self.id = id
        self.request = request
        plan = PrimesPlan(request)
        self.createdAtMs = createdAtMs
        startedAt = now
        self.deadline = now + deadline
        isDone = Array(repeating: false, count: plan.partCount)
    }

    public var isTerminal: Bool { phase != .running }

    /// Takes in what has happened; returns what must be done, in this order.
    public mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        guard phase == .running else { return [] }
        var effects: [Effect] = []
        switch input {
        case .workers(let workers, let ring): take(workers, ring)
        case .answered(let part, let node, let count): answered(part, node, count, now, &effects)
        case .lost(let part, let node, let loss): lost(part, node, loss, now, &effects)
        case .cancel: end(.failed(PrimesStatus.cancelled), now, &effects)
        case .tick: break
        }
        if phase == .running, now >= deadline { end(.failed(PrimesStatus.deadline), now, &effects) }
        if phase == .running {
            if case .tick = input { callAgain(now) }
            dispatch(now, &effects)
        }
        if case .tick = input, effects.isEmpty {} else { version += 1 }
        checkInvariants()
        return effects
    }

    private mutating func answered(
        _ part: Int, _ node: NodeIdentity, _ count: UInt64, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard part >= 0, part < plan.partCount else { return }
        guard count <= plan.part(part).length else {
            let reason = "answered \(count) primes for a part of \(plan.part(part).length) numbers"
            return lost(part, node, .failed(reason), now, &effects)
        }
        if let flight = removeFlight(part, node) { latency.record(now - flight.sentAt) }
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].refusals = 0 }
        guard !isDone[part] else { return }
        isDone[part] = true
        doneCount += 1
        total += count
        partsByNode[node.name, default: 0] += 1
        waiting.removeAll { $0.part == part }
        for flight in flights[part] ?? [] {
            _ = removeFlight(part, flight.node)
            effects.append(.callOff(part: part, on: flight.node))
            // Slower than someone who began later: perhaps it hangs, so its credit does not draw new parts at once.
            if let seat = seats.firstIndex(where: { $0.node == flight.node }) { seats[seat].close(after: .silent, now: now) }
        }
        if doneCount == plan.partCount { end(.completed, now, &effects) }
    }

    private mutating func lost(
        _ part: Int, _ node: NodeIdentity, _ loss: Loss, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard removeFlight(part, node) != nil else { return }
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].close(after: loss, now: now) }
        if case .failed(let reason) = loss {
            failures[part, default: 0] += 1
            if failures[part, default: 0] >= Self.failuresAllowed {
                let range = plan.part(part)
                let sentence = "part \(part) (\(range.from) to \(range.to)) failed on "
                    + "\(Self.failuresAllowed) attempts, the last on \(node.name): \(reason)"
                return end(.failed(sentence), now, &effects)
            }
        }
        giveBack(part, avoiding: node.name, wasSent: loss != .overloaded)
    }

    private mutating func end(_ phase: Phase, _ now: Instant, _ effects: inout [Effect]) {
        precondition(self.phase == .running, "a job ends once")
        precondition(phase != .completed || doneCount == plan.partCount, "completed with parts missing")
        self.phase = phase
        endedAt = now
        for part in flights.keys.sorted() {
            for flight in flights[part] ?? [] { effects.append(.callOff(part: part, on: flight.node)) }
        }
        flights = [:]
        waiting = []
        for index in seats.indices { seats[index].inFlight = 0 }
        effects.append(.ended)
    }
}
