import Jobs
import Placement
import World

// COUNTING A RANGE
//
// Scatter and gather (JobMachine says what that means here), with the part as the unit of everything.
//
// Placing. Part 17 of job J belongs to the ring's owner of "J/17" among the nodes with the role primes. A node has
// credits: it holds at most so many parts at a time, one being counted on each of its processors and one waiting so that
// no processor idles while an answer travels. A node with a free credit takes the first waiting part that it owns; when it
// owns none, the first that another node owns (of the node with the longest queue). The ring thus decides in the long run
// who does what, yet a slow node never hoards: what it has not been sent, others take. Only a window of the waiting parts
// is placed at a time, in order, so that 100,000 parts cost no more at the start than 256.
//
// Runs. One call may carry a run of consecutive parts, because a sieve is a fifth slower on short ranges (PrimesPlan says why).
// Towards the end, when there is not a run for everyone, and whenever something is sent again, parts go one by one. The
// parts of a run have one owner on the ring, that of its first.
//
// Gathering. Results are a set by part number. An answer counts when none of its parts is in the set; then all of them are. One
// whose parts are all there already is ignored; one that overlaps the set (a part of the run was sent again to another, who was
// first) cannot be taken apart, so it is dropped and the parts that are missing are sent again. The total is exact because
// each part is in the set once. Arrivals are never counted.
//
// Sending again. A part goes back to the waiting ones when its worker's node died (known at once, by membership), when
// the call was lost, or when it is silent for much longer than parts have taken so far. When nothing waits any more and
// nodes idle, the oldest parts in flight are given to them as well (the backup tasks of Dean and Ghemawat, "MapReduce",
// OSDI 2004, 3.6). The earlier worker may still answer; whoever is first counts, and the others are called off.
// A part with which three nodes have died fails the job (PartDeaths).
//
// The end. One decider: the phase leaves `running` exactly once, here, by the last missing part, by `cancel`, by the
// deadline or by a part that fails everywhere. All that comes later changes nothing.
//
// Where we depart from the durable design: the value lives in memory and dies with its home; the work requests are calls
// whose end the home's membership decides, in place of lists of ids in hand reported by the workers.

/// One primes job: which parts are done, where the others are, and what comes next.
public struct PrimesJob: JobMachine {
    public typealias Document = PrimesStatus
    public typealias Order = PrimesPart
    public typealias Answer = PrimesPartResult
    public typealias Input = JobInput<Range<Int>, PrimesPartResult>
    public typealias Effect = JobEffect<PrimesPart>

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
    let runLength: Int
    let createdAtMs: Int64
    let startedAt: Instant
    let deadline: Instant
    let resends: Bool

    var phase = Phase.running
    var endedAt: Instant?
    /// The first part that has never been placed; all before it are waiting, in flight or done.
    var nextPart = 0
    /// Placed, not sent: at most ``PrimesJob/windowSize`` and what came back.
    var waiting: [WaitingPart] = []
    /// By part: who has it now. A run stands under each of its parts.
    var flights: [Int: [Flight]] = [:]
    /// Sorted by identity.
    var seats: [Seat] = []
    var ring = HashRing([])
    var isDone: [Bool]
    var doneCount = 0
    var total: UInt64 = 0
    var partsByNode: [String: Int] = [:]
    var failures: [Int: Int] = [:]
    var deaths: [Int: PartDeaths] = [:]
    public internal(set) var resent = 0
    var hasSent = false
    public internal(set) var version: UInt64 = 1
    var latency = PartLatency()

    /// - Parameters:
    ///   - createdAtMs: the wall clock, milliseconds since 1970, for the document.
    ///   - deadline: how long the job may run.
    ///   - resends: whether parts are sent again; see ``World/Mutation/noResend``.
    ///   - numbersPerRun: what one call should cover at least; 0 for one part a call.
    public init(
        id: WorkID, request: PrimesRequest, createdAtMs: Int64, now: Instant, deadline: Duration, resends: Bool = true,
        numbersPerRun: UInt64
    ) {
        self.id = id
        self.request = request
        plan = PrimesPlan(request)
        runLength = plan.runLength(numbers: numbersPerRun)
        self.createdAtMs = createdAtMs
        startedAt = now
        self.deadline = now + deadline
        self.resends = resends
        isDone = Array(repeating: false, count: plan.partCount)
    }

    public init(
        id: WorkID, request: PrimesRequest, createdAtMs: Int64, now: Instant, deadline: Duration, resends: Bool
    ) {
        self.init(
            id: id, request: request, createdAtMs: createdAtMs, now: now, deadline: deadline, resends: resends,
            numbersPerRun: PrimesPlan.numbersPerRun)
    }

    public var isTerminal: Bool { phase != .running }

    /// Takes in what has happened; returns what must be done, in this order.
    public mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        guard phase == .running else { return [] }
        var effects: [Effect] = []
        switch input {
        case .workers(let workers, let ring): take(workers, ring)
        case .answered(let parts, let node, let result): answered(parts, node, result, now, &effects)
        case .lost(let parts, let node, let loss): lost(parts, node, loss, now, &effects)
        case .died(let node): died(node, now, &effects)
        case .cancel: end(.failed(JobWarning.cancelled), now, &effects)
        case .tick: break
        }
        if phase == .running, now >= deadline { end(.failed(JobWarning.deadline), now, &effects) }
        if phase == .running {
            if case .tick = input { callAgain(now) }
            dispatch(now, &effects)
        }
        if case .tick = input, effects.isEmpty {} else { version += 1 }
        checkInvariants()
        return effects
    }

    private mutating func answered(
        _ parts: Range<Int>, _ node: NodeIdentity, _ result: PrimesPartResult, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard !parts.isEmpty, parts.lowerBound >= 0, parts.upperBound <= plan.partCount else { return }
        let range = plan.run(parts)
        guard result.part == parts.lowerBound, result.count <= range.length else {
            let reason = "answered \(result.count) primes of part \(result.part) for the \(range.length) numbers of part \(parts.lowerBound)"
            return lost(parts, node, .failed(reason), now, &effects)
        }
        if let flight = removeFlight(parts, node) { latency.record(now - flight.sentAt) }
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].refusals = 0 }
        let missing = parts.filter { !isDone[$0] }
        guard missing.count == parts.count else {
            for part in missing { giveBack(part, avoiding: nil, wasSent: true) }
            return
        }
        for part in parts { isDone[part] = true }
        doneCount += parts.count
        total += result.count
        partsByNode[node.name, default: 0] += parts.count
        waiting.removeAll { parts.contains($0.part) }
        callOffOthers(parts, now, &effects)
        if doneCount == plan.partCount { end(.completed, now, &effects) }
    }

    /// Those who still count nothing but parts that are done can stop.
    private mutating func callOffOthers(_ parts: Range<Int>, _ now: Instant, _ effects: inout [Effect]) {
        for part in parts {
            for flight in flights[part] ?? [] where flight.parts.allSatisfy({ isDone[$0] }) {
                _ = removeFlight(flight.parts, flight.node)
                effects.append(.callOff(flight.parts, on: flight.node))
                // Slower than someone who began later: perhaps it hangs, so its credit does not draw new parts at once.
                if let seat = seats.firstIndex(where: { $0.node == flight.node }) { seats[seat].close(after: .silent, now: now) }
            }
        }
    }

    private mutating func lost(
        _ parts: Range<Int>, _ node: NodeIdentity, _ loss: JobLoss, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard removeFlight(parts, node) != nil else { return }
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].close(after: loss, now: now) }
        for part in parts {
            if let sentence = blame(part, node, loss) { return end(.failed(sentence), now, &effects) }
            giveBack(part, avoiding: node.name, wasSent: loss != .overloaded)
        }
    }

    /// Counts a loss that the part itself may be the reason of.
    /// - Returns: why the job has failed, when that was one too many.
    private mutating func blame(_ part: Int, _ node: NodeIdentity, _ loss: JobLoss) -> String? {
        guard !isDone[part] else { return nil }
        switch loss {
        case .failed(let reason):
            failures[part, default: 0] += 1
            guard failures[part, default: 0] >= Self.failuresAllowed else { return nil }
            let range = plan.part(part)
            return "part \(part) (\(range.from) to \(range.to)) failed on \(Self.failuresAllowed) attempts, "
                + "the last on \(node.name): \(reason)"
        case .died:
            deaths[part, default: PartDeaths()].insert(node)
            return verdict(part)
        case .nodeDown, .silent: deaths[part, default: PartDeaths()].miss(node)
        case .overloaded: break
        }
        return nil
    }

    /// Why the job has failed, when enough nodes have died with the part.
    private func verdict(_ part: Int) -> String? {
        guard let deaths = deaths[part], deaths.isOver else { return nil }
        let range = plan.part(part)
        return "nodes died while they counted part \(part) (\(range.from) to \(range.to)): \(deaths.names); it is given to no other"
    }

    private mutating func died(_ node: NodeIdentity, _ now: Instant, _ effects: inout [Effect]) {
        for part in deaths.keys.sorted() where !isDone[part] {
            deaths[part]?.confirm(node)
            if let sentence = verdict(part) { return end(.failed(sentence), now, &effects) }
        }
    }

    private mutating func end(_ phase: Phase, _ now: Instant, _ effects: inout [Effect]) {
        precondition(self.phase == .running, "a job ends once")
        precondition(phase != .completed || doneCount == plan.partCount, "completed with parts missing")
        self.phase = phase
        endedAt = now
        for part in flights.keys.sorted() {
            for flight in flights[part] ?? [] where flight.parts.lowerBound == part {
                effects.append(.callOff(flight.parts, on: flight.node))
            }
        }
        flights = [:]
        waiting = []
        for index in seats.indices { seats[index].inFlight = 0 }
        effects.append(.ended)
    }
}
