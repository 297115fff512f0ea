/// How primes are counted.
public enum PrimesAlgorithm: String, Codable, Sendable, CaseIterable {
    /// The segmented sieve of Eratosthenes of libprimesieve.
    case sieve
    /// Division by every number up to the square root that is no multiple of 2 or 3: slow, to warm processors.
    case trial
}

/// A valid order to count the primes of a range.
///
/// Made only by ``init(_:limits:workers:)``, which checks what a user has written; `Codable`, because it travels to the
/// job's home. The home checks a decoded one with ``isSound`` before it uses it.
public struct PrimesRequest: Codable, Hashable, Sendable {
    /// The first number of the range.
    public let from: UInt64
    /// The last number of the range: it is counted too.
    public let to: UInt64
    public let algorithm: PrimesAlgorithm
    /// How many parts the user wants, 1 ... 100,000; nil leaves it to ``PrimesPlan``.
    public let chunks: Int?

    package init(from: UInt64, to: UInt64, algorithm: PrimesAlgorithm = .sieve, chunks: Int? = nil) {
        self.from = from
        self.to = to
        self.algorithm = algorithm
        self.chunks = chunks
    }

    /// What a user may ask for in `chunks`.
    public static let chunksAllowed = 1...100_000

    /// False for what no validation would have let through: a peer may send anything.
    public var isSound: Bool { from <= to && chunks.map(Self.chunksAllowed.contains) ?? true }

    /// Numbers in the range. Up to 2^64, hence the width.
    public var length: UInt128 { UInt128(to) - UInt128(from) + 1 }
}

/// Bounds of what is accepted.
public struct PrimesLimits: Codable, Hashable, Sendable {
    /// A job may run this long, and a range whose estimate is longer is refused. Default one hour.
    public var deadline: Duration
    /// Jobs that one home runs at a time; the next is refused as overloaded. Default 64.
    public var runningJobs: Int
    /// Ended jobs whose documents a home keeps; then the oldest goes. Default 1,000.
    public var endedJobs: Int

    public init(deadline: Duration = .seconds(3_600), runningJobs: Int = 64, endedJobs: Int = 1_000) {
        self.deadline = deadline
        self.runningJobs = runningJobs
        self.endedJobs = endedJobs
    }
}
