import Choreography
import Testing
import World

/// Who gets which part.
@Suite struct ScatterPlacingTests {
    private typealias Bench = ScatterBench

    @Test func everyPartEndsOnceAndIsForgotten() {
        var bench = Bench()
        bench.want(parts(100))
        #expect(bench.underWay.isEmpty, "there is nobody yet")
        bench.workers(["n1", "n2", "n3"])
        bench.answerAll()
        #expect(bench.ends.map(\.part).sorted() == parts(100).sorted() && bench.isIdle)
        #expect(bench.ends.allSatisfy { $0.report.result == .done([1]) && $0.report.resent == 0 })
        #expect(bench.sent.allSatisfy { $0.part.payload == Array($0.part.name.utf8) })
    }

    @Test func aNodeNeverHoldsMoreThanItsCredits() {
        var bench = Bench()
        bench.workers(["n1", "n2"], credits: 4)
        bench.want(parts(100))
        while !bench.underWay.isEmpty {
            for node in ["n1", "n2"] { #expect(bench.count(at: node) <= 4) }
            if bench.sent.count < 100 { #expect(bench.underWay.count == 8, "and no credit is left unused") }
            bench.answer(0)
        }
    }

    @Test func nodesOfMoreCreditsGetMore() {
        var bench = Bench()
        bench.want(parts(100))
        let seats = [("n1", 2), ("n2", 6)].map { WorkerSeat(node: NodeIdentity(name: $0.0, life: 1), credits: $0.1) }
        bench.handle(.workers(seats, Bench.ring(["n1", "n2"])))
        #expect(bench.count(at: "n1") == 2 && bench.count(at: "n2") == 6)
    }

    @Test func aSlowNodeDoesNotHoard() {
        var bench = Bench()
        bench.workers(["fast", "slow"])
        bench.want(parts(100))
        while bench.answer(by: "fast") {}
        #expect(bench.underWay.map(\.node.name) == ["slow", "slow"])
        #expect(bench.ends.count == 98)
    }

    @Test func theRingDecidesAsLongAsEveryoneKeepsUp() throws {
        let names = ["n1", "n2", "n3"], ring = Bench.ring(["n1", "n2", "n3"])
        for kind in [Bench.counting, Bench.looking] {
            var bench = Bench(kind)
            bench.want(parts(100))
            bench.workers(names)
            #expect(bench.underWay.count == (kind.isRationed ? 6 : 100))
            let ring = kind.isRationed ? ring : Bench.ring(names, kind)
            for call in bench.underWay { #expect(ring.owner(of: "w/\(call.part.name)", role: kind.name)?.name == call.node.name) }
        }
    }

    /// It takes the first of the node that owns most of what waits.
    @Test func whoHasNothingOfItsOwnLeftTakesFromTheLongestQueue() throws {
        let ring = Bench.ring(["n1", "n2", "n3"])
        func owned(by node: String, _ count: Int) -> [String] {
            Array((0...).lazy.map { "p\($0)" }.filter { ring.owner(of: "w/\($0)", role: "count")?.name == node }.prefix(count))
        }
        var bench = Bench()
        bench.workers(["n1", "n2", "n3"], credits: 1)
        let own = owned(by: "n1", 1), few = owned(by: "n2", 3), many = owned(by: "n3", 5)
        bench.want(own + [few[0], many[0]])
        bench.want(Array(few.dropFirst() + many.dropFirst()))
        #expect(bench.underWay.map(\.node.name) == ["n1", "n2", "n3"])
        bench.answer(by: "n1")
        #expect(bench.nodes(with: many[1]) == ["n1"], "four of n3 wait, and two of n2")
        bench.answer(by: "n1")
        bench.answer(by: "n1")
        #expect(bench.nodes(with: few[1]) == ["n1"], "two of each wait, and the first by name is taken")
    }

    // MARK: Who comes and goes

    /// Out of the view, but alive: it is drained.
    @Test func aNodeThatTakesNoMoreWorkFinishesWhatItHas() {
        var bench = Bench()
        bench.workers(["n1", "n2", "n3"])
        bench.want(parts(30))
        bench.workers(["n1", "n3"])
        #expect(bench.count(at: "n2") == 2)
        while bench.answer(by: "n2") {}
        #expect(bench.count(at: "n2") == 0 && bench.ends.count == 2)
        bench.answerAll()
        #expect(bench.ends.count == 30 && bench.ends.allSatisfy { $0.report.resent == 0 })
    }

    /// It gets its credits back less what it still has.
    @Test func aNodeThatReturnsWhileItStillWorksIsNotGivenMoreThanItsCredits() {
        var bench = Bench()
        bench.workers(["n1", "n2"])
        bench.want(parts(30))
        bench.workers(["n1"])
        bench.workers(["n1", "n2"])
        #expect(bench.count(at: "n2") == 2)
        bench.answerAll()
        #expect(bench.ends.count == 30)
    }

    @Test func aNodeThatCameBackIsNobodyWeKnow() {
        var bench = Bench()
        bench.workers(["n1"])
        bench.want(parts(10))
        let had = bench.die(NodeIdentity(name: "n1", life: 1), leaving: [NodeIdentity(name: "n1", life: 2)])
        #expect(had.count == 2)
        #expect(bench.underWay.map(\.part) == had.map(\.part), "what comes back goes first")
        #expect(bench.underWay.allSatisfy { $0.node.life == 2 })
    }

    @Test func partsThatWaitGoToWhoOwnsThemInTheNewView() {
        var bench = Bench(Bench.looking)
        bench.workers([String]())
        bench.want(parts(20))
        #expect(bench.underWay.isEmpty)
        bench.workers(["n1"])
        #expect(bench.count(at: "n1") == 20)
    }

    // MARK: Wanting

    @Test func whatNobodyWantsAnyMoreIsCalledOff() {
        var bench = Bench()
        bench.workers(["n1"])
        bench.want(parts(5))
        let had = bench.underWay[0]
        bench.handle(.unwanted(had.part.name))
        #expect(bench.calledOff == [had] && bench.underWay.count == 2, "its credit goes to the next")
        bench.handle(.answered(had.part.name, by: had.node, .done([1])))
        #expect(bench.ends.isEmpty, "a late answer is nobody's")
        for name in parts(5).reversed() { bench.handle(.unwanted(name)) }
        #expect(bench.isIdle && bench.underWay.isEmpty && bench.ends.isEmpty)
        bench.tick(after: .seconds(100))
        #expect(bench.sent.count == 3, "what waited is never sent")
    }

    @Test func whatIsWantedAgainBeginsAnew() {
        var bench = Bench()
        bench.workers(["n1", "n2", "n3", "n4"])
        bench.want(["a"])
        for _ in 0..<2 { bench.lose(0, .died) }
        let had = bench.underWay[0]
        bench.want(["a"])
        #expect(bench.calledOff == [had] && bench.underWay.count == 1)
        for _ in 0..<2 { bench.lose(0, .died) }
        bench.tick(after: .seconds(2))
        #expect(bench.ends.isEmpty, "deaths of before do not count")
        bench.answer(0)
        #expect(bench.ends(of: "a").map(\.resent) == [2])
    }
}
