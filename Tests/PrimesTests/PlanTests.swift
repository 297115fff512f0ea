import Primes
import Testing
import World

@Suite struct PlanTests {
    private func expectExactCover(_ plan: PrimesPlan, sourceLocation: SourceLocation = #_sourceLocation) {
        var next = plan.request.from
        for number in 0..<plan.partCount {
            let part = plan.part(number)
            #expect(part.number == number, sourceLocation: sourceLocation)
            #expect(part.from == next, sourceLocation: sourceLocation)
            #expect(part.from <= part.to, sourceLocation: sourceLocation)
            next = part.to &+ 1
        }
        #expect(next &- 1 == plan.request.to, sourceLocation: sourceLocation)
    }

    @Test func partsCoverTheRangeExactlyWhateverTheRange() {
        var random = RandomStream(seed: 11)
        for _ in 0..<300 {
            let a = random.next() >> random.below(64)
            let b = random.next() >> random.below(64)
            let chunks = random.chance(0.5) ? 1 + random.below(1_000) : nil
            expectExactCover(PrimesPlan(PrimesRequest(from: min(a, b), to: max(a, b), chunks: chunks)))
        }
    }

    @Test func theWholeRangeOfSixtyFourBitsIsCovered() {
        let plan = PrimesPlan(PrimesRequest(from: 0, to: .max))
        #expect(plan.partCount == 100_000)
        expectExactCover(plan)
        expectExactCover(PrimesPlan(PrimesRequest(from: 0, to: .max, chunks: 1)))
        expectExactCover(PrimesPlan(PrimesRequest(from: .max, to: .max)))
        expectExactCover(PrimesPlan(PrimesRequest(from: .max - 6, to: .max)))
    }

    @Test func aShortRangeHasOnePartForEachNumber() {
        #expect(PrimesPlan(PrimesRequest(from: 5, to: 5)).partCount == 1)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 98)).partCount == 99)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 6, chunks: 50)).partCount == 7)
    }

    @Test func thereAreAHundredPartsAtLeastAndAHundredThousandAtMost() {
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 99)).partCount == 100)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 1_000_000_000)).partCount == 100)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 10_000_000_000)).partCount == 100)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 1_000_000_000_000_000_000)).partCount == 100_000)
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 10_000_000_000, chunks: 3)).partCount == 3)
    }

    @Test func partsGrowWithTheSquareRootOfTheEnd() {
        var last: UInt64 = 0
        for exponent in 12...15 {
            let to = (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
            let length = PrimesPlan(PrimesRequest(from: 0, to: to)).part(0).length
            let expected = Double(to).squareRoot() * 1_000
            #expect(abs(Double(length) / expected - 1) < 0.01)
            #expect(length > last)
            last = length
        }
    }

    @Test func runsCoverTheRangeExactlyAndTheLastPartsGoOneByOne() {
        var random = RandomStream(seed: 12)
        for _ in 0..<300 {
            let a = random.next() >> random.below(64), b = random.next() >> random.below(64)
            let chunks = random.chance(0.5) ? 1 + random.below(1_000) : nil
            let algorithm = random.chance(0.5) ? PrimesAlgorithm.sieve : .trial
            let plan = PrimesPlan(PrimesRequest(from: min(a, b), to: max(a, b), algorithm: algorithm, chunks: chunks))
            var next = 0, isRight = true
            for number in 0..<plan.runCount {
                let parts = plan.partsOfRun(number)
                isRight = isRight && parts.lowerBound == next && !parts.isEmpty
                isRight = isRight && (parts.upperBound <= plan.partCount - 63 || parts.count == 1)
                next = parts.upperBound
            }
            #expect(isRight, "\(plan)")
            #expect(next == plan.partCount)
        }
    }

    @Test func shortPartsAreCountedSeveralAtATime() {
        #expect(PrimesPlan(PrimesRequest(from: 0, to: 10_000_000, chunks: 100_000)).runCount < 2_000)
    }
}

/// What goes to workers: runs of consecutive parts.
@Suite struct RunTests {
    private static func plans() -> [PrimesPlan] {
        var random = RandomStream(seed: 12)
        let some = (0..<60).map { _ in
            let a = random.next() >> random.below(64), b = random.next() >> random.below(64)
            return PrimesRequest(
                from: min(a, b), to: max(a, b), algorithm: random.chance(0.5) ? .sieve : .trial,
                chunks: 1 + random.below(1_000))
        }
        return (some + [PrimesRequest(from: 0, to: 0), PrimesRequest(from: 0, to: .max, chunks: 2_000), PrimesRequest(from: 0, to: 99_999, chunks: 100_000)])
            .map { PrimesPlan($0) }
    }

    @Test func aRunIsItsPartsInOneRange() {
        for plan in Self.plans() {
            for number in Set([0, plan.runCount / 2, plan.runCount - 1]) {
                let parts = plan.partsOfRun(number), run = plan.run(parts)
                #expect(run.number == parts.lowerBound && run.parts == parts.count && run.key == parts)
                #expect(run.from == plan.part(parts.lowerBound).from && run.to == plan.part(parts.upperBound - 1).to)
            }
        }
    }

    @Test func aRunIsLongEnoughToBeWorthACallAndNoLonger() {
        let short = PrimesPlan(PrimesRequest(from: 0, to: 10_000_000_000, chunks: 1_000))
        #expect(short.run(short.partsOfRun(0)).length >= PrimesPlan.numbersPerRun)
        #expect(short.partsOfRun(0).count == 13)
        let long = PrimesPlan(PrimesRequest(from: 0, to: 1_000_000_000_000, chunks: 1_000))
        #expect(long.runCount == 1_000)
    }
}
