import Jobs
import World

/// What is known of a lookup job at one moment: the document that clients read.
public struct LookupStatus: JobDocument {
    public let jobId: WorkID
    public let request: LookupRequest
    public var status: JobPhase
    /// When it was accepted, by the wall clock of the home of its register, milliseconds since 1970.
    public let createdAtMs: Int64
    /// The same at the end; nil before.
    public var completedAtMs: Int64?
    /// What has ended, in the order of the request; of one service from several nodes in theirs.
    public var results: [LookupOutcome]
    /// Why it failed, or what it waits for. See ``JobWarning``.
    public var warnings: [String]
    /// Services asked for once more, because a worker died or was silent.
    public var resent: Int
    /// Rises with every change; 1 at acceptance.
    public var version: UInt64

    package init(
        jobId: WorkID, request: LookupRequest, status: JobPhase, createdAtMs: Int64, completedAtMs: Int64? = nil,
        results: [LookupOutcome] = [], warnings: [String] = [], resent: Int = 0, version: UInt64 = 1
    ) {
        self.jobId = jobId
        self.request = request
        self.status = status
        self.createdAtMs = createdAtMs
        self.completedAtMs = completedAtMs
        self.results = results
        self.warnings = warnings
        self.resent = resent
        self.version = version
    }

    /// 0 ... 100, rounded down, so that 100 means done.
    public var completionPercentage: Int {
        request.parts.isEmpty ? 100 : results.count * 100 / request.parts.count
    }

    public var subject: String { "\(request.target)" }

    public var shares: [JobSummary.Share] {
        let counts = results.reduce(into: [String: Int]()) { $0[$1.node, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { JobSummary.Share(name: $0.key, parts: $0.value) }
    }
}
