import Choreography
import Testing
import World

/// Parts that nobody answers for long.
@Suite struct ScatterSilenceTests {
    private typealias Bench = ScatterBench

    @Test func aSilentWorkerIsJoinedByAnotherAndTheFirstAnswerCounts() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2", "n3"])
        bench.want(["a"])
        bench.wait(.milliseconds(19_900))
        #expect(bench.underWay.count == 1)
        bench.wait(.milliseconds(200))
        #expect(bench.underWay.count == 2 && bench.underWay[0].node != bench.underWay[1].node)
        let slow = bench.underWay[0], fast = bench.underWay[1]
        bench.answer(1)
        #expect(bench.calledOff == [slow])
        #expect(bench.ends(of: "a") == [WorkReport(result: .done([1]), node: fast.node.name, resent: 1)])
        bench.handle(.answered("a", by: slow.node, .done([9])))
        #expect(bench.ends.count == 1, "a late answer changes nothing")
    }

    @Test func theFirstMayStillBeTheOneThatAnswers() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.want(["a"])
        bench.wait(.seconds(21))
        let second = bench.underWay[1]
        bench.answer(0)
        #expect(bench.calledOff == [second] && bench.ends.count == 1)
    }

    /// A part that takes long by nature is not silent as soon as one that nobody knows.
    @Test func silenceIsMeasuredAgainstWhatIsExpectedAndThenAgainstWhatWasSeen() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.want(["a"], expected: .seconds(3))
        bench.wait(.milliseconds(59_900))
        #expect(bench.underWay.count == 1)
        bench.wait(.milliseconds(200))
        #expect(bench.underWay.count == 2)
        bench.answer(0)
        bench.want(["b"], expected: .seconds(3))
        bench.wait(.seconds(100))
        #expect(bench.underWay.count == 1, "eight times what the first has taken")
        bench.wait(.seconds(400))
        #expect(bench.underWay.count == 2)
    }

    @Test func idleNodesHelpWithTheOldestWhereTheKindAllowsIt() {
        var bench = Bench()
        bench.workers(["n1", "n2"])
        bench.want(parts(10))
        while bench.count(at: "n2") > 0 {
            bench.now = bench.now + .milliseconds(5)
            bench.answer(by: "n2")
        }
        #expect(bench.underWay.map(\.node.name) == ["n1", "n1"])
        bench.tick(after: .milliseconds(50))
        #expect(bench.underWay.count == 2, "too early")
        bench.tick(after: .milliseconds(100))
        #expect(bench.underWay.map(\.node.name).sorted() == ["n1", "n1", "n2", "n2"])
        bench.wait(.seconds(4))
        #expect(bench.underWay.count == 4, "both nodes have both parts already")
        while bench.answer(by: "n2") {}
        #expect(bench.ends.count == 10 && bench.calledOff.count == 2)
        #expect(bench.ends.suffix(2).map(\.report.resent) == [1, 1])
    }

    /// Lookups are felt outside of the mesh.
    @Test func idleNodesDoNotHelpWhereTheKindForbidsIt() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.want(parts(10))
        while bench.underWay.count > 1 {
            bench.now = bench.now + .milliseconds(5)
            bench.answer(0)
        }
        bench.wait(.seconds(19))
        #expect(bench.underWay.count == 1)
    }

    @Test func anOperatorIsToldOnceWhenAllWhoMayHaveThePartAreSilent() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2", "n3", "n4"])
        bench.want(["a"])
        bench.wait(.seconds(120))
        let names = bench.underWay.map(\.node.name)
        #expect(Set(names).count == 3, "three have it, and no more")
        #expect(bench.silences.map(\.part) == ["a"])
        #expect(bench.silences[0].cause == "no answer from \(names.joined(separator: ", ")), to whom it was given, for 20 s")
        #expect(bench.ends.isEmpty && !bench.isIdle)
        bench.answer(1)
        #expect(bench.ends(of: "a").count == 1, "an answer that comes after all still counts")
        #expect(bench.calledOff.count == 2 && bench.isIdle)
    }

    @Test func whatWasGivenUpAndIsWantedAgainBeginsAnew() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.want(["a"])
        bench.wait(.seconds(60))
        #expect(bench.silences.count == 1)
        bench.want(["a"])
        #expect(bench.calledOff.count == 2 && bench.underWay.count == 1)
        bench.wait(.seconds(60))
        #expect(bench.silences.count == 2)
    }

    @Test func whoIsSlowerThanOneWhoBeganLaterIsNotGivenMoreAtOnce() {
        var bench = Bench()
        bench.workers(["n1", "n2"], credits: 1)
        bench.want(["a"])
        let slow = bench.underWay[0].node.name
        bench.wait(.seconds(6))
        bench.answer(1)
        bench.want(["b", "c"])
        #expect(bench.count(at: slow) == 0 && bench.underWay.count == 1)
        bench.tick(after: .milliseconds(60))
        #expect(bench.count(at: slow) == 1)
    }
}
