import Jobs
import World

/// How primes are counted.
public enum PrimesAlgorithm: String, Codable, Sendable, CaseIterable {
    /// The segmented sieve of Eratosthenes of libprimesieve.
    case sieve
    /// Division by every number up to the square root that is no multiple of 2 or 3: slow, to warm processors.
    case trial
}

/// A valid order to count the primes of a range.
///
/// What a user has written becomes one by ``init(_:limits:workers:)``, which checks it; `Codable`, because it travels to the job,
/// which asks for its ``objection`` before it uses it.
public struct PrimesRequest: JobRequest {
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

    /// What no validation would have let through: a peer may send anything.
    public var objection: String? {
        if from > to { return "no range: \(from) to \(to)" }
        if let chunks, !Self.chunksAllowed.contains(chunks) { return "\(chunks) chunks; give 1 to \(Self.chunksAllowed.upperBound)" }
        return nil
    }

    /// One hour for a job, 64 of them at a time with one home.
    public static let defaultLimits = JobLimits(deadline: .seconds(3_600), runningJobs: 64)

    /// Numbers in the range. Up to 2^64, hence the width.
    public var length: UInt128 { UInt128(to) - UInt128(from) + 1 }
}
