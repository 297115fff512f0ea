import Lookup
import Testing
import World

@Suite struct OutsideTableTests {
    private static let refused = OutsideVerdict.faulty("Connection refused", isTransient: true)

    /// A table with a clock, whose turns are kept by the number of the call.
    private struct Bench {
        var table: OutsideTable
        var now = Instant(nanoseconds: 1_000_000_000)
        var random = RandomStream(seed: 1)
        var permits: [UInt64: CircuitBreaker.Permit] = [:]
        var refusals: [UInt64: OutsideRefusal] = [:]

        init(_ figures: OutsideFigures) { table = OutsideTable(figures) }

        mutating func take(_ number: UInt64, _ turn: OutsideTable.Turn?) {
            switch turn {
            case .goes(let permit): permits[number] = permit
            case .refused(let refusal): refusals[number] = refusal
            case nil: break
            }
        }

        mutating func enter(_ name: String, _ number: UInt64, places: Int = 2) {
            take(number, table.enter(name, places: places, number, now))
        }

        mutating func leave(_ name: String, _ number: UInt64, _ verdict: OutsideVerdict = .answered) throws {
            let taken = permits.removeValue(forKey: number), permit = try #require(taken)
            for (number, turn) in table.leave(name, permit, verdict, now, &random) { take(number, turn) }
        }

        var names: [String] { table.hosts.keys.sorted() }
    }

    @Test func oneHostsCallsTakeNothingFromAnothers() throws {
        var bench = Bench(OutsideFigures(waiting: 1))
        for number in 1...4 as ClosedRange<UInt64> { bench.enter("a:443", number) }
        bench.enter("b:443", 5)
        #expect(Set(bench.permits.keys) == [1, 2, 5])
        #expect(bench.refusals[4]?.reason == .full)
        #expect(bench.refusals[4]?.description == "a:443 has 2 calls under way and 1 waiting, which is the limit")
        try bench.leave("a:443", 2)
        #expect(bench.permits[3] != nil)
        #expect(bench.table.hosts["a:443"]?.counts.refusedFull == 1 && bench.table.hosts["a:443"]?.counts.answered == 1)
    }

    @Test func whoeverWaitsIsRefusedWhenTheHostIsLeftAlone() throws {
        var bench = Bench(OutsideFigures(failures: 2))
        for number in 1...5 as ClosedRange<UInt64> { bench.enter("a:443", number) }
        try bench.leave("a:443", 1, Self.refused)
        #expect(bench.refusals.isEmpty && bench.permits[3] != nil)
        try bench.leave("a:443", 2, Self.refused)
        #expect(Set(bench.refusals.keys) == [4, 5])
        #expect(bench.refusals[5]?.description.hasPrefix("a:443 failed 2 times in a row, last: Connection refused; it is asked") == true)
        // The last of those that had begun before tells nothing any more, and its place is free again.
        try bench.leave("a:443", 3, .answered)
        bench.enter("a:443", 6)
        #expect(bench.refusals[6]?.reason == .open)
        #expect(bench.table.hosts["a:443"]?.counts.refusedOpen == 3 && bench.table.hosts["a:443"]?.bulkhead.isIdle == true)
    }

    @Test func whoeverNoLongerWaitsIsToldWhyOnlyWhenItsTimeIsOver() {
        var bench = Bench(OutsideFigures())
        for number in 1...4 as ClosedRange<UInt64> { bench.enter("a:443", number) }
        let words = "a:443 has 2 calls under way and 1 waiting, and no place came free in the time of this call"
        #expect(bench.table.giveUp("a:443", 3, isLate: true)?.description == words)
        #expect(bench.table.giveUp("a:443", 4, isLate: false) == nil)
        #expect(bench.table.giveUp("a:443", 1, isLate: true) == nil, "it has a place")
        #expect(bench.table.hosts["a:443"]?.bulkhead.queue == [])
    }

    @Test func theLongestUnusedIsForgottenAndOneInGoodHealthFirst() throws {
        var bench = Bench(OutsideFigures(failures: 1, hosts: 3))
        for (number, name) in [(1, "a"), (2, "b"), (3, "c")] as [(UInt64, String)] { bench.enter(name, number) }
        try bench.leave("a", 1, Self.refused)
        try bench.leave("b", 2)
        try bench.leave("c", 3)
        bench.enter("b", 4)
        try bench.leave("b", 4)
        bench.enter("d", 5)
        #expect(bench.names == ["a", "b", "d"], "a is left alone, b was used after c")
        bench.enter("b", 6)
        bench.enter("e", 7)
        #expect(bench.names == ["b", "d", "e"], "b and d have calls under way")
        bench.enter("f", 8)
        #expect(bench.names == ["b", "d", "e"] && bench.refusals[8]?.reason == .crowded)
        #expect(bench.refusals[8]?.description == "f is not asked: calls of 3 other hosts are under way, which is the limit")
    }
}
