/// Why a node could not start.
public struct NodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of obstacle, by which a process chooses its exit status.
    public enum Code: Sendable {
        /// A port is in use or an address is not of this machine.
        case bind
        /// The data directory cannot be made, read or written, or is used by another process.
        case dataDirectory
        /// A figure or a name is out of its range.
        case configuration
        /// The system refused something else.
        case system
    }

    /// The kind of obstacle.
    public let code: Code
    /// What is wrong, with the value, and what to do.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
