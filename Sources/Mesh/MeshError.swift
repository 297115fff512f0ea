/// Why a call on a distributed actor did not end in an answer of the callee.
///
/// Match on ``code``; decide about trying again by ``outcome``: a call that `failed` did nothing and may be repeated, one
/// whose outcome is `unknown` may have run, be running still, or never run.
public struct MeshError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kept the call from its answer.
    public enum Code: String, Sendable, CaseIterable {
        /// The deadline passed without an answer.
        case unknown
        /// The node is dead, has left, or was never a member; or the caller's own node has stopped.
        ///
        /// Also when only the link was given up, because the peer took nothing in, sent something malformed, or acknowledged
        /// nothing for too long. The node may then be well: the next call finds out.
        case nodeDown
        /// A queue on the way is full: the link's, the actor's mailbox, or the caller's own table of pending calls.
        case overloaded
        /// The node is there, but no actor bears the id.
        case noSuchActor
        /// The callee's program does not have the function, or the function is not one of the actor's type, or the
        /// arguments or the result could not be decoded.
        case incompatible
        /// A frame with these arguments or this result would pass the limit.
        case tooLarge
        /// The callee threw an error whose type the caller does not know; its description is in ``message``.
        case calleeFailed
        /// The caller's task was cancelled.
        case cancelled
    }

    /// What is known of the call's effect.
    public enum Outcome: String, Sendable {
        /// Certainly nothing happened.
        case failed
        /// It may or may not have happened.
        case unknown
    }

    /// What kept the call from its answer; what to match on.
    public let code: Code
    /// Whether the call may have had an effect; what to decide by about trying again.
    public let outcome: Outcome
    /// A sentence for a person: what was called where, and what to do.
    public let message: String

    public init(_ code: Code, outcome: Outcome, _ message: String) {
        self.code = code
        self.outcome = outcome
        self.message = message
    }

    public var description: String { "\(code.rawValue) (outcome \(outcome.rawValue)): \(message)" }
}
