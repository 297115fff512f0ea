/// A promise that was seen broken.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// What was acknowledged is missing in the end.
        case lost
        /// One operation was carried out twice, or answered in two ways.
        case twice
        /// What has surely failed is there.
        case ghost
        /// A read misses what was acknowledged before it began.
        case stale
        /// A read shows what was not yet asked for.
        case future
        /// Of two reads one after the other, the later misses what the earlier has shown.
        case regress
        /// Two changes were both the n-th of their register, or came in another order than they were acknowledged.
        case fork
        /// State and rows of a register are not of one version.
        case mixed
        /// No order of the operations explains the answers.
        case order
        /// Two replicas hold one version with different content.
        case disagreement
        /// An answer, or what one replica has sent another, cannot be read.
        case unreadable
        /// All is well and quiet, and a register cannot be read or written.
        case stuck
        /// Work that has ended is still there long after its hour, or what was remembered of it.
        case unfreed
        /// All is quiet, and work that was acknowledged has not ended, or a durable actor has something left to do.
        case unended
        /// How work has ended, and what it has done at others, do not go together.
        case unbalanced
        /// A timer fired before its time.
        case early
        /// A request that keeps to the rules was refused for good.
        case refused
    }

    public let kind: Kind
    /// What was seen, with register, ids and times.
    public let sentence: String

    public init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }

    public var description: String { "\(kind.rawValue): \(sentence)" }
}
