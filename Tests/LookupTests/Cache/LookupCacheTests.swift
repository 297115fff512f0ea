import Lookup
import Testing
import World

@Suite struct LookupCacheTests {
    private static func subject(_ number: Int, service: Int = 2) -> LookupSubject {
        LookupSubject(service: service, target: LookupTarget(IPAddress("192.0.\(number / 256).\(number % 256)")!))
    }

    /// A cache with a clock, every lookup of which begins when the one before has ended.
    private struct Bench {
        var cache: LookupCache
        var now = Instant(nanoseconds: 5_000_000_000)
        var begun: UInt64 = 0

        init(_ settings: LookupCacheSettings = LookupCacheSettings()) { cache = LookupCache(settings) }

        @discardableResult
        mutating func keep(_ text: String, of subject: LookupSubject = subject(1), for keep: Duration?) -> Duration? {
            begun += 1
            return cache.keep(LookupFinding(text, keep: keep), of: subject, begun: begun, now)
        }

        @discardableResult
        mutating func fail(_ text: String, of subject: LookupSubject = subject(1), for keep: Duration?) -> Duration? {
            begun += 1
            return cache.keep(LookupFinding(LookupFailure(text, source: .target, keep: keep)), of: subject, begun: begun, now)
        }

        mutating func find(_ subject: LookupSubject = subject(1)) -> LookupCache.Hit? { cache.find(subject, now) }
        mutating func text(_ subject: LookupSubject = subject(1)) -> String? { find(subject).flatMap { try? $0.finding.result.get() } }
    }

    // MARK: How long

    @Test func anAnswerIsKeptForAsLongAsItHoldsAndNoLonger() {
        var bench = Bench()
        #expect(bench.find() == nil)
        #expect(bench.keep("a", for: .seconds(60)) == .seconds(60))
        let hit = bench.find()
        #expect(hit?.finding == LookupFinding("a", keep: .seconds(60)) && hit?.age == .zero && hit?.left == .seconds(60))
        bench.now = bench.now + .milliseconds(59_999)
        #expect(bench.find()?.age == .milliseconds(59_999) && bench.find()?.left == .milliseconds(1))
        #expect(bench.find(Self.subject(2)) == nil && bench.find(Self.subject(1, service: 3)) == nil)
        bench.now = bench.now + .milliseconds(1)
        #expect(bench.find() == nil && bench.cache.count == 0 && bench.cache.bytes == 0)
        #expect(bench.cache.evicted == 0, "its time was over")
    }

    @Test func aFailureIsKeptAsWell() {
        var bench = Bench()
        #expect(bench.fail("private range", for: .seconds(30)) == .seconds(30))
        let hit = bench.find()
        #expect(hit?.finding.result == .failure(LookupFailure("private range", source: .target, keep: .seconds(30))))
    }

    @Test func whatDoesNotSayHowLongItHoldsIsNotKept() {
        var bench = Bench()
        for keep in [nil, Duration.zero, .seconds(-5)] {
            #expect(bench.keep("a", for: keep) == nil && bench.fail("no", for: keep) == nil && bench.find() == nil)
        }
        #expect(bench.cache.count == 0)
    }

    @Test func documentsAndFailuresHaveBoundsOfTheirOwn() {
        var bench = Bench(LookupCacheSettings(keepMax: .seconds(100), failedMax: .seconds(10)))
        #expect(bench.keep("a", for: .seconds(5_000)) == .seconds(100) && bench.find()?.left == .seconds(100))
        #expect(bench.fail("no", of: Self.subject(2), for: .seconds(5_000)) == .seconds(10))
        bench.now = bench.now + .seconds(10)
        #expect(bench.text() == "a" && bench.find(Self.subject(2)) == nil)
    }

    // MARK: What is newer

    @Test func theLookupThatBeganLaterCountsWhicheverEndsFirst() {
        var bench = Bench()
        _ = bench.cache.keep(LookupFinding("late", keep: .seconds(60)), of: Self.subject(1), begun: 8, bench.now)
        #expect(bench.cache.keep(LookupFinding("early", keep: .seconds(600)), of: Self.subject(1), begun: 7, bench.now) == nil)
        #expect(bench.text() == "late")
        #expect(bench.cache.keep(LookupFinding("latest", keep: .seconds(5)), of: Self.subject(1), begun: 9, bench.now) == .seconds(5))
        #expect(bench.text() == "latest" && bench.cache.count == 1)
    }

    @Test func aDocumentThatIsNotKeptPutsAnEndToWhatWas() {
        var bench = Bench()
        bench.keep("old", for: .seconds(60))
        bench.fail("the server is silent", for: nil)
        #expect(bench.text() == "old", "a failure that does not hold says nothing about it")
        bench.keep("new", for: nil)
        #expect(bench.find() == nil && bench.cache.bytes == 0)
    }

    // MARK: How much

    @Test func whatWasAskedForLeastRecentlyGoes() {
        var bench = Bench(LookupCacheSettings(entries: 3))
        for number in 1...3 { bench.keep("\(number)", of: Self.subject(number), for: .seconds(60)) }
        _ = bench.find(Self.subject(1))
        bench.keep("4", of: Self.subject(4), for: .seconds(60))
        #expect((1...4).map { bench.text(Self.subject($0)) } == ["1", nil, "3", "4"])
        #expect(bench.cache.evicted == 1 && bench.cache.count == 3)
    }

    @Test func bytesAreBoundedToo() {
        let limit = LookupCacheSettings.bytesAllowed.lowerBound
        var bench = Bench(LookupCacheSettings(bytes: limit))
        let text = String(repeating: "x", count: 300_000)
        for number in 1...3 { bench.keep(text, of: Self.subject(number), for: .seconds(60)) }
        #expect(bench.cache.count == 3 && bench.cache.bytes <= limit && bench.cache.bytes >= 900_000)
        bench.keep(text, of: Self.subject(4), for: .seconds(60))
        #expect(bench.cache.count == 3 && bench.cache.bytes <= limit && bench.find(Self.subject(1)) == nil)
        #expect(bench.keep(String(repeating: "x", count: limit), of: Self.subject(5), for: .seconds(60)) == nil, "larger than all")
        #expect(bench.cache.count == 3)
    }

    @Test func ofNoEntriesNothingIsKept() {
        var bench = Bench(LookupCacheSettings(entries: 0))
        #expect(bench.cache.isOff && bench.keep("a", for: .seconds(60)) == nil && bench.find() == nil && bench.cache.bytes == 0)
        #expect(!Bench().cache.isOff)
    }

    /// Against a plain list in the order of use.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func itIsAListInTheOrderOfUse(_ seed: UInt64) {
        struct Row { let number: Int; let text: String; let expires: Instant }
        var random = RandomStream(seed: seed)
        let limit = 1 + random.below(30)
        var bench = Bench(LookupCacheSettings(entries: limit)), model: [Row] = []
        for step in 0..<3_000 {
            let number = random.below(60)
            bench.now = bench.now + .milliseconds(Int64(random.below(300)))
            let now = bench.now
            let index = model.firstIndex { $0.number == number }
            if random.chance(0.5) {
                let keep = Duration.milliseconds(Int64(1 + random.below(20_000)))
                bench.keep("\(step)", of: Self.subject(number), for: keep)
                if let index { model.remove(at: index) }
                model.append(Row(number: number, text: "\(step)", expires: now + keep))
                if model.count > limit { model.removeFirst() }
            } else {
                let found = bench.text(Self.subject(number))
                let row = index.map { model.remove(at: $0) }
                let expected = row.flatMap { now < $0.expires ? $0 : nil }
                #expect(found == expected?.text, "seed \(seed), step \(step)")
                if let expected { model.append(expected) }
            }
            #expect(bench.cache.count == model.count)
        }
        let sizes = model.map { LookupCache.entryBytes + 2 * Self.subject($0.number).target.text.utf8.count + $0.text.utf8.count }
        #expect(bench.cache.bytes == sizes.reduce(0, +))
    }
}
