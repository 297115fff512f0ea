import Primes
import Testing
import World

@Suite struct CounterTests {
    private func count(_ from: UInt64, _ to: UInt64, _ algorithm: PrimesAlgorithm) throws -> UInt64 {
        try PrimeCounter.count(PrimesPart(number: 0, from: from, to: to, algorithm: algorithm)) { false }
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

    @Test func aCancelledCountStopsBeforeItsNextSlice() {
        var asked = 0
        #expect(throws: PrimeCounter.Failure.cancelled) {
            try PrimeCounter.count(PrimesPart(number: 0, from: 0, to: 1_000_000_000_000_000, algorithm: .sieve)) {
                asked += 1
                return asked > 2
            }
        }
        #expect(asked == 3)
    }

    @Test func aSlicedPartCountsEveryNumberOnce() throws {
        // Some slices long, so that a border falls within it.
        #expect(try count(0, 3_000_000_000, .sieve) == 144_449_537)
    }
}
