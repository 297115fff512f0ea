/// One part of a job, or a few consecutive ones: a range that one worker counts in one go.
public struct PrimesPart: Codable, Hashable, Sendable {
    /// The number of the first part within its job, from 0. Results are gathered by the parts' numbers.
    public let number: Int
    /// How many parts there are; at least 1.
    public let parts: Int
    /// The first number of the range.
    public let from: UInt64
    /// The last number of the range; counted too.
    public let to: UInt64
    public let algorithm: PrimesAlgorithm

    package init(number: Int, parts: Int = 1, from: UInt64, to: UInt64, algorithm: PrimesAlgorithm) {
        self.number = number
        self.parts = parts
        self.from = from
        self.to = to
        self.algorithm = algorithm
    }

    /// The numbers of the parts.
    public var key: Range<Int> { number..<number + parts }

    /// The most primes that the range can hold: its length, held within `UInt64`.
    public var length: UInt64 {
        let (length, overflow) = (to &- from).addingReportingOverflow(1)
        return overflow ? .max : length
    }
}

/// How a range is split: into contiguous, disjoint parts of equal length (give or take one) that cover it exactly.
///
/// A sieve prepares for every part by finding the primes up to the square root of the part's end (0.23 ns for each
/// number up to the root, see ``PrimesEstimate``), so that a part must grow with that root or the preparation is all it
/// does. Parts of 1,000 x sqrt(to) numbers keep it under 1 %; a range that is narrow for its height (the last 59 numbers below
/// 2^64) has shorter ones, whose numbers are tested one by one instead, see ``PrimeCounter/isShort(_:to:)``. From there:
///  * at least 100 parts, so that every node gets work and the progress shows (10 ms each for [0, 10^10]);
///  * at most 100,000, because each costs a call;
///  * never more parts than numbers: a range of 7 numbers is 7 parts of one number;
///  * a number of parts that the user names wins over all of this but the last.
public struct PrimesPlan: Hashable, Sendable {
    public let request: PrimesRequest
    /// 1 ... 100,000.
    public let partCount: Int
    /// How many consecutive parts one call covers while there is enough for everyone.
    public let runLength: Int

    /// Numbers in a part for every unit of the square root of the range's end.
    public static let numbersPerRoot: UInt128 = 1_000

    /// - Parameter runLength: as another plan of the same request has reckoned it; nil to reckon it. It hangs on floating-point functions, which
    ///   another machine may round otherwise: a job that goes on elsewhere goes by the first one's.
    public init(_ request: PrimesRequest, runLength: Int? = nil) {
        precondition(request.objection == nil, "a plan needs a request that passed validation")
        self.request = request
        let wanted: UInt128
        if let chunks = request.chunks {
            wanted = UInt128(chunks)
        } else {
            let size = max(1, UInt128(Double(request.to).squareRoot()) * Self.numbersPerRoot)
            wanted = min(max(request.length / size, 100), 100_000)
        }
        let partCount = Int(min(wanted, request.length))
        self.partCount = partCount
        self.runLength = min(max(runLength ?? Self.runLength(request, partCount: partCount), 1), Self.longestRun, partCount)
    }

    /// The part with this number, 0 ..< ``partCount``.
    public func part(_ number: Int) -> PrimesPart { run(number..<number + 1) }

    /// Consecutive parts as one range to count.
    public func run(_ parts: Range<Int>) -> PrimesPart {
        precondition(!parts.isEmpty && parts.lowerBound >= 0 && parts.upperBound <= partCount, "\(parts) of \(partCount) parts")
        return PrimesPart(
            number: parts.lowerBound, parts: parts.count, from: start(parts.lowerBound), to: start(parts.upperBound) &- 1,
            algorithm: request.algorithm)
    }

    /// Where part `number` starts. The start after the last part may be 2^64, hence the wrap to zero, which the caller's
    /// "minus one" turns into 2^64-1.
    private func start(_ number: Int) -> UInt64 {
        let offset = request.length * UInt128(number) / UInt128(partCount)
        return UInt64(truncatingIfNeeded: UInt128(request.from) + offset)
    }

    // MARK: Runs

    /// Numbers below which a call into libprimesieve costs a fifth more for each: under about 1.265 x 10^8 it does without its
    /// tables of small primes (measured with version 11: 1.18 s for 80 calls over [0, 10^10], 1.01 s for 75).
    public static let numbersPerRun: UInt64 = 130_000_000
    /// What a run of parts should take at least when there is trial division to do, so that the calls do not cost more than the work.
    static let secondsPerTrialRun = 0.01
    /// The most parts in a run.
    static let longestRun = 64

    /// Parts at the end of the range that go to workers one by one, so that all have something to do until the end.
    static let lastParts = 64

    private static func runLength(_ request: PrimesRequest, partCount: Int) -> Int {
        let last = PrimesPlan(request, runLength: 1).part(partCount - 1)
        let wanted: Double
        switch request.algorithm {
        case .sieve: wanted = Double(numbersPerRun) / Double(last.length)
        case .trial: wanted = secondsPerTrialRun / PrimesEstimate.seconds(last)
        }
        return Int(min(wanted, 1e6).rounded(.up))
    }

    /// In how many calls the range is counted.
    public var runCount: Int { longRuns + partCount - longRuns * runLength }

    /// Whole runs before the last parts.
    private var longRuns: Int { max(0, partCount - Self.lastParts) / runLength }

    /// The parts of the run with this number, 0 ..< ``runCount``.
    public func partsOfRun(_ number: Int) -> Range<Int> {
        precondition((0..<runCount).contains(number), "run \(number) of \(runCount)")
        let length = runLength, long = longRuns
        guard number >= long else { return number * length..<(number + 1) * length }
        let part = long * length + number - long
        return part..<part + 1
    }
}
