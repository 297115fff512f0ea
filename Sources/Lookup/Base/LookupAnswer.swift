import JSONDocument

/// What a worker has found out.
public struct LookupAnswer: Sendable {
    /// With keys in camel case, in the order of reading.
    public let document: JSON
    /// For how long the answer holds, by what was asked; nil when nothing says so, and then it is not kept.
    public let keep: Duration?
    /// The address that a name was resolved to and that was looked up; nil when there was none to choose.
    public let address: IPAddress?

    public init(_ document: JSON, keep: Duration? = nil, address: IPAddress? = nil) {
        self.document = document
        self.keep = keep
        self.address = address
    }
}

/// Why a lookup has no result, for the user.
public struct LookupFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where the reason lies, so that several nodes' failures can be compared.
    public enum Source: String, Codable, Hashable, Sendable, CaseIterable {
        /// The target: it is in a private range, its name does not exist, nothing is registered. Every node would say the same.
        case target
        /// A server that was asked about it: it does not answer, fails or refuses.
        case server
        /// The node that looked: it may not, or has no way there.
        case node
        /// Nobody has looked: the job's deadline came, or no node could be had.
        case mesh
    }

    /// The sentence of the contract where it has one, else one that names what was asked and who did not answer.
    public let message: String
    public let source: Source
    /// For how long it holds, by what was asked; nil when nothing says so, and then it is not kept.
    public let keep: Duration?

    public init(_ message: String, source: Source = .server, keep: Duration? = nil) {
        self.message = message
        self.source = source
        self.keep = keep
    }

    public var description: String { message }
}
