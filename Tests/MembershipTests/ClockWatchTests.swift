import Membership
import Testing
import World

/// What a node makes of what the others' wall clocks show.
@Suite struct ClockWatchTests {
    /// The true time, when the monotonic clock of every node shows ``now``.
    private static let truth = WallTime(millisecondsSince1970: 1_800_000_000_000)
    private static let now = Instant.at(100)

    private static func wall(_ ahead: Double, after time: Duration = .zero) -> WallTime {
        WallTime(millisecondsSince1970: truth.millisecondsSince1970 + time.milliseconds + Int64(ahead * 1_000))
    }

    private static func peer(_ number: Int) -> NodeIdentity { NodeIdentity(name: "p\(number)", life: 1) }

    /// A watch of a node with so many peers, of which these were heard, each ahead of the true time by so many seconds.
    private static func watch(_ heard: [Double], peers: Int? = nil, start: Instant = .zero) -> ClockWatch {
        var watch = ClockWatch(start: start)
        watch.see(peers: peers ?? heard.count) { _ in true }
        for (number, ahead) in heard.enumerated() {
            watch.hear(wall(ahead), of: peer(number), asked: now - .milliseconds(1), answered: now + .milliseconds(1))
        }
        return watch
    }

    /// How each clock of a mesh stands at its own node, when all have heard all.
    private static func verdicts(_ clocks: [Double]) -> [ClockWatch.Verdict] {
        clocks.indices.map { own in
            watch(clocks.indices.filter { $0 != own }.map { clocks[$0] }).verdict(now: now, wall: wall(clocks[own]))
        }
    }

    // MARK: Judging

    @Test(arguments: [[0], [7_200], [0, 5], [0, -86_400]]) func ofOneOrTwoNobodyCanTell(_ clocks: [Double]) {
        #expect(Self.verdicts(clocks).allSatisfy { $0 == .right })
    }

    @Test func theOneThatTheOthersContradictIsOff() {
        #expect(Self.verdicts([0, 0, 5]) == [.right, .right, .ahead])
        #expect(Self.verdicts([0, -5, 0]) == [.right, .behind, .right])
        #expect(Self.verdicts([0, 0.3, 5, -0.2]) == [.right, .right, .ahead, .right])
        #expect(Self.verdicts([0, 0, 0, 5, -7_200]) == [.right, .right, .right, .ahead, .behind])
        #expect(Self.verdicts([9, 0, 0, 0, 9]) == [.ahead, .right, .right, .right, .ahead])
    }

    @Test func whereTheyAreDividedEvenlyNobodyCanTell() {
        #expect(Self.verdicts([0, 0, 5, 5]).allSatisfy { $0 == .right })
        #expect(Self.verdicts([0, 0, 0, 60, 60, 60]).allSatisfy { $0 == .right })
    }

    @Test func ofThreeThatAllDifferTheMiddleOneCounts() {
        #expect(Self.verdicts([0, 5, 10]) == [.behind, .right, .ahead])
        #expect(Self.verdicts([10, 0, 5, 5]) == [.ahead, .behind, .right, .right])
    }

    @Test(arguments: UInt64(1)...200) func noMinorityMovesTheOthersAndSomebodyIsAlwaysRight(seed: UInt64) {
        var random = RandomStream(seed: seed, name: "clocks")
        let count = 3 + random.below(15), wrong = random.below((count + 1) / 2)
        let clocks = (0..<count).map { number in
            number < wrong ? (random.chance(0.5) ? 1 : -1) * (3 + 10_000 * random.unit()) : random.unit() - 0.5
        }
        let verdicts = Self.verdicts(clocks)
        #expect(verdicts.suffix(count - wrong).allSatisfy { $0 == .right }, "\(clocks)")
        #expect(verdicts.prefix(wrong).allSatisfy { $0.isOff }, "\(clocks)")
        let wild = (0..<count).map { _ in 100 * random.unit() }
        #expect(Self.verdicts(wild).contains(.right), "\(wild)")
    }

    @Test func thoseThatWereNotHeardCountAsAgreeing() {
        func verdict(_ heard: Int) -> ClockWatch.Verdict {
            Self.watch(Array(repeating: 0, count: heard), peers: 4).verdict(now: Self.now, wall: Self.wall(60))
        }
        #expect((0...4).map(verdict) == [.right, .right, .right, .ahead, .ahead])
    }

    // MARK: The border

    @Test func twoSecondsAreOffAndWhatIsOffIsRightAgainBelowOneAndAHalf() {
        var watch = Self.watch([0, 0])
        func look(_ ahead: Double) -> (isNews: Bool, verdict: ClockWatch.Verdict) {
            let isNews = watch.look(now: Self.now, wall: Self.wall(ahead))
            return (isNews, watch.verdict)
        }
        #expect(look(1.99) == (false, .right))
        #expect(look(2) == (true, .ahead))
        #expect(look(1.6) == (false, .ahead))
        #expect(look(1.49) == (true, .right))
        #expect(look(1.99) == (false, .right))
        #expect(look(-2) == (true, .behind))
        #expect(look(30) == (true, .ahead))
        #expect(look(0) == (true, .right))
    }

    @Test func itIsToldHowFarAheadTheClockIs() {
        let watch = Self.watch([0.2, 0, 0.1, 300])
        #expect(watch.ahead(now: Self.now, wall: Self.wall(5)) == .milliseconds(4_800))
        #expect(watch.ahead(now: Self.now, wall: Self.wall(-5)) == .milliseconds(-5_100))
        #expect(Self.watch([0]).ahead(now: Self.now, wall: Self.wall(5)) == .zero)
    }

    // MARK: Comparing

    @Test func aClockThatIsSetIsFoundOutByTheSamplesThatAreThere() {
        var watch = Self.watch([0, 0])
        let later = Self.now + .seconds(60)
        #expect(watch.mayFire(now: later, wall: Self.wall(0, after: .seconds(60))))
        #expect(!watch.mayFire(now: later, wall: Self.wall(5, after: .seconds(60))))
        let isNews = watch.look(now: later, wall: Self.wall(-3_600, after: .seconds(60)))
        #expect(isNews && watch.verdict == .behind)
    }

    @Test func theAnswerIsAsOldAsHalfTheRoundTrip() {
        var watch = ClockWatch(start: .zero)
        watch.see(peers: 2) { _ in true }
        for number in 0..<2 {
            watch.hear(Self.wall(0), of: Self.peer(number), asked: Self.now - .milliseconds(100), answered: Self.now + .milliseconds(300))
        }
        #expect(watch.ahead(now: Self.now, wall: Self.wall(5)) == .milliseconds(5_100))
    }

    @Test func aTripThatTakesTooLongTellsNothing() {
        func ahead(_ trip: Duration) -> Duration {
            var watch = ClockWatch(start: .zero)
            watch.see(peers: 2) { _ in true }
            for number in 0..<2 { watch.hear(Self.wall(0), of: Self.peer(number), asked: Self.now, answered: Self.now + trip) }
            return watch.ahead(now: Self.now, wall: Self.wall(60))
        }
        #expect(ahead(ClockWatch.longestTrip) > .seconds(60))
        #expect(ahead(ClockWatch.longestTrip + .milliseconds(1)) == .zero)
        #expect(ahead(.zero - .milliseconds(1)) == .zero)
    }

    @Test func theLastWordOfAPeerCounts() {
        var watch = Self.watch([60, 60])
        #expect(watch.verdict(now: Self.now, wall: Self.wall(0)) == .behind)
        for number in 0..<2 { watch.hear(Self.wall(0), of: Self.peer(number), asked: Self.now, answered: Self.now) }
        #expect(watch.verdict(now: Self.now, wall: Self.wall(0)) == .right)
    }

    @Test func whoHasGoneIsForgotten() {
        var watch = Self.watch([60, 60, 0])
        watch.see(peers: 1) { $0 == Self.peer(2) }
        #expect(watch.verdict(now: Self.now, wall: Self.wall(0)) == .right)
        watch.see(peers: 3) { _ in true }
        #expect(watch.ahead(now: Self.now, wall: Self.wall(60)) == .zero, "one sample is left, and says nothing against three")
    }

    @Test func ofManyThePeersThatWereHeardLastStandForAll() {
        let many = Array(repeating: 0.0, count: 100)
        #expect(Self.watch(many + Array(repeating: 60, count: 7), peers: 1_000).verdict(now: Self.now, wall: Self.wall(0)) == .right)
        #expect(Self.watch(many + Array(repeating: 60, count: 9), peers: 1_000).verdict(now: Self.now, wall: Self.wall(0)) == .behind)
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func whatNoClockShowsDoesNoHarm(_ nanoseconds: Int64) {
        let absurd = WallTime(nanosecondsSince1970: nanoseconds)
        var watch = Self.watch([0, 0])
        for number in 0..<2 { watch.hear(absurd, of: Self.peer(number), asked: Self.now, answered: Self.now) }
        #expect(watch.verdict(now: Self.now, wall: Self.wall(0)).isOff)
        #expect(watch.verdict(now: Self.now, wall: absurd) == .right)
        #expect(Self.watch([0, 0]).verdict(now: Self.now, wall: absurd).isOff)
    }

    // MARK: The beginning

    @Test func whoHasJustBegunFiresNothingBeforeItHasHeardEnough() {
        func mayFire(_ heard: [Double], of peers: Int) -> Bool {
            Self.watch(heard, peers: peers, start: Self.now).mayFire(now: Self.now, wall: Self.wall(0))
        }
        #expect(mayFire([], of: 0) && mayFire([], of: 1), "nobody can tell")
        #expect(!mayFire([], of: 2) && mayFire([0], of: 2) && !mayFire([60], of: 2) && mayFire([60, 0], of: 2))
        #expect(!mayFire([0], of: 4) && mayFire([0, 0], of: 4) && !mayFire([0, 60], of: 4) && mayFire([0, 60, 1], of: 4))
        #expect(!mayFire(Array(repeating: 0, count: 7), of: 1_000) && mayFire(Array(repeating: 0, count: 8), of: 1_000))
    }

    @Test func butItDoesNotWaitForThoseThatTellNothing() {
        let watch = Self.watch([], peers: 2, start: Self.now)
        func mayFire(after time: Duration) -> Bool { watch.mayFire(now: Self.now + time, wall: Self.wall(0, after: time)) }
        #expect(!mayFire(after: ClockWatch.patience - .milliseconds(1)))
        #expect(mayFire(after: ClockWatch.patience))
    }
}
