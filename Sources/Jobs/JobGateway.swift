import World

/// What an edge can do with the jobs of one kind, whatever node it is on.
public protocol JobGateway<Document>: Sendable {
    associatedtype Document: JobDocument

    /// Has the job's home accept it.
    func submit(_ request: Document.Request) async throws(JobGatewayError) -> Document

    /// The job's document; when that is its version `seen`, waits up to `patience` for a later one.
    ///
    /// A job whose home counts as dead has failed as far as can be known now. Should the same life of the home come back, its word
    /// counts again, and the job goes on.
    func status(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(JobGatewayError) -> Document

    /// Ends the job.
    func cancel(_ id: WorkID) async throws(JobGatewayError) -> Document
}

/// Why an edge has no document for its client.
public struct JobGatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Nobody who could know it knows the job.
        case notFound
        /// Not now; nothing was done, or nothing is known.
        case unavailable
        /// No node does this kind of work now, so nobody was there to be asked.
        case nobody
        /// The job has ended, so it cannot be cancelled.
        case alreadyEnded
        /// The home refused the request as it stands.
        case invalid
    }

    public let code: Code
    public let description: String
    /// When to ask again; meant for `unavailable` and `nobody`.
    public let retryAfterSeconds: Int

    public init(_ code: Code, _ description: String, retryAfterSeconds: Int = 1) {
        self.code = code
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// The homes of one kind of work, as a client of theirs reaches them. Every call ends within a second or so, or at once when the
/// node has been declared dead.
public protocol JobHomes<Document>: Sendable {
    associatedtype Document: JobDocument

    /// Everyone who may be the job's home, the ring's owner of its id first, then in the order of the ring.
    func candidates(for id: WorkID) -> [NodeIdentity]

    /// True when this life of the node is no live member, as far as this node knows. It is final when the node has left or lives in
    /// a higher life; one that was declared dead, or is not known yet, may still show itself alive.
    func isDead(_ node: NodeIdentity) -> Bool

    func submit(
        _ request: Document.Request, id: WorkID, to node: NodeIdentity
    ) async throws(JobCallFailure) -> Document

    func status(
        _ id: WorkID, seen: UInt64?, patience: Duration, on node: NodeIdentity
    ) async throws(JobCallFailure) -> JobAnswer<Document>

    func cancel(_ id: WorkID, on node: NodeIdentity) async throws(JobCallFailure) -> Document
}
