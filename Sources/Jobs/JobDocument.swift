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
    var status: JobPhase { get }
    /// Wall clock of the home at acceptance, milliseconds since 1970.
    var createdAtMs: Int64 { get }
    /// Rises with every change; 1 at acceptance.
    var version: UInt64 { get }

    /// Ends the document as failed, with this warning, because its job is gone.
    mutating func bury(_ warning: String, atMs: Int64)
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

    public init(deadline: Duration, runningJobs: Int, endedJobs: Int) {
        precondition(runningJobs > 0 && endedJobs > 0, "a home that may hold nothing")
        self.deadline = deadline
        self.runningJobs = runningJobs
        self.endedJobs = endedJobs
    }
}
