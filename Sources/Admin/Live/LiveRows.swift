import JSONDocument
import Jobs
import Membership
import World

/// A member as a page shows it.
struct MemberRow: Hashable, Sendable {
    let member: Member
    /// Whether the work ring has it.
    let isPlaced: Bool
}

/// A job as a page shows it.
struct JobRow: Hashable, Sendable {
    enum Standing: Hashable, Sendable {
        case told
        /// Its home lives and did not answer: this is what it said last. When it dies, another says.
        case unheard
    }

    let summary: JobSummary
    /// When the job began, on this node's wall clock: a page counts on from it. No part of the comparison.
    let startedAtMs: Int64
    let standing: Standing

    init(_ summary: JobSummary, startedAtMs: Int64, _ standing: Standing = .told) {
        self.summary = summary
        self.startedAtMs = startedAtMs
        self.standing = standing
    }

    /// A running job whose version is the same has not changed, however long it has run.
    static func == (a: JobRow, b: JobRow) -> Bool {
        a.summary.id == b.summary.id && a.summary.version == b.summary.version && a.summary.isEnded == b.summary.isEnded
            && a.standing == b.standing && a.summary.status == b.summary.status
            && a.summary.percentage == b.summary.percentage && a.summary.warnings == b.summary.warnings
            && a.summary.shares == b.summary.shares
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(summary.id)
        hasher.combine(summary.version)
    }

    /// The rows after a survey. What a home that was not heard said before stays: a job must not vanish from the page as if it had never
    /// been.
    /// - Parameter nowMs: this node's wall clock.
    static func merge(_ survey: MeshJobs, before: [JobRow], live: Set<String>, nowMs: Int64, limit: Int) -> [JobRow] {
        let told = Set(survey.jobs.map(\.id))
        var rows = survey.jobs.map { JobRow($0, startedAtMs: nowMs - min($0.elapsedMs, nowMs)) }
        for row in before where !told.contains(row.summary.id) {
            if live.contains(row.summary.home), survey.unheard.contains(row.summary.home) {
                rows.append(JobRow(row.summary, startedAtMs: row.startedAtMs, .unheard))
            }
        }
        rows.sort { a, b in
            if a.isRunning != b.isRunning { return a.isRunning }
            if a.summary.createdAtMs != b.summary.createdAtMs { return a.summary.createdAtMs > b.summary.createdAtMs }
            return a.summary.id > b.summary.id
        }
        return Array(rows.prefix(limit))
    }

    private var isRunning: Bool { !summary.isEnded }

    var json: JSON {
        let standing: JSON = switch standing {
        case .told: "told"
        case .unheard: "unheard"
        }
        return .object(summary.jsonMembers + [.init("standing", standing), .init("startedAtMs", .number(startedAtMs))])
    }
}

extension JobSummary {
    /// The job in the words of the contracts of jobs.
    var jsonMembers: [JSON.Member] {
        let created = WallTime(nanosecondsSince1970: createdAtMs.multipliedReportingOverflow(by: 1_000_000).partialValue)
        return [
            .init("jobId", .string("\(id)")), .init("kind", .string(kind)), .init("home", .string(home)),
            .init("subject", .string(subject)), .init("status", .string(status)), .init("isEnded", .bool(isEnded)),
            .init("completionPercentage", .number(percentage)), .init("createdAt", .string(created.iso8601)),
            .init("elapsedMs", .number(elapsedMs)), .init("shares", .object(shares.map { .init($0.name, .number($0.parts)) })),
            .init("warnings", .array(warnings.map { .string($0) })), .init("version", .number(version)),
        ]
    }
}
