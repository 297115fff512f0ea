import Lookup
import Testing
import World

@Suite struct CircuitBreakerTests {
    private static let figures = OutsideFigures(failures: 3, pauseMin: .seconds(1), pauseMax: .seconds(5))
    private static let refused = OutsideVerdict.faulty("Connection refused", isTransient: true)

    /// A breaker, its clock and its chance.
    private struct Bench {
        var breaker = CircuitBreaker(CircuitBreakerTests.figures)
        var now = Instant(nanoseconds: 1_000_000_000)
        var random: RandomStream

        init(seed: UInt64 = 1) { random = RandomStream(seed: seed) }

        mutating func begin() -> CircuitBreaker.Permit { breaker.admit(now) }
        mutating func end(_ permit: CircuitBreaker.Permit, _ verdict: OutsideVerdict) { breaker.record(verdict, permit, now, &random) }
        mutating func call(_ verdict: OutsideVerdict) { end(begin(), verdict) }

        mutating func open() {
            while breaker.phase == .closed { call(CircuitBreakerTests.refused) }
        }

        var words: String? { breaker.objection(now)?.words }
        var rest: Duration? { if case .open(let until) = breaker.phase { until - now } else { nil } }

        mutating func sleepOut() { now = now + (rest ?? .zero) }
    }

    @Test func onlyFailuresInARowOpenIt() {
        var bench = Bench()
        for verdict in [Self.refused, Self.refused, .answered, Self.refused, .untold, Self.refused] {
            bench.call(verdict)
            #expect(bench.words == nil)
        }
        bench.call(Self.refused)
        #expect(bench.words?.hasPrefix("failed 3 times in a row, last: Connection refused; it is asked again in ") == true)
        #expect(bench.breaker.objection(bench.now)?.reason == .open)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func thePauseIsDoubledWithHalfOfItAtRandomUpToTheLongest(_ seed: UInt64) {
        var bench = Bench(seed: seed)
        bench.open()
        for longest in [1_000, 2_000, 4_000, 5_000, 5_000] as [Int64] {
            #expect(bench.rest.map { (Duration.milliseconds(longest / 2)...Duration.milliseconds(longest)).contains($0) } == true)
            bench.now = bench.now + (bench.rest ?? .zero) - .nanoseconds(1)
            #expect(bench.words != nil)
            bench.now = bench.now + .nanoseconds(1)
            #expect(bench.words == nil)
            bench.call(Self.refused)
        }
    }

    @Test func thePausesOfTwoBreakersDiffer() {
        let pauses = (0..<20 as Range<UInt64>).map { seed in
            var bench = Bench(seed: seed)
            bench.open()
            return bench.rest
        }
        #expect(Set(pauses).count == 20)
    }

    @Test func oneTriesAndTheOthersWaitForWhatItFinds() {
        var bench = Bench()
        bench.open()
        bench.sleepOut()
        let trial = bench.begin()
        #expect(bench.words == "failed 3 times in a row, last: Connection refused; it is being tried by another call")
        bench.end(trial, .answered)
        #expect(bench.words == nil && bench.breaker.phase == .closed && bench.breaker.failures == 0)
        bench.open()
        #expect(bench.rest.map { $0 <= .seconds(1) } == true, "what was before is forgotten")
    }

    @Test func aTrialThatFailsOpensItAgainAtOnce() {
        var bench = Bench()
        bench.open()
        bench.sleepOut()
        bench.call(.faulty("no connection in time", isTransient: true))
        #expect(bench.words?.hasPrefix("failed 4 times in a row, last: no connection in time; ") == true)
    }

    @Test func aTrialThatTellsNothingIsTheNextOnesToMake() {
        var bench = Bench()
        bench.open()
        bench.sleepOut()
        bench.call(.untold)
        #expect(bench.words == nil)
        _ = bench.begin()
        #expect(bench.words != nil)
    }

    @Test func whatBeganBeforeItOpenedCountsNoMore() {
        var bench = Bench()
        let early = (0..<3).map { _ in bench.begin() }
        bench.open()
        let phase = bench.breaker.phase
        bench.end(early[0], .answered)
        bench.end(early[1], Self.refused)
        #expect(bench.breaker.phase == phase && bench.breaker.failures == 3)
        bench.sleepOut()
        let trial = bench.begin()
        bench.end(early[2], .answered)
        #expect(bench.breaker.phase == .trying)
        bench.end(trial, .answered)
        #expect(bench.breaker.phase == .closed)
    }

    @Test func aHostThatNamesItsTimeIsLeftAloneForThat() {
        var bench = Bench()
        bench.call(.busy("TooManyRequests", rest: .seconds(120)))
        #expect(bench.words == "was asked too often (TooManyRequests); it is asked again in 2 min 00 s")
        #expect(bench.breaker.objection(bench.now)?.reason == .resting)
        bench.now = bench.now + .seconds(120)
        #expect(bench.words == nil)
        bench.call(.busy("TooManyRequests", rest: .seconds(1_000_000)))
        #expect(bench.rest == .seconds(3_600), "no host is left alone for ever")
        bench.sleepOut()
        bench.call(.answered)
        for _ in 0..<2 { bench.call(.busy("TooManyRequests", rest: nil)) }
        bench.call(.busy("TooManyRequests", rest: .zero))
        #expect(bench.words?.hasPrefix("failed 3 times in a row, last: TooManyRequests; ") == true, "without a time it is a failure")
    }

    /// What is known of the calls, without phases: who is blocked until when, and whose end still counts.
    private struct Model {
        var inARow = 0
        var openings = 0
        var blockedUntil: Instant?
        var trial: Int?
        var counting: Set<Int> = []

        func allows(_ now: Instant) -> Bool { blockedUntil.map { trial == nil && now >= $0 } ?? true }

        mutating func begin(_ id: Int) {
            if blockedUntil != nil { (trial, counting) = (id, []) }
            counting.insert(id)
        }

        mutating func block(until: Instant) { (blockedUntil, trial, counting) = (until, nil, []) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func itDoesWhatAModelSays(_ seed: UInt64) throws {
        var bench = Bench(seed: seed), dice = RandomStream(seed: seed, name: "dice"), model = Model()
        var open: [(id: Int, permit: CircuitBreaker.Permit)] = []
        for step in 0..<400 {
            switch dice.below(4) {
            case 0: bench.now = bench.now + .milliseconds(dice.below(1_500))
            case 1, 2:
                #expect((bench.words == nil) == model.allows(bench.now))
                guard bench.words == nil else { continue }
                open.append((step, bench.begin()))
                model.begin(step)
            default:
                guard !open.isEmpty else { continue }
                let (id, permit) = open.remove(at: dice.below(open.count))
                let verdicts: [OutsideVerdict] = [
                    .answered, Self.refused, Self.refused, .untold, .busy("b", rest: .seconds(2)), .busy("b", rest: nil),
                ]
                let verdict = verdicts[dice.below(verdicts.count)]
                bench.end(permit, verdict)
                guard model.counting.remove(id) != nil else { continue }
                switch verdict {
                case .answered:
                    (model.inARow, model.openings) = (0, 0)
                    if model.trial == id { (model.blockedUntil, model.trial) = (nil, nil) }
                case .untold: if model.trial == id { model.block(until: bench.now) }
                case .busy(_, let rest?):
                    model.inARow += 1
                    model.block(until: bench.now + rest)
                case .faulty, .busy:
                    model.inARow += 1
                    guard model.trial == id || model.inARow >= 3 else { continue }
                    let longest = min(Duration.seconds(1) * (1 << model.openings), .seconds(5)), rest = try #require(bench.rest)
                    #expect(rest >= longest / 2 && rest <= longest)
                    model.openings += 1
                    model.block(until: bench.now + rest)
                }
            }
            #expect(bench.breaker.failures == model.inARow)
            switch bench.breaker.phase {
            case .closed: #expect(model.blockedUntil == nil)
            case .open(let until): #expect(model.blockedUntil == until && model.trial == nil)
            case .trying: #expect(model.trial != nil)
            }
        }
    }
}
