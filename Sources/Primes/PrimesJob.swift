import Choreography
import Jobs
import MessagePack
import World

// COUNTING A RANGE
//
// The range is divided once and for all (PrimesPlan): into parts, which are what its user sees, and these into runs of consecutive parts,
// which are what a worker is asked for, because a sieve is a fifth slower on short ranges. The job orders a window of runs, more than
// the mesh can work on at a time, and with each answer the next one; so 100,000 parts cost no more at the start than 64.
//
// Gathering. Each run is ordered once and its order closes with the first answer, so each counts once: the total is the sum over a set of
// runs that are disjoint and cover the range. Arrivals are never counted.

/// One primes job.
public enum PrimesJob: JobActor {
    public typealias Document = PrimesStatus

    public struct State: Codable, Sendable {
        var request: PrimesRequest?
        var course: JobCourse?
        /// Of the plan by which it was begun.
        var runLength = 1
        /// The first run that has not been ordered.
        var nextRun = 0
        /// Parts that have been ordered, and those of them that are counted.
        var ordered = 0
        var done = 0
        /// Primes in these.
        var total: UInt64 = 0
        /// Sorted by node.
        var shares: [PrimesStatus.NodeShare] = []
    }

    public static let kind = "primes"
    public static var blank: State { State() }
    public static func word(for state: State) -> String { "\(state.done) of \(state.ordered) ordered" }

    /// Counting is felt nowhere outside of the mesh, so idle nodes may repeat what others are slow with.
    public static let work = WorkKind(kind, isRationed: true, shortestSilence: .seconds(5), hasBackups: true)

    /// Runs that may be ordered at a time: at least, and at most.
    static let window = 64...256

    public static var rules: [Rule<PrimesJob>] {
        [
            .on(Submit<PrimesRequest>.self, .note, from: [.outside], orders: [work.name], timers: [JobDeadline.self], begin),
            .on(
                WorkAnswer.self, .note, from: [.worker], orders: [work.name], limit: PrimesRequest.chunksAllowed.upperBound + 1, gather),
            .on(JobDeadline.self, .note, from: [.timer]) { _, state, next in try fail(JobWarning.deadline, &state, &next) },
            .on(CancelJob.self, .note, from: [.outside]) { _, state, next in
                guard state.request != nil else { throw ReactionError("there is no such job") }
                try fail(JobWarning.cancelled, &state, &next)
            },
        ]
    }

    private static func begin(_ event: Submit<PrimesRequest>, _ state: inout State, _ next: inout Reaction) throws {
        guard state.request == nil else { return }
        if let objection = event.request.objection { throw ReactionError(objection) }
        state.request = event.request
        state.course = JobCourse(now: next.now)
        try next.setTimer("deadline", at: WallTime(millisecondsSince1970: event.deadlineMs), JobDeadline())
        let plan = PrimesPlan(event.request)
        state.runLength = plan.runLength
        let wanted = 2 * min(max(0, event.breadth), window.upperBound)
        for _ in 0..<min(max(wanted, window.lowerBound), window.upperBound) {
            try orderNext(plan, &state, &next)
        }
    }

    private static func orderNext(_ plan: PrimesPlan, _ state: inout State, _ next: inout Reaction) throws {
        guard state.nextRun < plan.runCount else { return }
        let parts = plan.partsOfRun(state.nextRun), order = plan.run(parts)
        let expected = Duration.seconds(min(PrimesEstimate.seconds(order), 86_400))
        try next.order(work.name, part: "\(state.nextRun)", try MessagePackEncoder().encode(order), expected: expected)
        state.nextRun += 1
        state.ordered += parts.count
    }

    private static func gather(_ answer: WorkAnswer, _ state: inout State, _ next: inout Reaction) throws {
        guard let request = state.request, let run = Int(answer.part) else { throw ReactionError("part \(answer.part) was not ordered") }
        let plan = PrimesPlan(request, runLength: state.runLength)
        guard run < plan.runCount else { throw ReactionError("part \(answer.part) was not ordered") }
        let parts = plan.partsOfRun(run), range = plan.run(parts)
        state.course?.resent += answer.resent
        switch answer.result {
        case .stored: throw ReactionError("the count of a part is no document")
        case .failed(let reason): return try fail("\(name(of: range)) cannot be counted: \(reason)", &state, &next)
        case .done(let payload):
            let result = try MessagePackDecoder().decode(PrimesPartResult.self, from: payload)
            guard result.part == parts.lowerBound, result.count <= range.length else {
                let reason = "node \(answer.node) has counted \(result.count) primes from part \(result.part) on"
                return try fail("\(name(of: range)) cannot be counted: \(reason)", &state, &next)
            }
            state.done += parts.count
            state.total += result.count
            state.count(parts.count, for: answer.node)
        }
        try orderNext(plan, &state, &next)
        guard state.done == plan.partCount else { return }
        state.course?.complete(next.now)
        try next.finish()
    }

    private static func name(of range: PrimesPart) -> String {
        range.parts == 1
            ? "part \(range.number) (\(range.from) to \(range.to))"
            : "parts \(range.number) to \(range.number + range.parts - 1) (\(range.from) to \(range.to))"
    }

    private static func fail(_ warning: String, _ state: inout State, _ next: inout Reaction) throws {
        state.course?.fail(warning, next.now)
        try next.finish()
    }

    // MARK: Telling

    public static func document(
        _ id: WorkID, _ sighting: ActorSighting<PrimesJob>, results: [ResultLocation: [UInt8]], now: WallTime
    ) -> PrimesStatus? {
        let state = sighting.state
        guard let request = state.request, let course = state.course else { return nil }
        let phase = course.phase(hasBegun: state.done > 0)
        return PrimesStatus(
            jobId: id, request: request, status: phase, createdAtMs: course.createdAtMs, completedAtMs: course.endedAtMs,
            count: phase == .completed ? state.total : nil,
            chunks: .init(
                total: PrimesPlan(request, runLength: state.runLength).partCount, done: state.done, inFlight: course.isOver ? 0 : state.ordered - state.done,
                resent: course.resent),
            nodes: state.shares, elapsedMs: course.elapsedMs(now), warnings: course.warnings, version: sighting.number)
    }

    public static func summary(_ id: WorkID, _ sighting: ActorSighting<PrimesJob>, home: String, now: WallTime) -> JobSummary? {
        document(id, sighting, results: [:], now: now).map { JobSummary($0, kind: kind, home: home, now: now) }
    }
}

extension PrimesJob.State {
    fileprivate mutating func count(_ parts: Int, for node: String) {
        let index = shares.firstIndex { $0.node >= node } ?? shares.count
        let before = index < shares.count && shares[index].node == node ? shares.remove(at: index).parts : 0
        shares.insert(.init(node: node, parts: before + parts), at: index)
    }
}
