import Primes
import Testing
import World

@Suite struct CounterTests {
    private func count(_ from: UInt64, _ to: UInt64, _ algorithm: PrimesAlgorithm) throws -> UInt64 {
        var counter = PrimeCounter(PrimesPart(number: 0, from: from, to: to, algorithm: algorithm))
        while !counter.isDone { try counter.countSlice() }
        return counter.count
    }

    @Test(arguments: [
        (UInt64(0), UInt64(10_000_000), UInt64(664_579)), (0, 0, 0), (0, 1, 0), (0, 2, 1), (2, 2, 1), (3, 3, 1), (4, 4, 0),
        (90, 96, 0), (89, 97, 2), (1_000_000_007, 1_000_000_007, 1),
    ])
    func knownCountsComeOut(_ from: UInt64, _ to: UInt64, _ expected: UInt64) throws {
        #expect(try count(from, to, .sieve) == expected)
        if to < 1_000_000 || from > 1_000_000 { #expect(try count(from, to, .trial) == expected) }
    }

    @Test func bothAlgorithmsAgree() throws {
        var random = RandomStream(seed: 3)
        for _ in 0..<50 {
            let from = random.next() >> (24 + random.below(40))
            let to = from + UInt64(random.below(100))
            #expect(try count(from, to, .sieve) == count(from, to, .trial), "\(from) to \(to)")
        }
    }

    @Test func theLastNumbersOfSixtyFourBitsAreCounted() throws {
        // 2^64 - 59 is the largest prime below 2^64.
        #expect(try count(.max - 58, .max, .sieve) == 1)
        #expect(try count(.max - 57, .max, .sieve) == 0)
        #expect(PrimeCounter.squareRoot(.max) == 4_294_967_295)
        #expect(PrimeCounter.squareRoot(4_294_967_295 * 4_294_967_295 - 1) == 4_294_967_294)
        #expect(!PrimeCounter.isPrime(.max))
    }

    /// Beside libprimesieve itself: tests of single numbers must find what a sieve of a range too long for them finds.
    @Test(arguments: [UInt64(0), 1_048_576, 4_294_964_000, 4_294_967_295, 1_099_511_627_777, 1_000_000_000_000_000])
    func singleTestsAgreeWithTheSieve(_ from: UInt64) throws {
        for start in stride(from: from, to: from + 6_000, by: 200) {
            let tested = (start..<start + 200).reduce(UInt64(0)) { MillerRabin.isPrime($1) ? $0 + 1 : $0 }
            #expect(try PrimeCounter.sieve(start, start + 199) == tested, "from \(start)")
        }
    }

    @Test func singleTestsAgreeWithTheSieveUpToTheLastNumber() throws {
        // Two calls, since each sieves up to 2^32 first.
        for (from, to) in [(UInt64.max - 30_000, UInt64.max - 59), (UInt64.max - 58, UInt64.max)] {
            let tested = (from...to).reduce(UInt64(0)) { MillerRabin.isPrime($1) ? $0 + 1 : $0 }
            #expect(try PrimeCounter.sieve(from, to) == tested)
        }
        #expect((UInt64.max - 58...UInt64.max).filter(MillerRabin.isPrime) == [.max - 58])
    }

    @Test func strongPseudoprimesAreSeenThrough() {
        // The least composites that pass for the first 1, 2, ... prime bases (Jaeschke 1993); squares of primes; Carmichael numbers.
        let pseudoprimes: [UInt64] = [
            2_047, 1_373_653, 25_326_001, 3_215_031_751, 2_152_302_898_747, 3_474_749_660_383, 341_550_071_728_321,
            3_825_123_056_546_413_051, 4_294_967_291 * 4_294_967_291, 561, 41_041, 825_265,
        ]
        for number in pseudoprimes { #expect(!MillerRabin.isPrime(number), "\(number)") }
    }

    @Test func aNarrowRangeIsNotSievedFor() throws {
        #expect(PrimeCounter.isShort(59, to: .max))
        #expect(!PrimeCounter.isShort(1_000_000, to: .max))
        #expect(!PrimeCounter.isShort(1, to: 1_000_000))
        // As 59 parts of one number: a minute if each prepared a sieve.
        let plan = PrimesPlan(PrimesRequest(from: .max - 58, to: .max))
        #expect(plan.partCount == 59)
        #expect(PrimesEstimate(plan.request, workers: 1).duration < .milliseconds(1))
        var total: UInt64 = 0
        for number in 0..<plan.partCount {
            let part = plan.part(number)
            total += try count(part.from, part.to, .sieve)
        }
        #expect(total == 1)
    }

    @Test func aSlicedPartCountsEveryNumberOnce() throws {
        // Some slices long, so that a border falls within it.
        #expect(try count(0, 3_000_000_000, .sieve) == 144_449_537)
    }
}
