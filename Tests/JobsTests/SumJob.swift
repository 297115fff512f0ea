import Choreography
import Jobs
import MessagePack
import World

/// A job that has numbers doubled, one by one, and adds them up.
enum SumJob: JobActor {
    struct Request: JobRequest {
        let numbers: [Int]
        var objection: String? { numbers.isEmpty ? "no numbers; give at least one" : nil }
    }

    struct Document: JobDocument {
        let jobId: WorkID
        let request: Request
        var status: JobPhase
        let createdAtMs: Int64
        var completedAtMs: Int64?
        var sum: Int
        var done: Int
        var results: [ResultLocation: [UInt8]]
        var breadth: Int
        var deadlineMs: Int64
        var warnings: [String]
        var version: UInt64
        var completionPercentage: Int { done * 100 / request.numbers.count }
    }

    struct State: Codable, Sendable {
        var begun: Submit<Request>?
        var course: JobCourse?
        var done: Set<String> = []
        var sum = 0
        var stored: [ResultLocation] = []
    }

    static let kind = "sum"
    static var blank: State { State() }

    static var rules: [Rule<SumJob>] {
        [
            .on(Submit<Request>.self, .note, from: [.outside], orders: ["double"], timers: [JobDeadline.self]) { event, state, next in
                guard state.begun == nil else { throw ReactionError("it has begun already") }
                (state.begun, state.course) = (event, JobCourse(now: next.now))
                try next.setTimer("deadline", at: WallTime(millisecondsSince1970: event.deadlineMs), JobDeadline())
                for (index, number) in event.request.numbers.enumerated() { try next.order("double", part: "\(index)", [UInt8(number)]) }
            },
            .on(WorkAnswer.self, .note, from: [.worker]) { answer, state, next in
                switch answer.result {
                case .done(let payload): state.sum += Int(payload.first ?? 0)
                case .stored(let location): state.stored.append(location)
                case .failed(let reason):
                    state.course?.fail(reason, next.now)
                    return try next.finish()
                }
                state.done.insert(answer.part)
                guard state.done.count == state.begun?.request.numbers.count else { return }
                state.course?.complete(next.now)
                try next.finish()
            },
            .on(JobDeadline.self, .note, from: [.timer]) { _, state, next in
                state.course?.fail(JobWarning.deadline, next.now)
                try next.finish()
            },
            .on(CancelJob.self, .note, from: [.outside]) { _, state, next in
                state.course?.fail(JobWarning.cancelled, next.now)
                try next.finish()
            },
        ]
    }

    static func stored(_ sighting: ActorSighting<SumJob>) -> [ResultLocation] { sighting.state.stored }

    static func document(
        _ id: WorkID, _ sighting: ActorSighting<SumJob>, results: [ResultLocation: [UInt8]], now: WallTime
    ) -> Document? {
        let state = sighting.state
        guard let begun = state.begun, let course = state.course else { return nil }
        return Document(
            jobId: id, request: begun.request, status: course.phase(hasBegun: !state.done.isEmpty), createdAtMs: course.createdAtMs,
            completedAtMs: course.endedAtMs, sum: state.sum, done: state.done.count, results: results, breadth: begun.breadth,
            deadlineMs: begun.deadlineMs, warnings: course.warnings, version: sighting.number)
    }

    static func summary(_ id: WorkID, _ sighting: ActorSighting<SumJob>, home: String, now: WallTime) -> JobSummary? {
        document(id, sighting, results: [:], now: now).map { JobSummary($0, kind: kind, home: home, now: now) }
    }
}

/// Another kind of the same job.
enum TotalJob: JobActor {
    typealias Document = SumJob.Document
    typealias State = SumJob.State

    static let kind = "total"
    static var blank: State { State() }
    static var rules: [Rule<TotalJob>] {
        [
            .on(Submit<SumJob.Request>.self, .note, from: [.outside]) { event, state, next in
                (state.begun, state.course) = (event, JobCourse(now: next.now))
            },
            .on(CancelJob.self, .note, from: [.outside]) { _, state, next in
                state.course?.fail(JobWarning.cancelled, next.now)
                try next.finish()
            },
        ]
    }

    static func document(
        _ id: WorkID, _ sighting: ActorSighting<TotalJob>, results: [ResultLocation: [UInt8]], now: WallTime
    ) -> Document? { nil }

    static func summary(_ id: WorkID, _ sighting: ActorSighting<TotalJob>, home: String, now: WallTime) -> JobSummary? {
        sighting.state.course.map { course in
            JobSummary(
                id: id, kind: kind, home: home, subject: "", status: course.phase(hasBegun: false).rawValue, isEnded: course.isOver,
                percentage: 0, createdAtMs: course.createdAtMs, elapsedMs: course.elapsedMs(now), version: sighting.number)
        }
    }
}
