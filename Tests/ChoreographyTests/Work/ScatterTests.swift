import Choreography
import Placement
import Testing
import World

/// One actor's parts, and the nodes that do them: time and answers are the test's.
struct ScatterBench {
    var scatter: Scatter
    var now = Instant.zero
    /// What is with workers.
    private(set) var underWay: [(part: String, node: NodeIdentity)] = []
    private(set) var ended: [String: WorkReport] = [:]
    private(set) var silent: [String: String] = [:]
    private(set) var calledOff: [String] = []

    static let fair = WorkKind("count", isRationed: true, shortestSilence: .seconds(5), hasBackups: true)
    static let owned = WorkKind("count", isRationed: false, shortestSilence: .seconds(20), hasBackups: false)

    init(_ kind: WorkKind = fair, resends: Bool = true) { scatter = Scatter(work: "w", kind: kind, resends: resends) }

    static func node(_ name: String, life: UInt64 = 1) -> NodeIdentity { NodeIdentity(name: name, life: life) }

    mutating func workers(_ names: [String], credits: Int = 2) {
        let ring = HashRing(names.map { RingMember(name: $0, roles: ["count"]) })
        handle(.workers(names.map { WorkerSeat(node: Self.node($0), credits: credits) }, ring))
    }

    mutating func want(_ parts: String..., expected: Duration = .zero) { for part in parts { handle(.wanted(.init(part, [], expected: expected))) } }

    mutating func handle(_ input: Scatter.Input) {
        for effect in scatter.handle(input, now: now) {
            switch effect {
            case .send(let part, let node):
                precondition(!underWay.contains { $0.part == part.name && $0.node == node }, "a node is asked for one part twice")
                underWay.append((part.name, node))
            case .callOff(let part, let node):
                underWay.removeAll { $0.part == part && $0.node == node }
                calledOff.append(part)
            case .ended(let part, let report):
                precondition(ended.updateValue(report, forKey: part) == nil, "a part ends once")
            case .silent(let part, let cause): silent[part] = cause
            }
        }
    }

    mutating func answer(_ index: Int, _ payload: [UInt8] = [1]) {
        let call = underWay.remove(at: index)
        handle(.answered(call.part, by: call.node, .done(payload)))
    }

    mutating func lose(_ index: Int, _ loss: WorkLoss) {
        let call = underWay.remove(at: index)
        handle(.lost(call.part, by: call.node, loss))
    }

    mutating func wait(_ span: Duration) {
        now = now + span
        handle(.tick)
    }
}

@Suite struct ScatterTests {
    @Test func everyPartIsDoneOnce() {
        var bench = ScatterBench()
        bench.workers(["n1", "n2", "n3"])
        bench.want("1", "2", "3", "4", "5", "6", "7", "8")
        #expect(bench.underWay.count == 6, "two credits each")
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.ended.count == 8 && bench.scatter.isIdle)
        #expect(bench.ended.values.allSatisfy { $0.result == .done([1]) && $0.resent == 0 })
    }

    @Test func nothingIsSentWhileNobodyWorks() {
        var bench = ScatterBench()
        bench.want("1")
        bench.wait(.seconds(100))
        #expect(bench.underWay.isEmpty && bench.silent.isEmpty)
        bench.workers(["n1"])
        #expect(bench.underWay.count == 1)
    }

    @Test func whatANodeTookWithItGoesToAnotherAtOnce() {
        for loss in [WorkLoss.died, .nodeDown, .silent] {
            var bench = ScatterBench()
            bench.workers(["n1", "n2"])
            bench.want("1")
            let first = bench.underWay[0].node
            bench.lose(0, loss)
            #expect(bench.underWay.map(\.node) != [first] && bench.underWay.count == 1)
            bench.answer(0)
            #expect(bench.ended["1"]?.resent == 1 && bench.ended["1"]?.node != first.name)
        }
    }

    @Test func withTheMutationNothingIsSentAgain() {
        var bench = ScatterBench(resends: false)
        bench.workers(["n1", "n2"])
        bench.want("1")
        bench.lose(0, .died)
        bench.wait(.seconds(1_000))
        #expect(bench.underWay.isEmpty && bench.ended.isEmpty)
    }

    @Test func aRefusalSendsThePartOnWithoutCountingAsASecondTime() {
        var bench = ScatterBench(ScatterBench.owned)
        bench.workers(["n1", "n2", "n3"])
        bench.want("1")
        let first = bench.underWay[0].node
        bench.lose(0, .overloaded)
        #expect(bench.underWay.isEmpty, "there is a pause")
        bench.wait(.milliseconds(60))
        #expect(bench.underWay.count == 1 && bench.underWay[0].node != first)
        bench.answer(0)
        #expect(bench.ended["1"]?.resent == 0)
    }

    @Test func aPartWithWhichThreeNodesDiedHasFailed() {
        var bench = ScatterBench()
        bench.workers(["n1", "n2", "n3", "n4", "n5"])
        bench.want("1")
        var names: [String] = []
        for _ in 0..<3 {
            names.append(bench.underWay[0].node.name)
            bench.lose(0, .died)
        }
        let sentence = "nodes died while they had this in hand: \(names.joined(separator: ", ")); it is given to no other"
        #expect(bench.ended["1"]?.result == .failed(sentence) && bench.underWay.isEmpty)
    }

    @Test func aDeathThatIsLearntOfLaterCountsToo() {
        var bench = ScatterBench()
        bench.workers(["n1", "n2", "n3", "n4"])
        bench.want("1")
        for _ in 0..<3 {
            let node = bench.underWay[0].node
            bench.lose(0, .nodeDown)
            bench.handle(.died(node))
        }
        guard case .failed(let sentence)? = bench.ended["1"]?.result else { return #expect(Bool(false), "it goes on") }
        #expect(sentence.hasPrefix("nodes died while they had this in hand: "))
    }

    @Test func whatWorkersCannotDoFourTimesHasFailedAndWhatNobodyCanAtOnce() {
        var bench = ScatterBench()
        bench.workers(["n1", "n2"])
        bench.want("1", "2")
        for _ in 0..<4 {
            bench.wait(.milliseconds(200))
            let index = bench.underWay.firstIndex { $0.part == "1" }!
            bench.lose(index, .failed("no library"))
        }
        #expect(bench.ended["1"]?.result == .failed("no library"))
        bench.lose(0, .invalid("no range"))
        #expect(bench.ended["2"]?.result == .failed("no range") && bench.scatter.isIdle)
    }

    @Test func whatIsSilentIsGivenToAnotherAndTheFirstAnswerCounts() {
        var bench = ScatterBench(ScatterBench.owned)
        bench.workers(["n1", "n2", "n3"])
        bench.want("1")
        bench.wait(.seconds(19))
        #expect(bench.underWay.count == 1)
        bench.wait(.seconds(2))
        #expect(bench.underWay.count == 2 && bench.underWay[0].node != bench.underWay[1].node)
        let first = bench.underWay[0].node.name
        bench.answer(0, [7])
        #expect(bench.ended["1"] == WorkReport(result: .done([7]), node: first, resent: 1))
        #expect(bench.calledOff == ["1"] && bench.scatter.isIdle)
    }

    @Test func whatAllAreSilentAboutIsSaidOnceAndAnAnswerStillCounts() {
        var bench = ScatterBench(ScatterBench.owned)
        bench.workers(["n1", "n2"])
        bench.want("1")
        for _ in 0..<2 { bench.wait(.seconds(21)) }
        #expect(bench.underWay.count == 2)
        #expect(bench.silent["1"]?.contains("no answer from") == true)
        bench.answer(1)
        #expect(bench.ended["1"]?.result == .done([1]))
    }

    @Test func idleNodesAreGivenWhatOthersAreSlowWithOnlyWhereThatIsAllowed() {
        for (kind, copies) in [(ScatterBench.fair, 2), (ScatterBench.owned, 1)] {
            var bench = ScatterBench(kind)
            bench.workers(["n1", "n2"])
            bench.want("1", "2")
            bench.now = bench.now + .milliseconds(10)
            bench.answer(0)
            bench.wait(.milliseconds(150))
            #expect(bench.underWay.count == copies, "\(kind)")
        }
    }

    @Test func aPartThatIsWantedAgainIsBegunAnewAndOneThatIsNotIsCalledOff() {
        var bench = ScatterBench()
        bench.workers(["n1"])
        bench.want("1", "2")
        bench.want("1")
        #expect(bench.calledOff == ["1"] && bench.underWay.count == 2)
        bench.handle(.unwanted("1"))
        bench.handle(.unwanted("2"))
        #expect(bench.underWay.isEmpty && bench.scatter.isIdle)
        bench.handle(.answered("1", by: ScatterBench.node("n1"), .done([])))
        #expect(bench.ended.isEmpty)
    }

    @Test func aPartGoesToItsOwnerOnTheRing() {
        let ring = HashRing((1...5).map { RingMember(name: "n\($0)", roles: ["count"]) })
        var bench = ScatterBench(ScatterBench.owned)
        bench.workers((1...5).map { "n\($0)" })
        for part in 0..<50 {
            bench.want("\(part)")
            #expect(bench.underWay.last?.node.name == ring.owner(of: "w/\(part)", role: "count")?.name)
        }
    }

    /// Whatever happens in whatever order, each part ends once as long as somebody lives.
    @Test func inAnyOrderOfTroubleEveryPartEndsOnce() {
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomStream(seed: seed, name: "scatter")
            var bench = ScatterBench(random.chance(0.5) ? ScatterBench.fair : ScatterBench.owned)
            var names = (1...4).map { "n\($0)" }
            bench.workers(names)
            var wanted = 0
            for _ in 0..<400 {
                switch random.below(10) {
                case 0 where wanted < 20:
                    bench.want("\(wanted)")
                    wanted += 1
                case 1 where names.count > 1 && random.chance(0.1):
                    let gone = names.remove(at: random.below(names.count))
                    bench.workers(names)
                    while let index = bench.underWay.firstIndex(where: { $0.node.name == gone }) { bench.lose(index, .nodeDown) }
                case 2...4 where !bench.underWay.isEmpty:
                    bench.lose(random.below(bench.underWay.count), [.overloaded, .nodeDown, .silent][random.below(3)])
                case 5...7 where !bench.underWay.isEmpty: bench.answer(random.below(bench.underWay.count))
                default: bench.wait(.milliseconds(Int64(random.below(3_000))))
                }
            }
            for _ in 0..<1_000 where !bench.scatter.isIdle {
                bench.wait(.seconds(11))
                if !bench.underWay.isEmpty { bench.answer(0) }
            }
            #expect(bench.ended.count == wanted, "seed \(seed)")
        }
    }
}
