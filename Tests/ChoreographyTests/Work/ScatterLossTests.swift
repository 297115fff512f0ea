import Choreography
import Testing
import World

/// What becomes of parts whose workers do not answer.
@Suite struct ScatterLossTests {
    private typealias Bench = ScatterBench

    private static func bench(_ kind: WorkKind, _ nodes: Int, _ names: [String], expected: Duration = .zero) -> Bench {
        var bench = Bench(kind)
        bench.workers((1...nodes).map { "n\($0)" })
        bench.want(names, expected: expected)
        return bench
    }

    // MARK: Deaths

    @Test(arguments: [ScatterBench.counting, ScatterBench.looking])
    func theWorkOfADeadNodeGoesToTheNextAtOnce(_ kind: WorkKind) {
        var bench = Self.bench(kind, 3, ["a"])
        let first = bench.underWay[0].node
        bench.lose(0, .died)
        #expect(bench.underWay.count == 1 && bench.underWay[0].node != first)
        bench.answer(0)
        #expect(bench.ends(of: "a") == [WorkReport(result: .done([1]), node: bench.sent[1].node.name, resent: 1)])
    }

    /// Whatever in it kills them: it must not take the whole mesh with it.
    @Test(arguments: [ScatterBench.counting, ScatterBench.looking])
    func aPartWithWhichThreeNodesDiedIsGivenToNoOtherAndTheyAreNamed(_ kind: WorkKind) {
        var bench = Self.bench(kind, 5, ["a", "b"])
        var dead: [String] = []
        for _ in 0..<3 {
            guard let index = bench.underWay.firstIndex(where: { $0.part.name == "a" }) else { break }
            dead.append(bench.underWay[index].node.name)
            bench.lose(index, .died)
        }
        let sentence = "nodes died while they had this in hand: \(dead.joined(separator: ", ")); it is given to no other"
        #expect(Set(dead).count == 3)
        #expect(bench.ends(of: "a").map(\.result) == [.failed(sentence)])
        #expect(bench.underWay.map(\.part.name) == ["b"])
    }

    /// Its process was started again at once, so its sessions had ended before the mesh knew.
    @Test func aDeathThatIsLearntOfLaterCountsToo() {
        var bench = Self.bench(Bench.looking, 5, ["a"])
        var lost: [NodeIdentity] = []
        for _ in 0..<3 {
            lost.append(bench.underWay[0].node)
            bench.lose(0, .nodeDown)
        }
        bench.handle(.died(NodeIdentity(name: "n9", life: 1)))
        for node in lost.dropLast() + lost.dropLast() { bench.handle(.died(node)) }
        #expect(bench.ends.isEmpty && bench.underWay.count == 1)
        bench.handle(.died(lost[2]))
        guard case .failed(let reason)? = bench.ends(of: "a").first?.result else {
            Issue.record("\(bench.ends)")
            return
        }
        #expect(reason.contains(lost.map(\.name).joined(separator: ", ")))
        #expect(bench.underWay.isEmpty && bench.calledOff.count == 1 && bench.isIdle)
    }

    /// A drained node leaves with what it has; a session may end while both its ends live.
    @Test(arguments: [ScatterBench.counting, ScatterBench.looking])
    func nodesThatLeaveOrAreSilentDoNotCountAsDead(_ kind: WorkKind) {
        var bench = Self.bench(kind, 3, ["a"])
        for round in 0..<30 {
            if bench.underWay.isEmpty { bench.tick(after: .seconds(11)) }
            bench.lose(0, round % 2 == 0 ? .nodeDown : .silent)
        }
        bench.tick(after: .seconds(11))
        bench.answer(0)
        #expect(bench.ends(of: "a").map(\.result) == [.done([1])])
    }

    @Test func eachLifeOfANodeDiesOnce() {
        var deaths = PartDeaths()
        for life: UInt64 in [1, 1, 2] { deaths.insert(NodeIdentity(name: "n1", life: life)) }
        #expect(!deaths.isOver)
        deaths.insert(NodeIdentity(name: "n2", life: 1))
        #expect(deaths.isOver && deaths.names == "n1 (2 times), n2")
    }

    /// Its call fails at once, each time, until the mesh knows that the node is dead.
    @Test func theOnlyNodeIsNotAskedWithoutAPause() {
        var bench = Self.bench(Bench.looking, 1, ["a"])
        bench.lose(0, .nodeDown)
        #expect(bench.underWay.isEmpty)
        bench.wait(.seconds(10))
        #expect(bench.underWay.count == 1)
    }

    @Test func aLateAnswerOfADeadNodeCountsForNothing() {
        var bench = Self.bench(Bench.counting, 2, parts(10))
        let late = bench.die(NodeIdentity(name: "n2", life: 1), leaving: [NodeIdentity(name: "n1", life: 1)])
        for call in late + late { bench.handle(.answered(call.part.name, by: call.node, .done([9]))) }
        bench.answerAll()
        #expect(bench.ends.count == 10 && bench.ends.allSatisfy { $0.report.result == .done([1]) })
    }

    // MARK: Refusals

    @Test func anOverloadedNodeIsLeftAloneAndTheNextIsAsked() {
        var bench = Self.bench(Bench.counting, 2, parts(20))
        guard let index = bench.underWay.firstIndex(where: { $0.node.name == "n1" }) else { return }
        let part = bench.underWay[index].part.name
        bench.lose(index, .overloaded)
        #expect(bench.count(at: "n1") == 1 && bench.nodes(with: part).isEmpty)
        bench.answer(by: "n2")
        #expect(bench.nodes(with: part) == ["n2"], "what was refused is the oldest")
        bench.tick(after: .milliseconds(60))
        #expect(bench.count(at: "n1") == 2)
        bench.answerAll()
        #expect(bench.ends.count == 20 && bench.ends.allSatisfy { $0.report.resent == 0 }, "nobody had begun")
    }

    @Test func whereWorkersBoundWhatTheyTakeTheNextOfTheRingIsAskedAfterAMoment() {
        var bench = Self.bench(Bench.looking, 2, ["a"])
        let first = bench.underWay[0].node
        bench.lose(0, .overloaded)
        #expect(bench.underWay.isEmpty, "a moment of rest first")
        bench.tick(after: .milliseconds(100))
        #expect(bench.underWay.count == 1 && bench.underWay[0].node != first)
        bench.lose(0, .overloaded)
        bench.tick(after: .seconds(3))
        #expect(bench.underWay.map(\.node) == [first], "all have been tried, so the first again")
        bench.answer(0)
        #expect(bench.ends(of: "a").map(\.resent) == [0])
    }

    @Test(arguments: [ScatterBench.counting, ScatterBench.looking])
    func theOnlyNodeIsAskedAgainHoweverOftenItRefuses(_ kind: WorkKind) {
        var bench = Self.bench(kind, 1, ["a"])
        for _ in 0..<20 {
            bench.lose(0, .overloaded)
            #expect(bench.underWay.isEmpty)
            bench.tick(after: .seconds(11))
            #expect(bench.underWay.count == 1)
        }
        bench.answer(0)
        #expect(bench.ends(of: "a").count == 1)
    }

    @Test func pausesGrowWithEveryRefusal() {
        var bench = Self.bench(Bench.looking, 1, ["a"])
        var pauses: [Duration] = []
        for _ in 0..<9 {
            let before = bench.now
            bench.lose(0, .overloaded)
            while bench.underWay.isEmpty { bench.tick(after: .milliseconds(50)) }
            pauses.append(bench.now - before)
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000].map { .milliseconds($0) })
    }

    // MARK: Failures

    @Test(arguments: [ScatterBench.counting, ScatterBench.looking])
    func aPartThatFourWorkersCannotDoHasFailed(_ kind: WorkKind) {
        var bench = Self.bench(kind, 2, ["a"])
        for round in 1...4 {
            if bench.underWay.isEmpty { bench.tick(after: .seconds(11)) }
            #expect(bench.ends.isEmpty)
            bench.lose(0, .failed("no memory \(round)"))
        }
        #expect(bench.ends(of: "a").map(\.result) == [.failed("no memory 4")] && bench.isIdle)
    }

    @Test func anOrderThatMakesNoSenseHasFailedAtOnce() {
        var bench = Self.bench(Bench.looking, 3, ["a"])
        let node = bench.underWay[0].node.name
        bench.lose(0, .invalid("no such service"))
        #expect(bench.ends(of: "a") == [WorkReport(result: .failed("no such service"), node: node)])
    }

    // MARK: The mutation

    @Test func underTheMutationWhatIsLostStaysLost() {
        var bench = Bench(Bench.looking, resends: false)
        bench.workers(["n1", "n2", "n3"])
        bench.want(["a", "b", "c"])
        for loss in [WorkLoss.died, .nodeDown] { bench.lose(0, loss) }
        bench.wait(.seconds(60))
        #expect(bench.sent.count == 3 && bench.silences.isEmpty)
        bench.lose(0, .overloaded)
        bench.tick(after: .seconds(3))
        #expect(bench.sent.count == 4, "nobody had begun, so that is no sending again")
        bench.answerAll()
        #expect(bench.ends.count == 1 && !bench.isIdle)
    }
}
