/// What a call tells of the host that was called, whatever it brought to the caller.
public enum OutsideVerdict: Hashable, Sendable {
    /// The host is there: it has given its word about what it was asked, though that be "no such thing".
    case answered
    /// It could not be reached, did not answer in time, or could not answer for itself.
    /// - Parameters:
    ///   - words: how, to follow "last: ".
    ///   - isTransient: whether the same question may well be answered a moment later.
    ///   - rest: asked again, it wants to be asked no sooner than after this.
    case faulty(_ words: String, isTransient: Bool, rest: Duration? = nil)
    /// It was asked too often, and by its own word shall not be asked before this time is over; `nil` when it named none.
    case busy(_ words: String, rest: Duration?)
    /// The call tells nothing: it was called off early, or never left this node.
    case untold
}

/// An error of a call that says what it tells of the host. Other errors tell nothing.
public protocol OutsideError: Error {
    var verdict: OutsideVerdict { get }
}

/// What a call has brought.
public struct OutsideAnswer<Value: Sendable>: Sendable {
    public let value: Value
    public let verdict: OutsideVerdict

    public init(_ value: Value, _ verdict: OutsideVerdict = .answered) {
        self.value = value
        self.verdict = verdict
    }
}

/// Why a host was not asked. Nobody may try again because of it: whoever does not want to wait asks another host, or gives up.
public struct OutsideRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// It has failed, and is left alone for a while.
        case open
        /// It has asked to be left alone.
        case resting
        /// Too many calls are under way or wait.
        case full
        /// No place came free in the time of the call.
        case late
        /// Too many hosts are asked at the same time.
        case crowded
    }

    public let host: String
    public let reason: Reason
    /// Begins with the host, says what has happened and, where that is known, when it is asked again.
    public let description: String

    init(_ host: String, _ reason: Reason, _ words: String) {
        self.host = host
        self.reason = reason
        description = "\(host) \(words)"
    }
}
