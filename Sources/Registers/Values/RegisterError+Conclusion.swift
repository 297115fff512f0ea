extension RegisterError {
    /// What whoever has asked may conclude, and do.
    public enum Conclusion: Hashable, Sendable {
        /// It would be refused again.
        case refused
        /// Nothing has happened. It may be asked again.
        case unavailable
        /// It may have happened. Asking again under the same id tells.
        case unknown
    }

    public var conclusion: Conclusion {
        switch code {
        case .refused, .tooLarge: .refused
        case .noMajority, .overloaded, .notReady, .notHere, .notNow, .expired: outcome == .failed ? .unavailable : .unknown
        }
    }

    /// When to ask again, in whole seconds as HTTP counts them; at least 1.
    public var retryAfterSeconds: Int { max(1, Int((retryAfter ?? .seconds(1)).milliseconds / 1_000)) }
}
