import CPrimesieve

/// Counts the primes of a part in the calling thread, slice by slice.
///
/// A call into the library cannot be interrupted, so whoever counts looks around between two slices. None of the ways to count looks
/// up or stores anything, so the same range gives the same number on every machine.
package struct PrimeCounter: Sendable {
    /// libprimesieve refused (it ran out of memory).
    package struct LibraryFailure: Error {}

    private let part: PrimesPart
    private let slice: UInt64
    private var next: UInt64
    /// Primes in the slices so far.
    package private(set) var count: UInt64 = 0
    /// True when `count` is that of the whole part.
    package private(set) var isDone = false

    /// - Parameter part: its range must not be empty.
    package init(_ part: PrimesPart) {
        precondition(part.from <= part.to, "a part from \(part.from) to \(part.to)")
        self.part = part
        slice = Self.sliceLength(part)
        next = part.from
    }

    /// Counts the next slice: some hundredths of a second, and up to a minute close to 2^64. Not when done.
    package mutating func countSlice() throws(LibraryFailure) {
        precondition(!isDone, "the part has been counted")
        let to = part.to - next < slice ? part.to : next + (slice - 1)
        switch part.algorithm {
        case .sieve where Self.isShort(to - next, to: to): count += MillerRabin.count(next, to)
        case .sieve: count += try Self.sieve(next, to)
        case .trial: count += Self.trial(next, to)
        }
        isDone = to == part.to
        next = to &+ 1
    }

    /// Whether numbers are better tested one by one than sieved: the sieve would first find the primes up to the root of `to`,
    /// 0.23 ns for each number up to there, and a test takes about 1 us near 2^64.
    package static func isShort(_ length: UInt64, to: UInt64) -> Bool { length < squareRoot(to) / 10_000 }

    private static func sliceLength(_ part: PrimesPart) -> UInt64 {
        switch part.algorithm {
        case .sieve:
            // Two of the shortest runs that cost nothing extra. Each slice finds the primes up to the root again, which is 2 % of it
            // at 20 roots.
            max(2 * PrimesPlan.numbersPerRun, squareRoot(part.to) * 20)
        case .trial:
            max(1, 20_000_000 / (squareRoot(part.to) / 24 + 10))
        }
    }

    /// Counts by libprimesieve, in this thread alone: the mesh's own parts are its parallelism.
    package static func sieve(_ from: UInt64, _ to: UInt64) throws(LibraryFailure) -> UInt64 {
        _ = oneThread
        let count = primesieve_count_primes(from, to)
        // The library's mark of an error is UInt64.max, which no range of 64-bit numbers has as its count.
        guard count != UInt64.max else { throw LibraryFailure() }
        return count
    }

    /// Set once for the process; the library's setting is global.
    private static let oneThread: Void = primesieve_set_num_threads(1)

    private static func trial(_ from: UInt64, _ to: UInt64) -> UInt64 {
        var count: UInt64 = 0
        var number = from
        while true {
            if isPrime(number) { count += 1 }
            if number == to { return count }
            number += 1
        }
    }

    /// Trial division by 2, 3 and 6k±1.
    package static func isPrime(_ number: UInt64) -> Bool {
        if number < 4 { return number >= 2 }
        if number & 1 == 0 || number % 3 == 0 { return false }
        let root = squareRoot(number)
        var divisor: UInt64 = 5
        while divisor <= root {
            if number % divisor == 0 || number % (divisor + 2) == 0 { return number == divisor + 2 }
            divisor += 6
        }
        return true
    }

    /// The largest number whose square is at most `number`: a floating-point root is off by one near 2^64.
    package static func squareRoot(_ number: UInt64) -> UInt64 {
        var root = min(UInt64(Double(number).squareRoot()), 0xFFFF_FFFF)
        while root.multipliedFullWidth(by: root) > (high: 0, low: number) { root -= 1 }
        while root < 0xFFFF_FFFF, (root + 1) * (root + 1) <= number { root += 1 }
        return root
    }
}
