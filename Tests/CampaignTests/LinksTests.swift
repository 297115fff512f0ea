import Campaign
import Testing
import World

/// The simulated network does to parcels what it says.
@Suite struct LinksTests {
    private func links(seed: UInt64 = 1, _ change: (inout Weather) -> Void = { _ in }) -> Links<Int> {
        var weather = Weather.calm
        change(&weather)
        return Links(weather, random: RandomStream(seed: seed))
    }

    private func copies(_ fate: Links<Int>.Fate) -> Int {
        if case .arrives(let times) = fate { times.count } else { 0 }
    }

    @Test func calmLinksDeliverEverythingOnce() {
        var links = links()
        #expect((0..<1_000).allSatisfy { copies(links.send($0, from: 0, to: 1)) == 1 })
    }

    @Test func parcelsAreLostAndDoubledAsOftenAsTheWeatherSays() {
        var links = links { ($0.loss, $0.duplication) = (0.1, 0.2) }
        let counts = (0..<10_000).map { copies(links.send($0, from: 0, to: 1)) }
        #expect((850...1_150).contains(counts.count { $0 == 0 }))
        #expect((1_600...2_000).contains(counts.count { $0 == 2 }))
    }

    @Test func orderlyParcelsAreNeverDoubled() {
        var links = links { $0.duplication = 1 }
        #expect((0..<100).allSatisfy { copies(links.send($0, from: 0, to: 1, isOrderly: true)) == 1 })
    }

    @Test func aCutIsForItsWaysAndHealsByItsNumber() {
        var links = links()
        let cut = links.cut([(0, 1)], .drop)
        #expect(links.send(1, from: 0, to: 1) == .lost)
        #expect(copies(links.send(1, from: 1, to: 0)) == 1)
        #expect(links.heal(cut).isEmpty)
        #expect(copies(links.send(1, from: 0, to: 1)) == 1)
    }

    @Test func whatIsHeldGoesOnWhenNothingHoldsItAnyMore() {
        var links = links()
        let first = links.cut([(0, 1)], .hold), second = links.cut([(0, 1), (0, 2)], .hold)
        #expect(links.send(7, from: 0, to: 1) == .held)
        #expect(links.send(8, from: 0, to: 2) == .held)
        #expect(links.heal(first).isEmpty)
        #expect(links.heal(second).map(\.parcel) == [7, 8])
    }

    @Test func droppingWeighsMoreThanHolding() {
        var links = links()
        _ = links.cut([(0, 1)], .hold)
        _ = links.cut([(0, 1)], .drop)
        #expect(links.send(1, from: 0, to: 1) == .lost)
    }

    @Test func delaysOvertakeOneAnother() {
        var links = links { ($0.delayed, $0.delay) = (0.1, .milliseconds(80)) }
        let times = (0..<1_000).compactMap { i -> Duration? in
            if case .arrives(let times) = links.send(i, from: 0, to: 1) { times[0] } else { nil }
        }
        #expect(times.count { $0 > .milliseconds(20) } > 40)
        #expect(times.allSatisfy { $0 >= .microseconds(150) })
    }

    @Test(arguments: 3...9) func everyShapeLeavesNobodyCutFromItself(count: Int) {
        var random = RandomStream(seed: UInt64(count))
        for shape in CutShape.allCases {
            for _ in 0..<50 {
                let ways = shape.ways(count, &random)
                #expect(ways.allSatisfy { $0.from != $0.to && (0..<count).contains($0.from) && (0..<count).contains($0.to) })
            }
        }
    }

    @Test func aBridgeIsReachedByBothHalvesAndABrokenRingByItsNeighbours() {
        var random = RandomStream(seed: 5)
        let bridge = CutShape.bridge.ways(5, &random)
        #expect((0..<5).count { machine in !bridge.contains { $0.from == machine || $0.to == machine } } == 1)
        let ring = CutShape.ring.ways(5, &random)
        #expect((0..<5).allSatisfy { machine in ring.count { $0.from == machine } == 2 })
        let oneWay = CutShape.oneWay.ways(5, &random)
        #expect(!oneWay.isEmpty && !oneWay.contains { way in oneWay.contains { $0.from == way.to && $0.to == way.from } })
    }
}

@Suite struct LogarithmTests {
    @Test func theLogarithmIsTheLogarithm() {
        // ln 2, ln 10 and ln 1/1000 to the last digits that a Double has.
        #expect(abs(Logarithm.natural(2) - 0.6931471805599453) < 1e-15)
        #expect(abs(Logarithm.natural(10) - 2.302585092994046) < 1e-14)
        #expect(abs(Logarithm.natural(0.001) + 6.907755278982137) < 1e-13)
        #expect(Logarithm.natural(1) == 0)
    }
}
