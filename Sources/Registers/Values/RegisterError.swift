import World

/// Why a wish was not granted. Everything here is public and can be matched; it travels between nodes as itself.
public struct RegisterError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Hashable, Sendable, CaseIterable {
        /// No majority of the key's replicas answered in time.
        case noMajority = "no-majority"
        /// The register's own rules refused the command; nothing has changed.
        case refused
        /// Key, command, state, row or change is larger than ``RegisterLimits`` allows.
        case tooLarge = "too-large"
        /// The operation's or register's hour has been freed: whether it was done long ago is no longer known.
        case expired
        /// Too many wishes wait already.
        case overloaded
        /// This node's store may not vote or propose now.
        case notReady = "not-ready"
        /// This node holds no replica of the key.
        case notHere = "not-here"
        /// The register's own rules refuse the command for now, whoever is asked; nothing has changed.
        case notNow = "not-now"
    }

    /// What is known of the wish's fate.
    public enum Outcome: String, Codable, Hashable, Sendable {
        /// Nothing has happened, and nothing of it will.
        case failed
        /// It may have happened, or may still happen. The same operation id may be tried again.
        case unknown
    }

    public let code: Code
    public let outcome: Outcome
    /// What is wrong, with the value and the remedy.
    public let sentence: String
    /// When to try again; nil when that would not help.
    public let retryAfter: Duration?

    public init(_ code: Code, _ outcome: Outcome, _ sentence: String, retryAfter: Duration? = nil) {
        self.code = code
        self.outcome = outcome
        self.sentence = sentence
        self.retryAfter = retryAfter
    }

    public var description: String { "\(sentence) (\(code.rawValue), \(outcome.rawValue))" }
}
