import Jobs
import Placement
import Primes
import Testing
import World

/// A job and workers that do what the test says, in virtual time.
struct JobBench {
    var job: PrimesJob
    var now = Instant(nanoseconds: 1_000_000_000)
    var ended = 0
    /// Requests that have been sent and neither answered nor called off.
    var underWay: [(part: PrimesPart, node: NodeIdentity)] = []
    var calledOff: [(parts: Range<Int>, node: NodeIdentity)] = []
    /// By part: who has died with it in hand.
    var deaths: [Int: Set<NodeIdentity>] = [:]

    init(
        to: UInt64, from: UInt64 = 0, chunks: Int? = nil, deadline: Duration = .seconds(3_600), numbersPerRun: UInt64 = 0
    ) {
        let request = PrimesRequest(from: from, to: to, chunks: chunks)
        let id = WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")!
        job = PrimesJob(id: id, request: request, createdAtMs: 1_000, now: now, deadline: deadline, numbersPerRun: numbersPerRun)
    }

    var status: PrimesStatus { job.document(now: now) }

    mutating func handle(_ input: PrimesJob.Input) {
        for effect in job.handle(input, now: now) {
            switch effect {
            case .send(let part, let node): underWay.append((part, node))
            case .callOff(let parts, let node):
                underWay.removeAll { $0.part.key == parts && $0.node == node }
                calledOff.append((parts, node))
            case .ended: ended += 1
            }
        }
    }

    mutating func workers(_ names: [String], life: UInt64 = 1, processors: Int = 1) {
        workers(names.map { NodeIdentity(name: $0, life: life) }, processors: processors)
    }

    mutating func workers(_ nodes: [NodeIdentity], processors: Int = 1) {
        let ring = HashRing(nodes.map { RingMember(name: $0.name, roles: [PrimesJob.role]) })
        let credits = PrimesJob.credits(processors: processors)
        handle(.workers(nodes.map { WorkerSeat(node: $0, credits: credits) }, ring))
    }

    /// The node is dead: first its calls end, then the view is without it. Returns what it had.
    @discardableResult
    mutating func die(_ node: NodeIdentity, leaving others: [NodeIdentity], processors: Int = 1) -> [(part: PrimesPart, node: NodeIdentity)] {
        let had = underWay.filter { $0.node == node }
        for (part, node) in had {
            underWay.removeAll { $0.part == part && $0.node == node }
            for number in part.range { deaths[number, default: []].insert(node) }
            handle(.lost(part.key, by: node, .died))
        }
        workers(others, processors: processors)
        return had
    }

    @discardableResult
    mutating func die(_ name: String, leaving others: [String]) -> [(part: PrimesPart, node: NodeIdentity)] {
        die(NodeIdentity(name: name, life: 1), leaving: others.map { NodeIdentity(name: $0, life: 1) })
    }

    mutating func tick(after duration: Duration) {
        now = now + duration
        handle(.tick)
    }

    mutating func answer(_ index: Int) {
        let (part, node) = underWay.remove(at: index)
        answered(part, by: node)
    }

    /// An answer that comes without being awaited any more, or a wrong one.
    mutating func answered(_ part: PrimesPart, by node: NodeIdentity, count: UInt64? = nil) {
        handle(.answered(part.key, by: node, PrimesPartResult(part: part.number, count: count ?? Self.count(part))))
    }

    mutating func lose(_ index: Int, _ loss: JobLoss) {
        let (part, node) = underWay.remove(at: index)
        handle(.lost(part.key, by: node, loss))
    }

    static func count(_ part: PrimesPart) -> UInt64 {
        var count: UInt64 = 0
        for number in part.from...part.to where PrimeCounter.isPrime(number) { count += 1 }
        return count
    }
}

extension PrimesPart {
    var range: Range<Int> { number..<number + parts }
}

@Suite struct JobTests {
    @Test func aJobWithoutTroubleCountsExactly() {
        var bench = JobBench(to: 100_000)
        #expect(bench.status.status == .pending)
        bench.workers(["n1", "n2", "n3"])
        #expect(bench.status.status == .processing)
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.status == .completed)
        #expect(bench.status.count == 9_592)
        #expect(bench.status.completionPercentage == 100)
        #expect(bench.status.chunks == .init(total: 100, done: 100, inFlight: 0, resent: 0))
        #expect(bench.status.nodes.map(\.node) == ["n1", "n2", "n3"])
        #expect(bench.status.nodes.reduce(0) { $0 + $1.parts } == 100)
        #expect(bench.ended == 1)
    }

    @Test func aNodeNeverHoldsMoreThanItsCredits() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"], processors: 3)
        #expect(bench.underWay.count == 8)
        for node in ["n1", "n2"] { #expect(bench.underWay.count { $0.node.name == node } == 4) }
        #expect(bench.status.chunks.inFlight == 8)
    }

    @Test func aSlowNodeDoesNotHoard() {
        var bench = JobBench(to: 100_000)
        bench.workers(["fast", "slow"])
        while let index = bench.underWay.firstIndex(where: { $0.node.name == "fast" }) { bench.answer(index) }
        #expect(bench.underWay.map(\.node.name) == ["slow", "slow"])
        #expect(bench.status.chunks.done == 98)
    }

    @Test func theRingDecidesAsLongAsEveryoneKeepsUp() {
        var bench = JobBench(to: 100_000)
        let names = ["n1", "n2", "n3"]
        let ring = HashRing(names.map { RingMember(name: $0, roles: [PrimesJob.role]) })
        bench.workers(names)
        var own = 0
        for (part, node) in bench.underWay {
            own += ring.owner(of: "\(bench.status.jobId)/\(part.number)", role: PrimesJob.role)?.name == node.name ? 1 : 0
        }
        #expect(own == bench.underWay.count)
    }

    @Test func theWorkOfADeadNodeIsSentAgain() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2", "n3"])
        let lost = bench.die("n2", leaving: ["n1", "n3"])
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(lost.count == 2)
        #expect(bench.status.chunks.resent == 2)
        #expect(bench.status.count == 9_592)
        #expect(bench.status.nodes.map(\.node) == ["n1", "n3"])
    }

    /// Out of the ring, but alive: it is drained.
    @Test func aNodeThatTakesNoMoreWorkFinishesWhatItHas() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2", "n3"])
        bench.workers(["n1", "n3"])
        #expect(bench.underWay.count { $0.node.name == "n2" } == 2)
        while let index = bench.underWay.firstIndex(where: { $0.node.name == "n2" }) { bench.answer(index) }
        #expect(!bench.underWay.contains { $0.node.name == "n2" })
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.count == 9_592)
        #expect(bench.status.chunks.resent == 0)
        #expect(bench.status.nodes.contains(.init(node: "n2", parts: 2)))
    }

    /// It gets its credits back less what it still has.
    @Test func aNodeThatReturnsWhileItStillWorksIsNotGivenMoreThanItsCredits() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"])
        bench.workers(["n1"])
        bench.workers(["n1", "n2"])
        #expect(bench.underWay.count { $0.node.name == "n2" } == 2)
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.count == 9_592)
    }

    @Test func aNodeThatCameBackIsNobodyWeKnow() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1"])
        let old = bench.die(NodeIdentity(name: "n1", life: 1), leaving: [NodeIdentity(name: "n1", life: 2)])
        #expect(old.count == 2)
        #expect(bench.underWay.filter { $0.node.life == 2 }.map(\.part.number).sorted() == old.map(\.part.number).sorted())
        #expect(bench.status.chunks == .init(total: 100, done: 0, inFlight: 2, resent: 2))
    }

    @Test func aLateAnswerOfADeadNodeCountsOnce() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"])
        let late = bench.die("n2", leaving: ["n1"])
        for (part, node) in late + late { bench.answered(part, by: node) }
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.count == 9_592)
        #expect(bench.status.nodes == [.init(node: "n1", parts: 98), .init(node: "n2", parts: 2)])
    }

    @Test func anOverloadedNodeIsLeftAloneAndTheNextOfTheRingAsked() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"])
        let index = bench.underWay.firstIndex { $0.node.name == "n1" }!
        let part = bench.underWay[index].part.number
        bench.lose(index, .overloaded)
        #expect(bench.underWay.count { $0.node.name == "n1" } == 1)
        bench.answer(bench.underWay.firstIndex { $0.node.name == "n2" }!)
        #expect(bench.underWay.last?.part.number == part)
        #expect(bench.underWay.last?.node.name == "n2")
        #expect(bench.status.chunks.resent == 0)
        bench.tick(after: .milliseconds(60))
        #expect(bench.underWay.count { $0.node.name == "n1" } == 2)
    }

    @Test func aJobWhoseOnlyNodeIsOverloadedComesBackToIt() {
        var bench = JobBench(to: 100, chunks: 1)
        bench.workers(["n1"])
        for _ in 0..<20 {
            bench.lose(0, .overloaded)
            #expect(bench.underWay.isEmpty)
            bench.tick(after: .seconds(11))
            #expect(bench.underWay.count == 1)
        }
        bench.answer(0)
        #expect(bench.status.count == 25)
    }

    @Test func aPartThatFailsEverywhereFailsTheJobAndIsNamed() {
        var bench = JobBench(to: 100, chunks: 1)
        bench.workers(["n1", "n2"])
        while bench.ended == 0 {
            bench.lose(0, .failed("no memory"))
            bench.tick(after: .seconds(1))
        }
        #expect(bench.status.status == .failed)
        #expect(bench.status.warnings.first?.contains("part 0 (0 to 100)") == true)
        #expect(bench.status.warnings.first?.contains("no memory") == true)
        #expect(bench.status.count == nil)
    }

    @Test func anImpossibleCountIsNotBelieved() {
        var bench = JobBench(to: 100, chunks: 1)
        bench.workers(["n1"])
        let (part, node) = bench.underWay.removeFirst()
        bench.answered(part, by: node, count: 102)
        bench.tick(after: .seconds(1))
        bench.answer(0)
        #expect(bench.status.count == 25)
    }

    @Test func aSilentPartGoesToAnotherNodeAsWell() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"])
        let silent = bench.underWay.filter { $0.node.name == "n1" }.map(\.part.number)
        for _ in 0..<20 {
            bench.tick(after: .milliseconds(10))
            bench.answer(bench.underWay.firstIndex { $0.node.name == "n2" }!)
        }
        #expect(bench.status.chunks.resent == 0)
        bench.tick(after: .seconds(6))
        while let index = bench.underWay.firstIndex(where: { $0.node.name == "n2" }) { bench.answer(index) }
        #expect(bench.status.status == .completed)
        #expect(bench.status.chunks.resent == 2)
        #expect(bench.status.count == 9_592)
        #expect(bench.calledOff.filter { $0.node.name == "n1" }.map(\.parts.lowerBound).sorted() == silent.sorted())
    }

    @Test func stragglersAreGivenToIdleNodesAtTheEnd() {
        var bench = JobBench(to: 1_000, chunks: 10)
        bench.workers(["n1", "n2"])
        while let index = bench.underWay.firstIndex(where: { $0.node.name == "n2" }) {
            bench.now = bench.now + .milliseconds(5)
            bench.answer(index)
        }
        #expect(bench.status.chunks.inFlight == 2)
        bench.tick(after: .milliseconds(50))
        #expect(bench.status.chunks.inFlight == 2, "too early")
        bench.tick(after: .milliseconds(100))
        #expect(bench.status.chunks == .init(total: 10, done: 8, inFlight: 2, resent: 2))
        #expect(bench.underWay.map(\.node.name).sorted() == ["n1", "n1", "n2", "n2"])
        bench.tick(after: .seconds(10))
        #expect(bench.status.chunks.resent == 2, "both nodes have both parts already")
        while let index = bench.underWay.firstIndex(where: { $0.node.name == "n2" }) { bench.answer(index) }
        #expect(bench.status.count == 168)
        #expect(bench.calledOff.count == 2)
    }

    @Test func aCancelledJobIsOverAtOnceAndStaysOver() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2"])
        let sent = bench.underWay
        bench.handle(.cancel)
        #expect(bench.underWay.isEmpty)
        #expect(bench.calledOff.count == sent.count)
        let document = bench.status
        #expect(document.status == .failed)
        #expect(document.warnings == ["cancelled"])
        for (part, node) in sent { bench.answered(part, by: node, count: 0) }
        bench.handle(.cancel)
        bench.workers(["n3"])
        bench.tick(after: .seconds(7_200))
        #expect(bench.status == document)
        #expect(bench.ended == 1)
    }

    @Test func theDeadlineEndsAJob() {
        var bench = JobBench(to: 100_000, deadline: .seconds(10))
        bench.workers(["n1"])
        bench.tick(after: .milliseconds(9_999))
        #expect(bench.status.status == .processing)
        bench.tick(after: .milliseconds(1))
        #expect(bench.status.status == .failed)
        #expect(bench.status.warnings == ["deadline"])
        #expect(bench.status.elapsedMs == 10_000)
        #expect(bench.status.completedAtMs == 11_000)
    }

    @Test func aJobWithoutWorkersWaitsAndSaysSo() {
        var bench = JobBench(to: 100, chunks: 1)
        bench.workers([String]())
        bench.tick(after: .seconds(1))
        #expect(bench.status.status == .pending)
        #expect(bench.status.warnings.first?.contains("no node with the role primes") == true)
        bench.workers(["n1"])
        bench.answer(0)
        #expect(bench.status.status == .completed)
        #expect(bench.status.warnings.isEmpty)
    }

    @Test func theVersionStandsStillWhenNothingHappens() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1"])
        let version = bench.status.version
        bench.tick(after: .milliseconds(100))
        #expect(bench.status.version == version)
        bench.answer(0)
        #expect(bench.status.version > version)
    }

    @Test func shortPartsTravelInRunsUntilTheEnd() {
        // 100 parts of 1,000 numbers, ten of which make a run.
        var bench = JobBench(to: 99_999, numbersPerRun: 10_000)
        bench.workers(["n1", "n2"])
        #expect(bench.underWay.map(\.part.parts) == [10, 10, 10, 10])
        #expect(bench.underWay.allSatisfy { $0.part.length == 10_000 && $0.part.number % 10 == 0 })
        #expect(bench.status.chunks == .init(total: 100, done: 0, inFlight: 40, resent: 0))
        bench.answer(0)
        #expect(bench.status.chunks.done == 10)
        var lengths: [Int] = []
        while !bench.underWay.isEmpty {
            lengths.append(bench.underWay[0].part.parts)
            bench.answer(0)
        }
        #expect(lengths.last == 1, "\(lengths)")
        #expect(bench.status.count == 9_592)
        #expect(bench.status.nodes.reduce(0) { $0 + $1.parts } == 100)
    }

    @Test func theRunOfADeadNodeIsSentAgainInParts() {
        var bench = JobBench(to: 99_999, numbersPerRun: 10_000)
        bench.workers(["n1", "n2"])
        bench.die("n2", leaving: ["n1"])
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.chunks.resent == 20)
        #expect(bench.status.count == 9_592)
    }

    @Test func aRunThatOverlapsWhatIsDoneIsCountedAgain() throws {
        var bench = JobBench(to: 99_999, numbersPerRun: 10_000)
        bench.workers(["n1", "n2"])
        let late = bench.die("n2", leaving: ["n1"])
        // The first resent part is answered by n1; then n2, given up, answers for the whole run.
        bench.answer(0)
        let index = try #require(bench.underWay.firstIndex { $0.part.parts == 1 })
        bench.answer(index)
        let done = bench.status.chunks.done
        for (part, node) in late { bench.answered(part, by: node) }
        #expect(bench.status.chunks.done == done + 10, "one of the two runs was untouched")
        while !bench.underWay.isEmpty { bench.answer(0) }
        #expect(bench.status.count == 9_592)
    }
}
