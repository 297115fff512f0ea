import Choreography
import JSONDocument
import Jobs
import MessagePack
import World

// LOOKING UP A TARGET
//
// Each service is a part, and all are ordered at once. Where the user has said from where to look, each service at each of these nodes is a
// part, which only that node may do. The outcomes are a set by part, because each is ordered once and its order closes with the first
// answer. A service that could not be looked up is an outcome as well: it never fails the job. Outcomes are rows of the job's register, so
// that ten of them are not written again with each other; what is too large for a row lies in a result store.
//
// The job is completed when every part has an outcome. At the deadline those that are missing have failed, with the word of the contract.
// Cancelling fails the job.

/// One lookup job.
public enum LookupJob: JobActor {
    public typealias Document = LookupStatus

    public struct State: Codable, Sendable {
        var request: LookupRequest?
        var course: JobCourse?
        /// What has an outcome, and the nodes that looked.
        var done: [Done] = []

        struct Done: Codable, Sendable {
            let service: Int
            let node: String
            /// The part's place; nil when it has none.
            let place: String?
        }
    }

    /// What a row holds.
    fileprivate enum Row: Codable {
        case outcome(LookupOutcome)
        case stored(ResultLocation)
    }

    public static let kind = "lookup"
    public static var blank: State { State() }
    public static func word(for state: State) -> String { "\(state.done.count) of \(state.request?.parts.count ?? 0) done" }

    /// Lookups are felt outside of the mesh, so nothing is looked up twice without need. A worker that has not answered by then may hang: no
    /// lookup is allowed to take longer (a ping may: 15 s, and 5 s for finding the address).
    ///
    /// Orders for the same service and target are about the same, whichever job they are of: the node that they all go to has kept the answer.
    public static let work = WorkKind(kind, isRationed: false, shortestSilence: .seconds(20), hasBackups: false) { order in
        (try? MessagePackDecoder().decode(LookupOrder.self, from: order)).map { "\(LookupSubject($0))" }
    }

    public static var rules: [Rule<LookupJob>] {
        [
            .on(Submit<LookupRequest>.self, .note, from: [.outside], orders: [work.name], timers: [JobDeadline.self], begin),
            .on(WorkAnswer.self, .note, from: [.worker], gather),
            .on(JobDeadline.self, .note, from: [.timer]) { _, state, next in
                for part in state.missing { try state.settle(part, .missing(part, JobWarning.deadline, .mesh, state.course, next.now), &next) }
            },
            .on(CancelJob.self, .note, from: [.outside]) { _, state, next in
                guard state.request != nil else { throw ReactionError("there is no such job") }
                state.course?.fail(JobWarning.cancelled, next.now)
                try next.finish()
            },
        ]
    }

    private static func begin(_ event: Submit<LookupRequest>, _ state: inout State, _ next: inout Reaction) throws {
        guard state.request == nil else { return }
        let request = event.request
        if let objection = request.objection { throw ReactionError(objection) }
        state.request = request
        state.course = JobCourse(now: next.now)
        for warning in request.vantage?.warnings ?? [] { state.course?.warn(warning) }
        try next.setTimer("deadline", at: WallTime(millisecondsSince1970: event.deadlineMs), JobDeadline())
        for part in request.parts {
            let order = LookupOrder(service: part.service, target: request.target, isFresh: request.isFresh)
            try next.order(work.name, part: part.name, try MessagePackEncoder().encode(order), at: part.place)
        }
    }

    private static func gather(_ answer: WorkAnswer, _ state: inout State, _ next: inout Reaction) throws {
        guard let part = state.missing.first(where: { $0.name == answer.part }) else {
            throw ReactionError("part \(answer.part) was not ordered, or has an outcome")
        }
        state.course?.resent += answer.resent
        switch answer.result {
        case .stored(let location): try state.settle(part, by: answer.node, Row.stored(location), &next)
        case .failed(let reason):
            // Where no node has tried, none could be had.
            let source = answer.node.isEmpty ? LookupFailure.Source.mesh : .node
            try state.settle(part, .missing(part, reason, source, state.course, next.now), &next)
        case .done(let payload):
            let outcome = try MessagePackDecoder().decode(LookupOutcome.self, from: payload)
            guard outcome.service == part.service else {
                throw ReactionError("node \(answer.node) has answered service \(outcome.service) for service \(part.service)")
            }
            if let place = part.place, outcome.node != place {
                throw ReactionError("node \(outcome.node) has looked for node \(place), from where the target was to be looked up")
            }
            if outcome.isSuccess, let complaint = outcome.complaint { state.course?.warn(complaint) }
            try state.settle(part, outcome, &next)
        }
    }

    // MARK: Telling

    public static func stored(_ sighting: ActorSighting<LookupJob>) -> [ResultLocation] {
        sighting.rows.compactMap { row in
            if case .stored(let location)? = try? MessagePackDecoder().decode(Row.self, from: row.value) { location } else { nil }
        }
    }

    public static func document(
        _ id: WorkID, _ sighting: ActorSighting<LookupJob>, results: [ResultLocation: [UInt8]], now: WallTime
    ) -> LookupStatus? {
        let state = sighting.state
        guard let request = state.request, let course = state.course else { return nil }
        var outcomes: [[UInt8]: LookupOutcome] = [:]
        for row in sighting.rows {
            let outcome: LookupOutcome? =
                switch try? MessagePackDecoder().decode(Row.self, from: row.value) {
                case .outcome(let outcome): outcome
                case .stored(let location): results[location].flatMap { try? MessagePackDecoder().decode(LookupOutcome.self, from: $0) }
                case nil: nil
                }
            if let outcome { outcomes[row.key] = outcome }
        }
        return LookupStatus(
            jobId: id, request: request, status: course.phase(hasBegun: !state.done.isEmpty), createdAtMs: course.createdAtMs,
            completedAtMs: course.endedAtMs, results: request.parts.compactMap { outcomes[key(of: $0)] }, warnings: course.warnings,
            resent: course.resent, version: sighting.number)
    }

    public static func summary(_ id: WorkID, _ sighting: ActorSighting<LookupJob>, home: String, now: WallTime) -> JobSummary? {
        let state = sighting.state
        guard let request = state.request, let course = state.course else { return nil }
        let shares = state.done.reduce(into: [String: Int]()) { $0[$1.node, default: 0] += 1 }.sorted { $0.key < $1.key }
        let phase = course.phase(hasBegun: !state.done.isEmpty)
        return JobSummary(
            id: id, kind: kind, home: home, subject: "\(request.target)", status: phase.rawValue, isEnded: phase.isTerminal,
            percentage: state.done.count * 100 / max(1, request.parts.count), createdAtMs: course.createdAtMs,
            elapsedMs: course.elapsedMs(now), shares: shares.map { .init(name: $0.key, parts: $0.value) }, warnings: course.warnings,
            version: sighting.number)
    }

    fileprivate static func key(of part: LookupPart) -> [UInt8] { Array(part.name.utf8) }
}

extension LookupJob.State {
    /// What has no outcome yet.
    fileprivate var missing: [LookupPart] {
        let done = Set(done.map { LookupPart(service: $0.service, place: $0.place) })
        return request?.parts.filter { !done.contains($0) } ?? []
    }

    fileprivate mutating func settle(_ part: LookupPart, _ outcome: LookupOutcome, _ next: inout Reaction) throws {
        try settle(part, by: outcome.node, LookupJob.Row.outcome(outcome), &next)
    }

    fileprivate mutating func settle(_ part: LookupPart, by node: String, _ row: LookupJob.Row, _ next: inout Reaction) throws {
        next[row: LookupJob.key(of: part)] = try MessagePackEncoder().encode(row)
        done.append(Done(service: part.service, node: node, place: part.place))
        guard missing.isEmpty else { return }
        course?.complete(next.now)
        try next.finish()
    }
}

extension LookupOutcome {
    /// The outcome of a part that nobody has answered.
    fileprivate static func missing(
        _ part: LookupPart, _ reason: String, _ source: LookupFailure.Source, _ course: JobCourse?, _ now: WallTime
    ) -> LookupOutcome {
        LookupOutcome(
            service: part.service, result: .failure(LookupFailure(reason, source: source)), completedAtMs: now.millisecondsSince1970,
            durationMs: course?.elapsedMs(now) ?? 0, node: part.place ?? "")
    }

    /// What clients could not read of a success: they show the document as JSON.
    fileprivate var complaint: String? {
        let name = LookupService(value: service)?.title ?? "\(service)"
        guard let data else { return "the \(name) result of node \(node) has no document" }
        do throws(JSONError) {
            _ = try JSON(parsing: data.utf8)
            return nil
        } catch {
            return "the \(name) result of node \(node) is no JSON and cannot be shown: \(error)"
        }
    }
}
