import World

/// The words of all jobs of the mesh for where a job stands.
public enum JobPhase: String, Codable, Sendable {
    /// Accepted; nothing has been sent to a worker yet.
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
    /// What is wrong with it, or nil. Asked by the home, because a decoded request may be anything.
    var objection: String? { get }
}

/// What is known of a job at one moment: the document that clients read.
public protocol JobDocument: Codable, Hashable, Sendable {
    associatedtype Request: JobRequest

    var jobId: WorkID { get }
    var request: Request { get }
    var status: JobPhase { get set }
    /// Wall clock of the home at acceptance, milliseconds since 1970.
    var createdAtMs: Int64 { get }
    /// The same at the end; nil before, and when nobody knows.
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

    /// About how many bytes of memory it takes, so that whoever keeps documents keeps no more than it has room for. Count every
    /// text whose length a worker or a user decides.
    var approximateBytes: Int { get }

    /// The document as it was when the job was accepted: nothing done, nothing found, version 1. The same whichever later document
    /// of the job it is asked of.
    var atAcceptance: Self { get }
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

/// Bounds of what a home takes on.
public struct JobLimits: Codable, Hashable, Sendable {
    /// A job may run this long.
    public var deadline: Duration
    /// Jobs that one home runs at a time; the next is refused as overloaded. At least 1.
    public var runningJobs: Int
    /// Ended jobs whose documents a home keeps; then the oldest goes. At least 1.
    public var endedJobs: Int
    /// About how many bytes of memory those documents may take together; then the oldest goes, too. At least 1.
    public var endedBytes: Int

    /// What the documents of ended jobs may take unless somebody says otherwise: 64 MiB.
    public static let defaultEndedBytes = 64 << 20

    public init(deadline: Duration, runningJobs: Int, endedJobs: Int, endedBytes: Int = defaultEndedBytes) {
        precondition(runningJobs > 0 && endedJobs > 0 && endedBytes > 0, "a home that may hold nothing")
        self.deadline = deadline
        self.runningJobs = runningJobs
        self.endedJobs = endedJobs
        self.endedBytes = endedBytes
    }
}
