/// What a worker or a home answers in place of a result. Travels over the mesh.
public struct JobError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Sendable {
        /// The request contradicts itself; asking again is of no use.
        case invalid
        /// Too much to do already; ask later, or another node.
        case overloaded
        /// The work itself failed.
        case cannotWork
        /// The job has ended, so it cannot be cancelled.
        case alreadyEnded
        /// No such job here.
        case unknownJob
    }

    public let code: Code
    /// What is wrong, the value, and the remedy.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

/// How a call to another node ended when it did not end well, as the rooms above the mesh see it.
public enum JobCallFailure: Error, Hashable, Sendable {
    /// The node is not there, so nothing was sent to it.
    case nodeDown
    /// The node, or the session with it, ended while the call was under way. It may have been done.
    case cutOff
    /// Refused before anything was done.
    case overloaded
    /// No answer in time. It may have been done.
    case silent
    /// The node lives, but has no part in this work: it starts, drains, or does not have the role. Nothing was done.
    case absent
    /// The other side's own answer.
    case refused(JobError)
    /// Anything else that was certainly not done; the text says why.
    case failed(String)
    /// There is an answer that says nothing of the effect: it may have been done. The text says what is wrong with the answer.
    case broken(String)

    /// Whether the call may have had an effect, so that asking another node could do the work twice.
    package var mayHaveBegun: Bool {
        switch self {
        case .cutOff, .silent, .broken: true
        case .nodeDown, .overloaded, .absent, .refused, .failed: false
        }
    }
}
