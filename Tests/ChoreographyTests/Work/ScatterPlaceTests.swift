import Choreography
import Testing
import World

/// Parts that only one node may do.
@Suite struct ScatterPlaceTests {
    private typealias Bench = ScatterBench

    private static let kinds = [ScatterBench.counting, ScatterBench.looking]

    private static func node(_ name: String, life: UInt64 = 1) -> NodeIdentity { NodeIdentity(name: name, life: life) }

    /// One part for each of three nodes.
    private static func bench(_ kind: WorkKind) -> Bench {
        var bench = Bench(kind)
        bench.workers(["n1", "n2", "n3"])
        for name in ["n1", "n2", "n3"] { bench.want(["at \(name)"], at: name) }
        return bench
    }

    @Test(arguments: kinds) func eachGoesToItsNode(_ kind: WorkKind) {
        var bench = Self.bench(kind)
        #expect(Set(bench.underWay.map { "\($0.part.name) \($0.node.name)" }) == ["at n1 n1", "at n2 n2", "at n3 n3"])
        bench.answerAll()
        #expect(bench.isIdle && bench.ends.allSatisfy { $0.part == "at \($0.report.node)" && $0.report.resent == 0 })
    }

    @Test(arguments: kinds) func whenItsNodeDiesItFailsByNameAfterAWhileAndNobodyElseHasIt(_ kind: WorkKind) {
        var bench = Self.bench(kind)
        bench.die(Self.node("n3"), leaving: [Self.node("n1"), Self.node("n2")])
        bench.answerAll()
        bench.wait(Scatter.placeGrace)
        #expect(bench.ends.count == 2 && !bench.isIdle, "it may come back")
        bench.wait(.milliseconds(300))
        #expect(bench.ends(of: "at n3") == [WorkReport(result: .failed("node n3 has died"), node: "", resent: 0)])
        #expect(bench.isIdle && bench.sent.count == 3)
    }

    @Test(arguments: kinds) func theNextLifeOfItsNodeHasIt(_ kind: WorkKind) {
        var bench = Self.bench(kind)
        bench.die(Self.node("n3"), leaving: [Self.node("n1"), Self.node("n2")])
        bench.wait(.seconds(4))
        bench.workers([Self.node("n1"), Self.node("n2"), Self.node("n3", life: 2)])
        bench.wait(.seconds(4))
        #expect(bench.nodes(with: "at n3") == ["n3"] && bench.sent.last?.node.life == 2)
        bench.answerAll()
        #expect(bench.ends(of: "at n3") == [WorkReport(result: .done([1]), node: "n3", resent: 1)])
    }

    /// Each absence counts from its own beginning.
    @Test func twoShortAbsencesAreNotALongOne() {
        var bench = Self.bench(Bench.looking)
        let others = [Self.node("n1"), Self.node("n2")]
        for life: UInt64 in 1...2 {
            bench.die(Self.node("n3", life: life), leaving: others)
            bench.wait(.seconds(4))
            bench.workers(others + [Self.node("n3", life: life + 1)])
            bench.wait(.seconds(3))
        }
        #expect(bench.ends.isEmpty && bench.nodes(with: "at n3") == ["n3"])
    }

    @Test(arguments: kinds) func aNodeThatIsNoWorkerIsToldApartFromADeadOne(_ kind: WorkKind) {
        var bench = Bench(kind)
        bench.workers(["n1"])
        bench.want(["a"], at: "n9")
        bench.want(["b"])
        bench.answerAll()
        bench.wait(.seconds(6))
        let sentence = "node n9 cannot be had: it has left, is out of reach, or does no \(kind.name)"
        #expect(bench.ends(of: "a").map(\.result) == [.failed(sentence)] && bench.sent.map(\.part.name) == ["b"])
    }

    /// It finishes what it has.
    @Test func aNodeThatIsDrainedMayAnswerForAsLongAsItTakes() {
        var bench = Self.bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.wait(.seconds(15))
        #expect(bench.ends.isEmpty)
        bench.answer(by: "n3")
        #expect(bench.ends(of: "at n3").map(\.result) == [.done([1])])
    }

    /// Calls that end at once, until the mesh knows why, must not go round and round.
    @Test func aLostCallIsMadeAgainAfterAPause() {
        var bench = Bench(Bench.looking)
        bench.workers(["n1", "n2"])
        bench.want(["a"], at: "n2")
        for loss in [WorkLoss.nodeDown, .silent, .overloaded] {
            bench.lose(0, loss)
            #expect(bench.underWay.isEmpty)
            bench.wait(.seconds(2))
            #expect(bench.nodes(with: "a") == ["n2"])
        }
    }

    /// An operator is told; nobody else could answer.
    @Test(arguments: kinds) func oneThatIsSilentIsGivenToNoOther(_ kind: WorkKind) {
        var bench = Self.bench(kind)
        bench.answer(by: "n1")
        bench.answer(by: "n2")
        bench.wait(.seconds(60))
        #expect(bench.nodes(with: "at n3") == ["n3"] && bench.silences.map(\.part) == ["at n3"])
        bench.answer(by: "n3")
        #expect(bench.ends(of: "at n3").map(\.result) == [.done([1])])
    }

    @Test func whereNobodyWorksItFailsToo() {
        var bench = Bench(Bench.looking)
        bench.want(["a"], at: "n1")
        bench.want(["b"])
        bench.wait(.seconds(6))
        #expect(bench.ends.map(\.part) == ["a"] && !bench.isIdle, "the other has no place and may still be done by anybody")
    }
}
