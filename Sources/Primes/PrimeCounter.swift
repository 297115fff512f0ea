import CPrimesieve
import Glibc
import Synchronization

/// Counts the primes of a range in the calling thread.
///
/// Neither way looks up or stores anything, so the same range gives the same number on every machine.
package enum PrimeCounter {
    /// A count that did not come about.
    package enum Failure: Error, Equatable {
        case cancelled
        /// libprimesieve's own refusal (it ran out of memory).
        case library
    }

    /// Primes in the part.
    ///
    /// Long parts are counted in slices, between which `isCancelled` is asked: a call into the library cannot be interrupted. A
    /// slice takes some tenths of a second, and up to a minute close to 2^64.
    package static func count(_ part: PrimesPart, isCancelled: () -> Bool) throws(Failure) -> UInt64 {
        let slice = sliceLength(part)
        var total: UInt64 = 0
        var from = part.from
        while true {
            if isCancelled() { throw .cancelled }
            let to = part.to - from < slice ? part.to : from + (slice - 1)
            switch part.algorithm {
            case .sieve: total += try sieve(from, to)
            case .trial: total += trial(from, to)
            }
            if to == part.to { return total }
            from = to + 1
        }
    }

    private static func sliceLength(_ part: PrimesPart) -> UInt64 {
        switch part.algorithm {
        case .sieve:
            // Each slice finds the primes up to the root again, which is 2 % of it at this length.
            max(1_000_000_000, UInt64(Double(part.to).squareRoot()) * 20)
        case .trial:
            max(1, 200_000_000 / (UInt64(Double(part.to).squareRoot()) / 24 + 10))
        }
    }

    /// Counts by libprimesieve, in this thread alone: the mesh's own parts are its parallelism.
    private static func sieve(_ from: UInt64, _ to: UInt64) throws(Failure) -> UInt64 {
        _ = oneThread
        let count = primesieve_count_primes(from, to)
        // The library's mark of an error is UInt64.max, which no range of 64-bit numbers has as its count.
        guard count != UInt64.max else { throw .library }
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

/// A switch that a count looks at between its slices, thrown by another thread.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
