import Jobs
import JSONDocument
import Placement
import World

// LOOKING UP A TARGET
//
// Scatter and gather (JobMachine says what that means here), with the service as the part. Service 2 of job J belongs to the
// ring's owner of "J/2" among the nodes with the role lookup. All parts are sent at once; a worker that has too much to do
// sends the job on to the next of the ring.
//
// Gathering. Results are a set by service: the first outcome of a service counts, others are ignored, so a service is never
// counted twice. A service that could not be looked up is an outcome as well: it never fails the job.
//
// Sending again. A service goes to the next of the ring when its worker's node has died (known at once, by membership), when
// the call was lost, or when the worker is silent for longer than any lookup may take; in that case the first keeps it too,
// and whoever answers first counts. A worker that holds the outcome of an earlier request answers with that one. A service with
// which three nodes have died is given to no other (PartDeaths): it has failed, and the outcome names them.
//
// The end. The job is completed when every service has an outcome. At the deadline those that are missing have failed, with the
// word of the contract. Cancelling fails the job.

/// One lookup job: which services have answered, where the others are, and what comes next.
public struct LookupJob: JobMachine {
    public typealias Document = LookupStatus
    public typealias Order = LookupOrder
    public typealias Answer = LookupOutcome
    public typealias Input = JobInput<Int, LookupOutcome>
    public typealias Effect = JobEffect<LookupOrder>

    public static let role = "lookup"
    public static let tickInterval = Duration.milliseconds(100)

    /// A worker that has not answered by then may hang: no lookup is allowed to take as long (LookupConfiguration has 15 s at most).
    static let silenceLimit = Duration.seconds(20)
    /// Workers that may look up the same at a time.
    static let copiesAllowed = 3
    /// Calls that may go wrong in themselves before the service has failed.
    static let failuresAllowed = 4
    /// The pause after a refusal; it doubles with each in a row.
    static let firstPause = Duration.milliseconds(50)
    static let longestPause = Duration.seconds(2)

    private struct Flight: Sendable {
        let node: NodeIdentity
        let sentAt: Instant
    }

    /// A service of the job.
    private struct Part: Sendable {
        let service: Int
        var outcome: LookupOutcome?
        var flights: [Flight] = []
        /// Nodes that did not answer; asked again only when all have been tried.
        var tried: Set<String> = []
        var wasSent = false
        /// The next time is not the first: someone may have begun.
        var isResend = false
        var refusals = 0
        var failures = 0
        var deaths = PartDeaths()
        /// What is wrong with the outcome.
        var warning: String?
        /// Not sent before.
        var pausedUntil = Instant.zero
    }

    private enum Phase: Hashable, Sendable {
        case running
        case completed
        case failed(String)
    }

    public let id: WorkID
    private let request: LookupRequest
    private let createdAtMs: Int64
    private let startedAt: Instant
    private let deadline: Instant
    private let resends: Bool
    private var phase = Phase.running
    private var endedAt: Instant?
    private var parts: [Part]
    private var seats: [WorkerSeat] = []
    private var ring = HashRing([])
    public private(set) var resent = 0
    public private(set) var version: UInt64 = 1

    /// - Parameters:
    ///   - createdAtMs: the wall clock, milliseconds since 1970, for the document.
    ///   - deadline: how long the job may run.
    ///   - resends: whether services are asked for again; see ``World/Mutation/noResend``.
    public init(
        id: WorkID, request: LookupRequest, createdAtMs: Int64, now: Instant, deadline: Duration, resends: Bool = true
    ) {
        self.id = id
        self.request = request
        self.createdAtMs = createdAtMs
        startedAt = now
        self.deadline = now + deadline
        self.resends = resends
        parts = request.services.map { Part(service: $0) }
    }

    public var isTerminal: Bool { phase != .running }

    public mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        guard phase == .running else { return [] }
        var effects: [Effect] = []
        var isNews = true
        switch input {
        case .workers(let seats, let ring): (self.seats, self.ring) = (seats.sorted { $0.node < $1.node }, ring)
        case .answered(let service, let node, let outcome): answered(service, node, outcome, &effects)
        case .lost(let service, let node, let loss): lost(service, node, loss, now, &effects)
        case .died(let node):
            for index in parts.indices where parts[index].outcome == nil {
                parts[index].deaths.confirm(node)
                giveUp(index, now, &effects)
            }
        case .cancel: end(.failed(JobWarning.cancelled), now, &effects)
        case .tick:
            isNews = false
            callAgain(now, &effects)
        }
        if phase == .running, parts.allSatisfy({ $0.outcome != nil }) { end(.completed, now, &effects) }
        if phase == .running, now >= deadline { expire(now, &effects) }
        if phase == .running { dispatch(now, &effects) }
        if isNews || !effects.isEmpty { version += 1 }
        checkInvariants()
        return effects
    }

    // MARK: Gathering

    private mutating func answered(_ service: Int, _ node: NodeIdentity, _ outcome: LookupOutcome, _ effects: inout [Effect]) {
        guard let index = index(of: service), parts[index].outcome == nil, outcome.service == service else { return }
        if outcome.isSuccess { parts[index].warning = Self.complaint(outcome) }
        settle(index, outcome, &effects, except: node)
    }

    /// The service has its outcome; whoever still looks it up can stop.
    private mutating func settle(
        _ index: Int, _ outcome: LookupOutcome, _ effects: inout [Effect], except node: NodeIdentity? = nil
    ) {
        parts[index].outcome = outcome
        for flight in parts[index].flights where flight.node != node { effects.append(.callOff(outcome.service, on: flight.node)) }
        parts[index].flights = []
    }

    /// What clients could not read of a success: they show the document as JSON.
    private static func complaint(_ outcome: LookupOutcome) -> String? {
        let name = LookupService(value: outcome.service)?.title ?? "\(outcome.service)"
        guard let data = outcome.data else { return "the \(name) result of node \(outcome.node) has no document" }
        do throws(JSONError) {
            _ = try JSON(parsing: data.utf8)
            return nil
        } catch {
            return "the \(name) result of node \(outcome.node) is no JSON and cannot be shown: \(error)"
        }
    }

    private mutating func lost(
        _ service: Int, _ node: NodeIdentity, _ loss: JobLoss, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let index = index(of: service), let flight = parts[index].flights.firstIndex(where: { $0.node == node }) else { return }
        parts[index].flights.remove(at: flight)
        parts[index].tried.insert(node.name)
        if !resends, loss != .overloaded { parts[index].pausedUntil = .distantFuture }
        switch loss {
        case .died:
            parts[index].deaths.insert(node)
            parts[index].isResend = true
            giveUp(index, now, &effects)
        case .nodeDown, .silent:
            parts[index].deaths.miss(node)
            parts[index].isResend = true
        case .overloaded:
            // Nobody has begun with it.
            parts[index].pausedUntil = now + min(Self.firstPause * (1 << min(parts[index].refusals, 6)), Self.longestPause)
            parts[index].refusals += 1
        case .failed(let reason):
            parts[index].failures += 1
            parts[index].isResend = true
            guard parts[index].failures >= Self.failuresAllowed else { return }
            settle(index, missing(service, reason, now), &effects)
        }
    }

    /// Ends a service with which enough nodes have died.
    private mutating func giveUp(_ index: Int, _ now: Instant, _ effects: inout [Effect]) {
        guard parts[index].deaths.isOver else { return }
        let reason = "nodes died while they looked this up: \(parts[index].deaths.names); it is given to no other"
        settle(index, missing(parts[index].service, reason, now), &effects)
    }

    /// The outcome of a service that nobody has answered.
    private func missing(_ service: Int, _ reason: String, _ now: Instant) -> LookupOutcome {
        let elapsed = max(.zero, now - startedAt).milliseconds
        return LookupOutcome(
            service: service, result: .failure(LookupFailure(reason)), completedAtMs: createdAtMs + elapsed, durationMs: elapsed,
            node: "")
    }

    private mutating func expire(_ now: Instant, _ effects: inout [Effect]) {
        callOffAll(&effects)
        for index in parts.indices where parts[index].outcome == nil {
            parts[index].outcome = missing(parts[index].service, JobWarning.deadline, now)
        }
        end(.completed, now, &effects)
    }

    private mutating func end(_ phase: Phase, _ now: Instant, _ effects: inout [Effect]) {
        precondition(self.phase == .running, "a job ends once")
        self.phase = phase
        endedAt = now
        callOffAll(&effects)
        effects.append(.ended)
    }

    private mutating func callOffAll(_ effects: inout [Effect]) {
        for index in parts.indices {
            for flight in parts[index].flights { effects.append(.callOff(parts[index].service, on: flight.node)) }
            parts[index].flights = []
        }
    }

    // MARK: Sending

    private mutating func dispatch(_ now: Instant, _ effects: inout [Effect]) {
        for index in parts.indices where parts[index].outcome == nil && parts[index].flights.isEmpty {
            guard now >= parts[index].pausedUntil else { continue }
            send(index, now, &effects)
        }
    }

    /// To the next of the ring that has not been tried; when all have been, to the first again.
    private mutating func send(_ index: Int, _ now: Instant, _ effects: inout [Effect]) {
        let holders = Set(parts[index].flights.map(\.node.name))
        let key = "\(id)/\(parts[index].service)"
        var owner = ring.owner(of: key, role: Self.role, excluding: parts[index].tried.union(holders))
        if owner == nil {
            parts[index].tried = []
            owner = ring.owner(of: key, role: Self.role, excluding: holders)
        }
        guard let name = owner?.name, let node = seats.first(where: { $0.node.name == name })?.node else { return }
        if parts[index].isResend { resent += 1 }
        parts[index].isResend = false
        parts[index].wasSent = true
        parts[index].flights.append(Flight(node: node, sentAt: now))
        effects.append(.send(LookupOrder(service: parts[index].service, target: request.target), to: node))
    }

    /// Gives what is silent for too long to another as well.
    private mutating func callAgain(_ now: Instant, _ effects: inout [Effect]) {
        for index in parts.indices where resends && parts[index].outcome == nil {
            guard let last = parts[index].flights.last, now - last.sentAt > Self.silenceLimit,
                parts[index].flights.count < min(Self.copiesAllowed, seats.count)
            else { continue }
            parts[index].isResend = true
            send(index, now, &effects)
        }
    }

    private func index(of service: Int) -> Int? { parts.firstIndex { $0.service == service } }

    // MARK: Telling

    public func document(now: Instant) -> LookupStatus {
        let elapsed = max(.zero, (endedAt ?? now) - startedAt).milliseconds
        return LookupStatus(
            jobId: id, request: request, status: documentPhase, createdAtMs: createdAtMs,
            completedAtMs: endedAt == nil ? nil : createdAtMs + elapsed, results: parts.compactMap(\.outcome),
            warnings: warnings, resent: resent, version: version)
    }

    private var documentPhase: JobPhase {
        switch phase {
        case .running: parts.contains(where: \.wasSent) ? .processing : .pending
        case .completed: .completed
        case .failed: .failed
        }
    }

    private var warnings: [String] {
        switch phase {
        case .failed(let warning): [warning]
        case .running where seats.isEmpty: ["no node with the role \(Self.role) is alive; the job waits for one"]
        case .running, .completed: parts.compactMap(\.warning)
        }
    }

    /// What holds after every change, checked in release builds too.
    private func checkInvariants() {
        precondition(phase != .completed || parts.allSatisfy { $0.outcome != nil }, "completed with services missing")
        precondition(phase == .running || parts.allSatisfy(\.flights.isEmpty), "an ended job has nothing under way")
        precondition(parts.allSatisfy { $0.flights.count <= Self.copiesAllowed }, "too many look up the same")
        precondition(parts.allSatisfy { $0.outcome == nil || $0.flights.isEmpty }, "a service that has answered is asked no more")
    }
}
