import Choreography
import Jobs
import Registers
import Testing
import World

/// What an edge can do with jobs.
@Suite struct JobDeskTests {
    private let scene = JobScene()
    private static let id = WorkID.job(1)
    private static let two = SumJob.Request(numbers: [1, 1])

    private func submit(_ request: SumJob.Request = two, _ id: WorkID = id) async throws { try await scene.desk.submit(request, id: id) }

    private func status(_ id: WorkID = id, seen: UInt64? = nil, patience: Duration = .zero) async throws -> SumJob.Document {
        try await scene.desk.status(id, seen: seen, patience: patience)
    }

    /// The error of a wish that comes to one.
    private func refusal(_ body: () async throws -> Void) async -> JobGatewayError? {
        do {
            try await body()
            return nil
        } catch { return error as? JobGatewayError }
    }

    // MARK: Submitting

    @Test func aJobIsKeptWhenItsSubmissionReturns() async throws {
        let before = SystemWorld().wallTime.millisecondsSince1970
        try await submit()
        let status = try await status()
        #expect(status.jobId == Self.id && status.request == Self.two && status.status == .pending && status.version == 1)
        #expect(status.createdAtMs == JobScene.startMs && status.breadth == 4 && status.warnings.isEmpty)
        #expect((before + 60_000...before + 120_000).contains(status.deadlineMs))
        #expect(scene.desk.submittedCount == 1 && scene.settled == [true])
    }

    @Test func twiceUnderOneIdIsOneJob() async throws {
        try await submit()
        try scene.engine.answer(Self.id, 0)
        try await submit()
        #expect(try await status().sum == 2)
        try scene.engine.answer(Self.id, 1)
        try await submit()
        let status = try await status()
        #expect(status.status == .completed && status.sum == 4)
    }

    @Test func whatCannotBeDoneIsRefusedWithItsReason() async throws {
        let error = await refusal { try await submit(SumJob.Request(numbers: [])) }
        #expect(error?.code == .invalid && error?.description == "no numbers; give at least one")
        #expect(await refusal { _ = try await status() }?.code == .notFound)
        #expect(scene.desk.submittedCount == 0 && scene.settled.isEmpty)
    }

    @Test func aHomeThatHasEnoughToDoTakesNoMore() async throws {
        scene.object("2 sum jobs run already")
        let error = await refusal { try await submit() }
        #expect(error?.code == .unavailable && error?.description == "2 sum jobs run already" && error?.retryAfterSeconds == 2)
        #expect(await refusal { _ = try await status() }?.code == .notFound, "nothing was begun")
        #expect(scene.settled.isEmpty)
        scene.object(nil)
        try await submit()
        #expect(scene.settled == [true])
    }

    @Test(arguments: [
        (RegisterError(.noMajority, .failed, "x"), JobGatewayError.Code.unavailable, 1),
        (RegisterError(.noMajority, .unknown, "x"), .unknown, 1), (RegisterError(.overloaded, .failed, "x", retryAfter: .seconds(5)), .unavailable, 5),
        (RegisterError(.notReady, .failed, "x", retryAfter: .milliseconds(10)), .unavailable, 1),
        (RegisterError(.refused, .failed, "x"), .invalid, 1), (RegisterError(.tooLarge, .failed, "x"), .invalid, 1),
    ])
    func whatRegistersSayIsSaidInTheWordsOfAnEdge(_ error: RegisterError, _ code: JobGatewayError.Code, _ seconds: Int) async throws {
        scene.fail(error)
        let refused = await refusal { try await submit() }
        #expect(refused?.code == code && refused?.retryAfterSeconds == seconds)
        #expect(refused?.description.contains("job \(Self.id) of the kind sum") == true)
        #expect(scene.settled == [error.outcome == .unknown], "a place is given back unless the job may have begun")
        #expect(await refusal { _ = try await status() }?.code == code)
        #expect(await refusal { try await scene.desk.cancel(Self.id) }?.code == code)
    }

    @Test func anIdOfAClosedHourIsAnOldOneWhenItIsAskedForAndTheWorkOfAClockWhenItIsNew() async throws {
        scene.fail(RegisterError(.expired, .failed, "x"))
        let refused = await refusal { try await submit() }
        #expect(refused?.code == .unavailable && refused?.description.contains("a clock is behind") == true)
        #expect(scene.settled == [false])
        #expect(await refusal { _ = try await status() }?.code == .notFound)
        #expect(await refusal { try await scene.desk.cancel(Self.id) }?.code == .notFound)
    }

    // MARK: Asking

    @Test func whatWasNeverSubmittedIsUnknown() async throws {
        let error = await refusal { _ = try await status() }
        #expect(error?.code == .notFound && error?.description == "there is no job \(Self.id) of the kind sum")
        #expect(await refusal { try await scene.desk.cancel(Self.id) }?.code == .notFound)
        #expect(scene.engine.reads == 2, "asking begins nothing")
    }

    @Test func withNobodyToDoItTheJobWaitsAndSaysSo() async throws {
        scene.workers(0)
        try await submit()
        #expect(try await status().warnings == ["no node with the role sum is alive; the job waits for one"])
        scene.workers(1)
        #expect(try await status().warnings.isEmpty)
        for part in 0...1 { try scene.engine.answer(Self.id, part) }
        scene.workers(0)
        #expect(try await status().warnings.isEmpty, "it has ended, and waits for nobody")
    }

    @Test func whoHasSeenAnOlderVersionIsAnsweredAtOnce() async throws {
        try await submit()
        try scene.engine.answer(Self.id, 0)
        #expect(try await status(seen: 1, patience: .seconds(60)).version == 2)
        #expect(scene.waits.isEmpty)
    }

    @Test func whoHasSeenThisVersionWaitsForTheNext() async throws {
        try await submit()
        scene.whileWaiting { try $0.answer(Self.id, 0) }
        let status = try await status(seen: 1, patience: .seconds(60))
        #expect(status.version == 2 && status.sum == 2 && scene.waits.count == 1)
        #expect(scene.waits.allSatisfy { $0 <= .seconds(60) && $0 > .seconds(30) })
    }

    @Test func whoWaitsForNewsInVainIsToldWhatIsKnown() async throws {
        try await submit()
        #expect(try await status(seen: 1, patience: .milliseconds(50)).version == 1)
        #expect(!scene.waits.isEmpty)
    }

    @Test func nobodyWaitsForNewsOfWhatHasEnded() async throws {
        try await submit()
        for part in 0...1 { try scene.engine.answer(Self.id, part) }
        let version = try await status().version
        #expect(try await status(seen: version, patience: .seconds(60)).status == .completed)
        #expect(scene.waits.isEmpty)
    }

    @Test func largeResultsAreFetchedAndWhereTheyLieIsToldWhenNobodyAnswers() async throws {
        let location = ResultLocation(digest: [1], size: 3, nodes: ["n4", "n5"])
        try await submit()
        try scene.engine.answer(Self.id, 0, .stored(location))
        let error = await refusal { _ = try await status() }
        #expect(error?.code == .unavailable)
        #expect(error?.description == "a result of job \(Self.id) lies on n4 and n5, and none of them answers; ask again")
        scene.results.bytes.withLock { $0[location] = [1, 2, 3] }
        #expect(try await status().results == [location: [1, 2, 3]])
    }

    /// Whatever the clock of an edge shows; the mutation is one that asks it.
    @Test func onlyTheJobItselfSaysThatItIsTooLate() async throws {
        for (mutations, phase) in [([], .pending), ([.twoDeciders], .failed)] as [(Set<Mutation>, JobPhase)] {
            let scene = JobScene(mutations: mutations)
            scene.engine.now = WallTime(millisecondsSince1970: SystemWorld().wallTime.millisecondsSince1970 - 120_000)
            try await scene.desk.submit(Self.two, id: Self.id)
            let status = try await scene.desk.status(Self.id, seen: nil, patience: .zero)
            #expect(status.status == phase && status.warnings == (phase == .failed ? [JobWarning.deadline] : []))
        }
    }

    // MARK: Cancelling

    @Test func aCancelledJobHasFailed() async throws {
        try await submit()
        try await scene.desk.cancel(Self.id)
        let status = try await status()
        #expect(status.status == .failed && status.warnings == [JobWarning.cancelled] && status.completedAtMs == JobScene.startMs)
        try scene.engine.answer(Self.id, 0)
        #expect(try await self.status() == status, "an answer that comes late changes nothing")
    }

    @Test func whatHasEndedCannotBeCancelled() async throws {
        try await submit()
        try await scene.desk.cancel(Self.id)
        let again = await refusal { try await scene.desk.cancel(Self.id) }
        #expect(again?.code == .alreadyEnded && again?.description == "job \(Self.id) has ended already: Failed")
        try await submit(Self.two, .job(2))
        for part in 0...1 { try scene.engine.answer(.job(2), part) }
        #expect(await refusal { try await scene.desk.cancel(.job(2)) }?.description == "job \(WorkID.job(2)) has ended already: Completed")
    }

    /// One of two decides, and both are told what is so.
    @Test func whatEndsWhileItIsBeingCancelledHasEnded() async throws {
        try await submit()
        scene.beforeNextChange { engine in for part in 0...1 { try engine.answer(Self.id, part) } }
        #expect(await refusal { try await scene.desk.cancel(Self.id) }?.code == .alreadyEnded)
        #expect(try await status().status == .completed)
    }

    @Test func twoWhoCancelAtTheSameTimeHaveBothCancelled() async throws {
        try await submit()
        scene.beforeNextChange { try $0.tell(CancelJob(), to: ActorName(SumJob.kind, of: Self.id), as: Self.id) }
        try await scene.desk.cancel(Self.id)
        #expect(try await status().warnings == [JobWarning.cancelled])
    }
}
