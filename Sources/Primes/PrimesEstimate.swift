import Glibc

/// How long a job will take, roughly: good to a factor of two on the processor it was measured on.
///
/// The model, fitted to libprimesieve 11 on one thread of an EPYC with 1 MiB of L2 (measured: 0.10 ns per number near
/// 10^10, 0.15 near 10^12, 0.22 near 10^14, 0.31 near 10^16, 0.52 near 10^18):
///
///     sieve:  numbers x 0.10 ns x max(1, to / 10^10)^0.09  +  parts x 0.23 ns x sqrt(to)
///             or, in parts too short to prepare for,  numbers x 1 us
///     trial:  numbers x (4 ns + sqrt(n) averaged over the range / 3 x 2 / ln(to) x 1.1 ns)
///
/// The sieve crosses every number about log log n times, which alone is nearly constant; what grows is the share of
/// those crossings that miss the cache, and a power law fits it. Its second term is the preparation of every part.
/// Trial division tries a third of the numbers up to the square root; primes, 1 in ln n, need all of them, and numbers
/// whose least factor is large need about as many again together.
public struct PrimesEstimate: Hashable, Sendable {
    /// Wall time with all workers busy. Saturates at 292 years.
    public let duration: Duration
    /// The processors among which the work was divided.
    public let workers: Int

    /// Seconds per number of the sieve near 10^10.
    static let sieveSecondsPerNumber = 0.10e-9
    /// By what power of the range's end that grows.
    static let sieveGrowth = 0.09
    /// Seconds of preparation per part, for every unit of the square root.
    static let sieveSecondsPerRoot = 0.23e-9
    /// Seconds per number that is tested by itself; at most, near 2^64.
    static let sieveSecondsPerTest = 1e-6
    /// Seconds per number for which trial division ends at once.
    static let trialSecondsPerNumber = 4e-9
    /// Seconds per division.
    static let trialSecondsPerDivision = 1.1e-9

    /// - Parameter workers: processors that count at the same time; at least 1 is assumed.
    public init(_ request: PrimesRequest, workers: Int) {
        self.workers = max(1, workers)
        let plan = PrimesPlan(request)
        let parallel = Double(min(self.workers, plan.partCount))
        let seconds = Self.seconds(request, parts: plan.partCount) / parallel
        duration = .nanoseconds(seconds >= 9e9 ? Int64.max : Int64(seconds * 1e9))
    }

    /// Seconds of one processor for one part.
    package static func seconds(_ part: PrimesPart) -> Double {
        seconds(PrimesRequest(from: part.from, to: part.to, algorithm: part.algorithm), parts: 1)
    }

    private static func seconds(_ request: PrimesRequest, parts: Int) -> Double {
        let numbers = Double(request.length)
        let to = Double(request.to)
        switch request.algorithm {
        case .sieve:
            if PrimeCounter.isShort(UInt64(clamping: request.length / UInt128(max(1, parts))), to: request.to) {
                return numbers * sieveSecondsPerTest
            }
            let rate = sieveSecondsPerNumber * pow(max(1, to / 1e10), sieveGrowth)
            return numbers * rate + Double(parts) * sieveSecondsPerRoot * to.squareRoot()
        case .trial:
            let from = Double(request.from)
            let middle = from + (to - from) / 2
            // Simpson's rule: sqrt integrated in closed form would lose everything to cancellation near 2^64.
            let root = (from.squareRoot() + 4 * middle.squareRoot() + to.squareRoot()) / 6
            let divisions = root / 3 * 2 / max(1, log(to + 1))
            return numbers * (trialSecondsPerNumber + divisions * trialSecondsPerDivision)
        }
    }

    /// The sentence that refuses a range for its length.
    func refusal(deadline: Duration) -> String {
        "counting would take about \(Self.words(duration)) with \(workers) worker\(workers == 1 ? "" : "s"), "
            + "longer than the deadline of \(Self.words(deadline)); ask for a smaller range"
    }

    /// A duration for people: `45 s`, `12 min`, `3.5 h`, `17 days`, `231 years`.
    static func words(_ duration: Duration) -> String {
        let seconds = Double(duration.components.seconds)
        func tenths(_ value: Double) -> String {
            let scaled = Int((value * 10).rounded())
            return scaled % 10 == 0 || scaled >= 100 ? "\(scaled / 10)" : "\(scaled / 10).\(scaled % 10)"
        }
        switch seconds {
        case ..<120: return "\(Int(seconds)) s"
        case ..<3_600: return "\(tenths(seconds / 60)) min"
        case ..<172_800: return "\(tenths(seconds / 3_600)) h"
        case ..<63_072_000: return "\(Int(seconds / 86_400)) days"
        default: return seconds >= 9e9 ? "more than 285 years" : "\(Int(seconds / 31_536_000)) years"
        }
    }
}
