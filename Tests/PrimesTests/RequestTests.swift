import Jobs
import Primes
import Testing
import World

@Suite struct RequestTests {
    private let limits = PrimesRequest.defaultLimits

    private func problems(_ draft: PrimesDraft, workers: Int = 5) -> [String: String] {
        do {
            _ = try PrimesRequest(draft, limits: limits, workers: workers)
            return [:]
        } catch {
            return Dictionary(error.problems.map { ($0.field, $0.message) }, uniquingKeysWith: { $0 + $1 })
        }
    }

    @Test(arguments: [
        (PrimesField.number("0"), UInt64(0)), (.number("7"), 7), (.string("7"), 7), (.number("1e9"), 1_000_000_000),
        (.number("1.5e1"), 15), (.number("20e-1"), 2), (.number("5.0"), 5), (.number("-0"), 0),
        (.string("18446744073709551615"), .max), (.number("18446744073709551615"), .max), (.string("007"), 7),
        (.number("0e999999999999999999999"), 0),
    ])
    func wholeNumbersAreReadExactly(_ field: PrimesField, _ expected: UInt64) throws {
        let request = try PrimesRequest(PrimesDraft(from: field, to: field), limits: limits, workers: 1)
        #expect(request.from == expected)
        #expect(request.to == expected)
    }

    @Test(arguments: [
        (PrimesField.missing, "missing"), (.number("-1"), "negative"), (.string("-1"), "negative"),
        (.number("-0.5"), "not a whole number"),
        (.number("18446744073709551616"), "above 2^64-1"), (.string("18446744073709551616"), "above 2^64-1"),
        (.number("1e20"), "above 2^64-1"), (.number("1e99999999999999999999"), "above 2^64-1"),
        (.number("1.5"), "not a whole number"), (.number("1e-3"), "not a whole number"), (.string("abc"), "not a number"),
        (.string(""), "not a number"), (.string("1e9"), "not a number"), (.string(" 5"), "not a number"),
        (.string("0x10"), "not a number"), (.string("\u{0665}"), "not a number"), (.other("an array"), "an array is not a number"),
    ])
    func everythingElseIsRefusedByName(_ field: PrimesField, _ reason: String) {
        for name in ["from", "to"] {
            let draft = name == "from"
                ? PrimesDraft(from: field, to: .number("10")) : PrimesDraft(from: .number("0"), to: field)
            let found = problems(draft)
            #expect(Array(found.keys) == [name])
            #expect(found[name]?.contains(reason) == true, "\(found)")
            #expect(found[name]?.contains("18446744073709551615") == true)
        }
    }

    @Test func aRangeThatEndsBeforeItBeginsIsRefused() {
        let found = problems(PrimesDraft(from: .number("11"), to: .number("10")))
        #expect(found["from"] == "11 is greater than \"to\", which is 10")
    }

    @Test func everyWrongFieldIsNamedAtOnce() {
        let found = problems(
            PrimesDraft(from: .number("-1"), to: .missing, algorithm: .string("magic"), chunks: .number("0")))
        #expect(found.keys.sorted() == ["algorithm", "chunks", "from", "to"])
        #expect(found["algorithm"]?.contains("\"sieve\" or \"trial\"") == true)
    }

    @Test(arguments: [PrimesField.number("0"), .number("100001"), .string("x"), .other("an object"), .number("1.5"), .number("-3")])
    func chunksLieBetweenOneAndAHundredThousand(_ chunks: PrimesField) {
        #expect(problems(PrimesDraft(from: .number("0"), to: .number("9"), chunks: chunks)).keys.sorted() == ["chunks"])
    }

    @Test func aRangeThatWouldOutlastTheDeadlineIsRefusedWithItsEstimate() throws {
        let found = problems(PrimesDraft(from: .number("0"), to: .string("18446744073709551615")))
        let message = try #require(found["to"])
        #expect(message.contains("years with 5 workers"))
        #expect(message.contains("deadline of 60 min") || message.contains("deadline of 1 h"))
        #expect(found.keys.sorted() == ["to"])
    }

    @Test func moreWorkersAllowALongerRange() {
        let draft = PrimesDraft(from: .number("0"), to: .number("1e14"))
        #expect(problems(draft, workers: 1).keys.sorted() == ["to"])
        #expect(problems(draft, workers: 50).isEmpty)
    }

    @Test func trialDivisionIsRefusedLongBeforeTheSieve() {
        let to = PrimesField.number("1e11")
        #expect(problems(PrimesDraft(from: .number("0"), to: to)).isEmpty)
        #expect(problems(PrimesDraft(from: .number("0"), to: to, algorithm: .string("trial"))).keys.sorted() == ["to"])
        #expect(problems(PrimesDraft(from: .number("0"), to: .number("1e6"), algorithm: .string("Trial"))).isEmpty)
    }

    @Test(arguments: [(10_000_000_000, 1.0), (1_000_000_000, 0.1)])
    func theEstimateIsNearWhatWasMeasured(_ to: UInt64, _ seconds: Double) {
        let estimate = PrimesEstimate(PrimesRequest(from: 0, to: to), workers: 1).duration.seconds
        #expect(estimate > seconds / 2 && estimate < seconds * 2)
    }

    @Test func estimatesGrowWithTheRangeAndNeverOverflow() {
        for algorithm in PrimesAlgorithm.allCases {
            var last = Duration.zero
            for shift in stride(from: 60, through: 0, by: -4) {
                let request = PrimesRequest(from: 0, to: UInt64.max >> shift, algorithm: algorithm)
                let estimate = PrimesEstimate(request, workers: 1).duration
                #expect(estimate >= last)
                last = estimate
            }
        }
    }
}
