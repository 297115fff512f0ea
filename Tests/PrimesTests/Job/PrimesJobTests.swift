import Choreography
import Jobs
import MessagePack
import Primes
import Testing
import World

@Suite struct PrimesJobTests {
    @Test func theChoreographyHolds() throws { _ = try Choreography("primes", [PrimesJob.self]) }

    /// Any part may be answered at any time, and some twice.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func theCountIsExactInWhateverOrderPartsAreAnswered(_ seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        let from = random.chance(0.5) ? 0 : UInt64(random.below(5_000))
        let request = PrimesRequest(
            from: from, to: from + UInt64(random.below(20_000)), algorithm: random.chance(0.5) ? .sieve : .trial,
            chunks: random.chance(0.5) ? nil : 1 + random.below(400))
        let stage = CountingStage(seed: seed)
        try stage.submit(request, breadth: random.below(40))
        #expect(try stage.status?.status == .pending)
        try stage.rehearsal.play()
        let status = try #require(try stage.status), plan = PrimesPlan(request)
        let whole = PrimesPart(number: 0, from: request.from, to: request.to, algorithm: .sieve)
        #expect(status.status == .completed && status.count == CountingStage.count(whole), "seed \(seed)")
        #expect(status.chunks == .init(total: plan.partCount, done: plan.partCount, inFlight: 0, resent: 0))
        #expect(status.nodes.map(\.parts) == [plan.partCount] && status.completionPercentage == 100)
        #expect(stage.isOver)
    }

    @Test(arguments: [
        (UInt64(0), UInt64(1_000_000), UInt64(78_498)), (0, 0, 0), (2, 2, 1), (0, 6, 3), (90, 96, 0), (.max - 58, .max, 1),
    ])
    func knownCountsComeOut(_ from: UInt64, _ to: UInt64, _ expected: UInt64) throws {
        let stage = CountingStage()
        try stage.submit(PrimesRequest(from: from, to: to))
        try stage.rehearsal.play()
        #expect(try stage.status?.count == expected)
    }

    @Test func theStateOfAJobIsTold() throws {
        let stage = CountingStage()
        #expect(try stage.status == nil)
        try stage.submit(PrimesRequest(from: 0, to: 100_000), breadth: 3)
        let accepted = try #require(try stage.status)
        #expect(accepted.status == .pending && accepted.version == 1 && accepted.createdAtMs == CountingStage.startMs)
        #expect(accepted.count == nil && accepted.completedAtMs == nil && accepted.warnings.isEmpty)
        #expect(accepted.chunks == .init(total: 100, done: 0, inFlight: accepted.chunks.inFlight, resent: 0))
        stage.rehearsal.wait(.seconds(2))
        while try stage.status?.chunks.done == 0 { try stage.rehearsal.step() }
        let running = try #require(try stage.status)
        #expect(running.status == .processing && running.version > accepted.version && running.count == nil && running.elapsedMs == 2_000)
        #expect(running.chunks.inFlight > 0)
        let summary = try #require(try stage.summary)
        #expect(summary.kind == "primes" && summary.subject == "0 to 100000" && summary.home == "n1" && !summary.isEnded)
        #expect(summary.shares == [.init(name: "n1", parts: running.chunks.done)])
        try stage.rehearsal.play()
        #expect(try stage.status?.count == 9_592 && stage.summary?.isEnded == true && stage.summary?.percentage == 100)
    }

    @Test func whoSubmitsTwiceUnderOneIdSubmitsOnce() throws {
        let stage = CountingStage()
        try stage.submit(PrimesRequest(from: 0, to: 1_000))
        let open = try stage.openOrders
        try stage.submit(PrimesRequest(from: 0, to: 9))
        #expect(try stage.openOrders == open)
        try stage.rehearsal.play()
        #expect(try stage.status?.count == 168)
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        let stage = CountingStage()
        for request in [PrimesRequest(from: 9, to: 8), PrimesRequest(from: 0, to: 9, chunks: 0), PrimesRequest(from: 0, to: 9, chunks: 100_001)] {
            #expect(throws: (any Error).self) { try stage.submit(request) }
        }
        #expect(throws: (any Error).self) { try stage.cancel() }
        #expect(stage.rehearsal.actors.isEmpty)
    }

    @Test func resentPartsAndNodesAreCounted() throws {
        var actors = MemoryActors([PrimesJob.self])
        let now = WallTime(millisecondsSince1970: CountingStage.startMs), job = ActorName(PrimesJob.kind, of: CountingStage.id)
        try actors.change(job, .telling(Submit(PrimesRequest(from: 0, to: 9, chunks: 10), deadlineMs: .max, breadth: 1), as: CountingStage.id), now: now)
        for part in 0..<10 {
            let primes: UInt64 = [2, 3, 5, 7].contains(part) ? 1 : 0
            let report = WorkReport(result: try CountingStage.result(part, primes), node: ["n2", "n10", "n1"][part % 3], resent: part == 4 ? 2 : 0)
            try actors.change(job, .answer(part: "\(part)", report), now: now)
        }
        let sight = try actors.read(job, try ActorQuery(packed: DurableActors.stateQuery))
        let status = try #require(ActorSighting<PrimesJob>(reading: sight).flatMap { PrimesJob.document(CountingStage.id, $0, results: [:], now: now) })
        #expect(status.count == 4 && status.chunks.resent == 2)
        #expect(status.nodes == [.init(node: "n1", parts: 3), .init(node: "n10", parts: 3), .init(node: "n2", parts: 4)])
    }

    // MARK: Ends without a result

    @Test(arguments: 0..<10 as Range<UInt64>)
    func aPartThatCannotBeCountedFailsTheJobAndIsNamed(_ seed: UInt64) throws {
        let stage = CountingStage(seed: seed)
        stage.answer { $0.number == 7 ? .failed("no memory") : nil }
        try stage.submit(PrimesRequest(from: 0, to: 100_000))
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .failed && status.count == nil)
        let part = PrimesPlan(status.request).part(7)
        let run = try #require(stage.asked.first { $0.number == 7 })
        let name = run.parts == 1 ? "part 7 (\(part.from) to \(part.to))" : "parts 7 to \(6 + run.parts) (\(run.from) to \(run.to))"
        #expect(status.warnings == ["\(name) cannot be counted: no memory"])
        #expect(stage.isOver, "and nobody waits for the rest")
    }

    /// More primes than numbers, or the count of another part.
    @Test(arguments: [1, 2])
    func anImpossibleCountIsNotBelieved(_ number: Int) throws {
        let stage = CountingStage()
        stage.answer { part in number == 1 ? try CountingStage.result(part.number, part.length + 1) : try CountingStage.result(part.number + 1, 0) }
        try stage.submit(PrimesRequest(from: 0, to: 100, chunks: 1))
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .failed && status.count == nil)
        let reason = number == 1 ? "node n1 has counted 102 primes from part 0 on" : "node n1 has counted 0 primes from part 1 on"
        #expect(status.warnings == ["part 0 (0 to 100) cannot be counted: \(reason)"])
    }

    /// It is an operator's business, and the deadline's.
    @Test(arguments: [WorkResult.done([0xC1]), .stored(ResultLocation(digest: [1], size: 1, nodes: ["n2"]))])
    func whatIsNoCountIsRefusedAndTheJobGoesOnWithoutIt(_ nonsense: WorkResult) throws {
        let stage = CountingStage()
        stage.answer { $0.number == 0 ? nonsense : nil }
        try stage.submit(PrimesRequest(from: 0, to: 100_000), deadline: .seconds(60))
        try stage.rehearsal.play()
        #expect(try stage.rehearsal.deadParts.map(\.part) == ["0"])
        #expect(try stage.status?.status == .processing && stage.openOrders == 1)
        stage.rehearsal.wait(.seconds(60))
        try stage.rehearsal.play()
        #expect(try stage.status?.warnings == [JobWarning.deadline] && stage.isOver)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func aCancelledJobIsOverAtOnceAndStaysOver(_ seed: UInt64) throws {
        let stage = CountingStage(seed: seed)
        try stage.submit(PrimesRequest(from: 0, to: 100_000))
        for _ in 0..<(seed * 3) { try stage.rehearsal.step() }
        try stage.cancel()
        let status = try #require(try stage.status)
        #expect(status.status == .failed && status.warnings == [JobWarning.cancelled] && status.count == nil)
        #expect(try stage.openOrders == 0 && stage.isOver)
        #expect(throws: (any Error).self) { try stage.cancel() }
        stage.rehearsal.wait(.seconds(7_200))
        try stage.rehearsal.play()
        #expect(try stage.status == status, "late answers and the deadline find it over")
    }

    @Test func theDeadlineEndsAJob() throws {
        let stage = CountingStage()
        stage.answer { _ in .done([0xC1]) }
        try stage.submit(PrimesRequest(from: 0, to: 100_000), deadline: .seconds(10))
        try stage.rehearsal.play()
        stage.rehearsal.wait(.milliseconds(9_999))
        try stage.rehearsal.play()
        #expect(try stage.status?.status == .pending && !stage.isOver)
        stage.rehearsal.wait(.milliseconds(1))
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .failed && status.warnings == [JobWarning.deadline] && stage.isOver)
        #expect(status.elapsedMs == 10_000 && status.completedAtMs == CountingStage.startMs + 10_000)
    }

    // MARK: Many parts

    /// Runs, and more of them than the mesh works on at a time.
    @Test func aWindowOfRunsIsOrderedAtATime() throws {
        for (breadth, window) in [(0, 64), (8, 64), (50, 100), (1_000, 256), (-1, 64)] {
            let stage = CountingStage()
            try stage.submit(PrimesRequest(from: 0, to: 99_999, chunks: 100_000), breadth: breadth)
            #expect(try stage.openOrders == window, "breadth \(breadth)")
        }
        let few = CountingStage()
        try few.submit(PrimesRequest(from: 0, to: 99_999, chunks: 7), breadth: 100)
        #expect(try few.openOrders == 7)
    }

    @Test func aHundredThousandPartsStayWithinLimits() throws {
        var actors = MemoryActors([PrimesJob.self])
        let now = WallTime(millisecondsSince1970: CountingStage.startMs), job = ActorName(PrimesJob.kind, of: CountingStage.id)
        let request = PrimesRequest(from: 0, to: 99_999, chunks: 100_000), plan = PrimesPlan(request)
        try actors.change(job, .telling(Submit(request, deadlineMs: .max, breadth: 1_000), as: CountingStage.id), now: now)
        for number in 0..<plan.runCount {
            let run = plan.run(plan.partsOfRun(number))
            let report = WorkReport(result: try CountingStage.result(run.number, CountingStage.count(run)), node: "n\(number % 100)")
            try actors.change(job, .answer(part: "\(number)", report), now: now)
        }
        let bytes = try actors.read(job, try ActorQuery(packed: DurableActors.stateQuery))
        let status = try #require(ActorSighting<PrimesJob>(reading: bytes).flatMap { PrimesJob.document(CountingStage.id, $0, results: [:], now: now) })
        #expect(status.count == 9_592 && status.chunks.done == 100_000 && status.nodes.count == 100)
        #expect(actors.isFinished(job) && bytes.count < 8 << 10)
    }

    /// The largest job has a run for each part.
    @Test func asManyAnswersAreTakenAsThereCanBeRuns() throws {
        let request = PrimesRequest(from: 0, to: 20_000_000_000_000, chunks: 100_000)
        #expect(PrimesPlan(request).runCount == 100_000)
        let limit = PrimesJob.rules.first { $0.step.event == WorkAnswer.name }?.step.limit
        #expect(limit.map { $0 >= 100_000 } == true)
    }
}
