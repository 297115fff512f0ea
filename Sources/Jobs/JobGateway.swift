import World

/// What an edge can do with the jobs of one kind, whatever node it is on.
public protocol JobGateway<Document>: Sendable {
    associatedtype Document: JobDocument

    /// Begins a job. When this returns the job is kept, and ends by its deadline, whatever dies.
    /// - Parameter id: of the job; the same once more is the same job.
    func submit(_ request: Document.Request, id: WorkID) async throws(JobGatewayError)

    /// The job's document; when that is its version `seen`, waits up to `patience` for a later one. The largest of all versions waits for
    /// the end.
    func status(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(JobGatewayError) -> Document

    /// Ends the job. Returns when that is decided.
    /// - Throws: `alreadyEnded` when it has ended otherwise.
    func cancel(_ id: WorkID) async throws(JobGatewayError)
}

/// What the home of a job says before the job is proposed to it.
public enum JobAdmission: Sendable {
    /// Tells the home what became of the job; false when it surely has not begun.
    public typealias Settling = @Sendable (_ mayHaveBegun: Bool) -> Void

    /// It keeps a place for the job until it is told what became of it.
    case granted(Settling)
    /// Why it takes no more of them.
    case refused(String)
}

/// Why an edge has nothing for its client.
public struct JobGatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// There is no such job.
        case notFound
        /// Not now; nothing was done, or nothing is known.
        case unavailable
        /// The same, and it may have been done.
        case unknown
        /// The job has ended, so it cannot be cancelled.
        case alreadyEnded
        /// The request cannot be carried out as it stands.
        case invalid
    }

    public let code: Code
    /// What is wrong, with the value and the remedy.
    public let description: String
    /// When to ask again; meant for `unavailable` and `unknown`.
    public let retryAfterSeconds: Int

    public init(_ code: Code, _ description: String, retryAfterSeconds: Int = 1) {
        self.code = code
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }
}
