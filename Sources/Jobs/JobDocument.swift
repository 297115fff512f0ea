import World

/// The words of all jobs of the mesh for where a job stands.
public enum JobPhase: String, Codable, Sendable, CaseIterable {
    /// Accepted; no part of it has come to an end yet.
    case pending = "Pending"
    case processing = "Processing"
    case completed = "Completed"
    /// Ended without a result; the warnings say why.
    case failed = "Failed"

    /// True for the two in which a job ends.
    public var isTerminal: Bool { self == .completed || self == .failed }
}

/// What a user has asked for, checked.
public protocol JobRequest: Codable, Hashable, Sendable {
    /// What is wrong with it, or nil. Asked by the job itself, because a decoded request may be anything.
    var objection: String? { get }
}

/// What is known of a job at one moment: the document that clients read.
public protocol JobDocument: Codable, Hashable, Sendable {
    associatedtype Request: JobRequest

    var jobId: WorkID { get }
    var request: Request { get }
    var status: JobPhase { get set }
    /// When it was accepted, by the wall clock of the home of its register, milliseconds since 1970.
    var createdAtMs: Int64 { get }
    /// The same at the end; nil before.
    var completedAtMs: Int64? { get }
    /// 0 ... 100, rounded down, so that 100 means done.
    var completionPercentage: Int { get }
    /// Why it failed, or what it waits for. See ``JobWarning``.
    var warnings: [String] { get set }
    /// Rises with every change; 1 at acceptance.
    var version: UInt64 { get set }

    /// What the job is about, in a few words for people. Empty unless the kind of work says more.
    var subject: String { get }
    /// Who has done how much so far, sorted by name. Empty unless the kind of work counts.
    var shares: [JobSummary.Share] { get }
}

extension JobDocument {
    public var subject: String { "" }
    public var shares: [JobSummary.Share] { [] }
}

/// The warnings that are part of the contract of every kind of job.
public enum JobWarning {
    /// Its user has cancelled it.
    public static let cancelled = "cancelled"
    /// It took too long.
    public static let deadline = "deadline"
}

/// Bounds of the jobs of one kind.
public struct JobLimits: Codable, Hashable, Sendable {
    /// A job ends by itself when it has run this long.
    public var deadline: Duration
    /// Jobs whose registers have one home, that run at a time; the next is refused. At least 1.
    public var runningJobs: Int

    public init(deadline: Duration, runningJobs: Int) {
        precondition(runningJobs > 0, "a kind of work that may not be done")
        self.deadline = deadline
        self.runningJobs = runningJobs
    }
}
