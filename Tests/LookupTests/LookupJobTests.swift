import Jobs
import Lookup
import Placement
import Testing
import World

/// A job and workers that do what the test says, in virtual time.
private struct Bench {
    var job: LookupJob
    var now = Instant(nanoseconds: 1_000_000_000)
    var ended = 0
    /// Requests that have been sent and neither answered nor called off.
    var underWay: [(order: LookupOrder, node: NodeIdentity)] = []
    var calledOff: [(service: Int, node: NodeIdentity)] = []

    init(services: [Int] = [0, 1, 2, 3], deadline: Duration = .seconds(60), resends: Bool = true) throws {
        let request = LookupRequest(target: try LookupTarget("192.0.2.1"), services: services)
        let id = try #require(WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        job = LookupJob(id: id, request: request, createdAtMs: 1_000, now: now, deadline: deadline, resends: resends)
    }

    var status: LookupStatus { job.document(now: now) }

    mutating func handle(_ input: LookupJob.Input) {
        for effect in job.handle(input, now: now) {
            switch effect {
            case .send(let order, let node): underWay.append((order, node))
            case .callOff(let service, let node):
                underWay.removeAll { $0.order.service == service && $0.node == node }
                calledOff.append((service, node))
            case .ended: ended += 1
            }
        }
    }

    mutating func workers(_ names: [String], life: UInt64 = 1) {
        let nodes = names.map { NodeIdentity(name: $0, life: life) }
        let ring = HashRing(nodes.map { RingMember(name: $0.name, roles: [LookupJob.role]) })
        handle(.workers(nodes.map { WorkerSeat(node: $0, credits: 1) }, ring))
    }

    mutating func tick(after duration: Duration) {
        now = now + duration
        handle(.tick)
    }

    static func outcome(_ service: Int, error: String? = nil, node: String = "n1") -> LookupOutcome {
        LookupOutcome(
            service: service, result: error.map { .failure(LookupFailure($0)) } ?? .success("{}"), completedAtMs: 2_000,
            durationMs: 5, node: node)
    }

    mutating func answer(_ index: Int, error: String? = nil) {
        let (order, node) = underWay.remove(at: index)
        handle(.answered(order.service, by: node, Self.outcome(order.service, error: error, node: node.name)))
    }

    mutating func lose(_ index: Int, _ loss: JobLoss) {
        let (order, node) = underWay.remove(at: index)
        handle(.lost(order.service, by: node, loss))
    }
}

@Suite struct LookupJobTests {
    @Test func allServicesAreAskedAtOnceEachOfItsOwner() throws {
        var bench = try Bench()
        #expect(bench.status.status == .pending)
        bench.workers(["n1", "n2", "n3"])
        #expect(bench.underWay.map(\.order.service) == [0, 1, 2, 3])
        let ring = HashRing(["n1", "n2", "n3"].map { RingMember(name: $0, roles: [LookupJob.role]) })
        for (order, node) in bench.underWay {
            #expect(ring.owner(of: "\(bench.status.jobId)/\(order.service)", role: LookupJob.role)?.name == node.name)
        }
        #expect(bench.status.status == .processing)
    }

    @Test func resultsStandInTheOrderOfTheRequest() throws {
        var bench = try Bench(services: [3, 0, 2])
        bench.workers(["n1"])
        bench.answer(2)
        bench.answer(0)
        #expect(bench.status.results.map(\.service) == [3, 2])
        #expect(bench.status.completionPercentage == 66)
        bench.answer(0)
        #expect(bench.status.results.map(\.service) == [3, 0, 2])
        #expect(bench.status.status == .completed && bench.ended == 1)
    }

    @Test func aServiceThatFailsDoesNotFailTheJob() throws {
        var bench = try Bench(services: [0, 1])
        bench.workers(["n1"])
        bench.answer(0, error: "private range")
        bench.answer(0)
        #expect(bench.status.status == .completed)
        #expect(bench.status.results.map(\.errorMessage) == ["private range", nil])
    }

    /// An order that kills its workers must not take the whole mesh with it.
    @Test func aServiceWithWhichThreeNodesDiedIsGivenToNoOther() throws {
        var bench = try Bench(services: [0, 1])
        bench.workers(["n1", "n2", "n3", "n4", "n5"])
        var names: [String] = []
        for _ in 0..<3 {
            let index = try #require(bench.underWay.firstIndex { $0.order.service == 0 })
            names.append(bench.underWay[index].node.name)
            bench.lose(index, .died)
        }
        #expect(bench.underWay.map(\.order.service) == [1] && bench.status.status == .processing)
        let sentence = "nodes died while they looked this up: \(names.joined(separator: ", ")); it is given to no other"
        #expect(Set(names).count == 3 && bench.status.results.map(\.errorMessage) == [sentence])
        bench.answer(0)
        #expect(bench.status.status == .completed && bench.ended == 1)
    }

    @Test func nodesThatLeaveOrAreSilentDoNotCountAsDead() throws {
        var bench = try Bench(services: [0])
        bench.workers(["n1", "n2", "n3"])
        for round in 0..<20 { bench.lose(0, round % 2 == 0 ? .nodeDown : .silent) }
        bench.lose(0, .died)
        bench.lose(0, .died)
        #expect(bench.underWay.count == 1)
        bench.answer(0)
        #expect(bench.status.results.map(\.isSuccess) == [true])
    }

    /// Its process was started again at once, so its sessions had ended before the mesh knew.
    @Test func aDeathThatIsLearntOfLaterCountsToo() throws {
        var bench = try Bench(services: [0])
        bench.workers(["n1", "n2", "n3", "n4"])
        var lost: [NodeIdentity] = []
        for _ in 0..<3 {
            lost.append(bench.underWay[0].node)
            bench.lose(0, .nodeDown)
        }
        bench.handle(.died(NodeIdentity(name: "n9", life: 1)))
        for node in lost.dropLast() + lost.dropLast() { bench.handle(.died(node)) }
        #expect(bench.status.status == .processing)
        bench.handle(.died(lost[2]))
        #expect(bench.status.results.first?.errorMessage?.contains(lost.map(\.name).joined(separator: ", ")) == true)
        #expect(bench.underWay.isEmpty && bench.calledOff.count == 1 && bench.ended == 1)
    }

    @Test func eachLifeOfANodeDiesOnce() throws {
        var deaths = PartDeaths()
        for life: UInt64 in [1, 1, 2] { deaths.insert(NodeIdentity(name: "n1", life: life)) }
        #expect(!deaths.isOver)
        deaths.insert(NodeIdentity(name: "n2", life: 1))
        #expect(deaths.isOver && deaths.names == "n1 (2 times), n2")
    }

    @Test func aDocumentThatCannotBeReadIsWarnedOf() throws {
        var bench = try Bench(services: [0, 2])
        bench.workers(["n1"])
        for (service, text) in [(0, "{}"), (2, #"{"cut"#)] {
            let outcome = LookupOutcome(service: service, result: .success(text), completedAtMs: 1, durationMs: 1, node: "n1")
            bench.handle(.answered(service, by: NodeIdentity(name: "n1", life: 1), outcome))
        }
        #expect(bench.status.status == .completed && bench.status.warnings.count == 1)
        #expect(bench.status.warnings.first?.hasPrefix("the RDAP result of node n1 is no JSON and cannot be shown: ") == true)
    }

    @Test func theWorkOfADeadNodeGoesToTheNext() throws {
        var bench = try Bench(services: [0])
        bench.workers(["n1", "n2", "n3"])
        let first = bench.underWay[0].node
        bench.lose(0, .died)
        #expect(bench.underWay.count == 1 && bench.underWay[0].node != first)
        #expect(bench.status.resent == 1)
        bench.answer(0)
        #expect(bench.status.status == .completed)
    }

    /// The mutation: what is lost stays lost, and only the deadline ends the job.
    @Test func withoutResendingALostServiceIsMissingAtTheDeadline() throws {
        var bench = try Bench(services: [0, 1], deadline: .seconds(30), resends: false)
        bench.workers(["n1", "n2", "n3"])
        bench.lose(0, .died)
        bench.answer(0)
        bench.tick(after: .seconds(25))
        #expect(bench.underWay.isEmpty && bench.status.status == .processing)
        bench.tick(after: .seconds(5))
        #expect(bench.status.results.map(\.errorMessage) == ["deadline", nil])
    }

    @Test func anOverloadedNodeIsPassedByAndNothingCountsAsResent() throws {
        var bench = try Bench(services: [0])
        bench.workers(["n1", "n2"])
        let first = bench.underWay[0].node
        bench.lose(0, .overloaded)
        #expect(bench.underWay.isEmpty, "a moment of rest first")
        bench.tick(after: .milliseconds(100))
        #expect(bench.underWay.count == 1 && bench.underWay[0].node != first)
        bench.lose(0, .overloaded)
        bench.tick(after: .seconds(3))
        #expect(bench.underWay.map(\.node) == [first], "all have been tried, so the first again")
        #expect(bench.status.resent == 0)
    }

    @Test func aSilentWorkerIsJoinedByAnotherAndTheFirstAnswerCounts() throws {
        var bench = try Bench(services: [1])
        bench.workers(["n1", "n2", "n3"])
        bench.tick(after: .seconds(19))
        #expect(bench.underWay.count == 1)
        bench.tick(after: .seconds(2))
        #expect(bench.underWay.count == 2 && bench.underWay[0].node != bench.underWay[1].node)
        #expect(bench.status.resent == 1)
        let slow = bench.underWay[0]
        bench.answer(1)
        #expect(bench.calledOff.map(\.node) == [slow.node])
        let last = bench.status
        bench.handle(.answered(1, by: slow.node, Bench.outcome(1, error: "late")))
        #expect(bench.status == last && bench.ended == 1, "a late answer changes nothing")
    }

    @Test func atTheDeadlineWhatIsMissingHasFailedWithThatWord() throws {
        var bench = try Bench(deadline: .seconds(10))
        bench.workers(["n1", "n2"])
        bench.answer(0)
        bench.tick(after: .seconds(10))
        #expect(bench.status.status == .completed)
        #expect(bench.status.results.count == 4)
        #expect(bench.status.results.map(\.errorMessage) == [nil, "deadline", "deadline", "deadline"])
        #expect(bench.underWay.isEmpty && bench.ended == 1)
    }

    @Test func aCancelledJobHasFailedAndCallsEverybodyOff() throws {
        var bench = try Bench()
        bench.workers(["n1", "n2"])
        bench.handle(.cancel)
        #expect(bench.status.status == .failed && bench.status.warnings == ["cancelled"])
        #expect(bench.underWay.isEmpty && bench.calledOff.count == 4 && bench.ended == 1)
        bench.handle(.cancel)
        bench.tick(after: .seconds(100))
        #expect(bench.ended == 1)
    }

    @Test func aServiceThatCannotBeCalledFailsAloneAfterSomeAttempts() throws {
        var bench = try Bench(services: [0, 9])
        bench.workers(["n1", "n2"])
        bench.answer(0)
        for _ in 0..<4 { bench.lose(0, .failed("there is no service 9 here")) }
        #expect(bench.status.status == .completed)
        #expect(bench.status.results.map(\.errorMessage) == [nil, "there is no service 9 here"])
    }

    @Test func withNobodyToAskTheJobWaitsAndSaysSo() throws {
        var bench = try Bench()
        bench.handle(.tick)
        #expect(bench.status.warnings == ["no node with the role lookup is alive; the job waits for one"])
        bench.workers(["n1"])
        #expect(bench.underWay.count == 4 && bench.status.warnings.isEmpty)
    }

    /// Whatever happens, every service has one outcome and the end is one.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func everyServiceHasOneOutcomeWhateverHappens(_ seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        var bench = try Bench()
        var names = ["n1", "n2", "n3"]
        bench.workers(names)
        var version: UInt64 = 0
        for _ in 0..<10_000 where bench.ended == 0 {
            switch random.below(12) {
            case 0..<3 where !bench.underWay.isEmpty: bench.answer(random.below(bench.underWay.count))
            case 3..<5 where !bench.underWay.isEmpty:
                bench.lose(random.below(bench.underWay.count), [.died, .nodeDown, .silent, .overloaded, .failed("x")][random.below(5)])
            case 5 where !bench.underWay.isEmpty: bench.underWay.remove(at: random.below(bench.underWay.count))
            case 6:
                if names.count > 1, random.chance(0.5) { names.removeLast() } else { names.append("m\(random.below(1_000))") }
                bench.workers(names)
            default: bench.tick(after: .milliseconds(random.below(4_000)))
            }
            #expect(bench.status.version >= version)
            version = bench.status.version
        }
        #expect(bench.ended == 1)
        #expect(bench.status.results.map(\.service) == [0, 1, 2, 3])
    }
}
