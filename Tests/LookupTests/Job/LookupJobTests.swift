import Choreography
import Jobs
import Lookup
import MessagePack
import Testing
import World

@Suite struct LookupJobTests {
    private typealias Stage = LookupStage

    @Test func theChoreographyHolds() throws { _ = try Choreography("lookups", [LookupJob.self]) }

    /// In whatever order services are answered, and some twice.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func resultsStandInTheOrderOfTheRequest(_ seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        var services = Array(0..<10)
        for index in services.indices { services.swapAt(index, random.below(services.count)) }
        services = Array(services.prefix(1 + random.below(10)))
        let failing = Set(services.filter { _ in random.chance(0.3) })
        let stage = Stage(seed: seed)
        stage.answer { order in
            failing.contains(order.service) ? try Stage.done(Stage.outcome(order.service, error: "private range")) : nil
        }
        try stage.submit(services)
        #expect(try stage.openOrders == services.count, "all are asked at once")
        #expect(try stage.status?.status == .pending)
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .completed && stage.isOver)
        #expect(status.results == services.map { Stage.outcome($0, error: failing.contains($0) ? "private range" : nil) }, "seed \(seed)")
        #expect(status.completionPercentage == 100 && status.warnings.isEmpty && status.resent == 0)
        #expect(stage.asked.allSatisfy { services.contains($0.service) && "\($0.target)" == "192.0.2.1" })
    }

    @Test func whatHasEndedIsShownWhileTheRestIsAwaited() throws {
        let stage = Stage()
        #expect(try stage.status == nil)
        stage.answer { $0.service == 0 ? .done([0xC1]) : nil }
        try stage.submit([3, 0, 2])
        let accepted = try #require(try stage.status)
        #expect(accepted.version == 1 && accepted.results.isEmpty && accepted.createdAtMs == Stage.startMs)
        try stage.rehearsal.play()
        stage.rehearsal.wait(.seconds(1))
        let status = try #require(try stage.status)
        #expect(status.status == .processing && status.results.map(\.service) == [3, 2] && status.completionPercentage == 66)
        #expect(status.version > accepted.version)
        let summary = try #require(try stage.summary)
        #expect(summary.kind == "lookup" && summary.subject == "192.0.2.1" && summary.percentage == 66 && summary.elapsedMs == 1_000)
        #expect(summary.shares == [.init(name: "n2", parts: 1), .init(name: "n3", parts: 1)] && !summary.isEnded)
    }

    @Test func theFirstAnswerCounts() throws {
        let stage = Stage(seed: 3)
        var count = 0
        stage.answer { order in
            count += 1
            return try Stage.done(Stage.outcome(order.service, "\(count)"))
        }
        try stage.submit([1])
        try stage.rehearsal.step()
        let status = try #require(try stage.status)
        #expect(status.results == [Stage.outcome(1, "1")])
        for _ in 0..<50 { try stage.rehearsal.step() }
        #expect(count > 1, "it is answered again")
        #expect(try stage.status == status)
    }

    @Test func whoSubmitsTwiceUnderOneIdSubmitsOnce() throws {
        let stage = Stage()
        try stage.submit([0, 1])
        try stage.submit([2])
        try stage.rehearsal.play()
        #expect(try stage.status?.results.map(\.service) == [0, 1])
    }

    @Test(arguments: [[], [1, 1], Array(0...10)])
    func whatMakesNoSenseIsRefused(_ services: [Int]) throws {
        let stage = Stage()
        #expect(throws: (any Error).self) { try stage.submit(services) }
        #expect(throws: (any Error).self) { try stage.cancel() }
        #expect(stage.rehearsal.actors.isEmpty)
    }

    // MARK: Services that fail

    /// Whatever the reason: nodes that died with it, a worker that could not, an operator who has given it up.
    @Test func aPartThatIsGivenUpIsAnOutcomeAndFailsNothing() throws {
        let stage = Stage()
        stage.answer { $0.service == 9 ? .failed("there is no service 9 here") : nil }
        try stage.submit([0, 9])
        stage.rehearsal.wait(.milliseconds(40))
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .completed && status.results.map(\.errorMessage) == [nil, "there is no service 9 here"])
        #expect(status.results[1].completedAtMs == Stage.startMs + 40 && status.results[1].durationMs == 40 && status.results[1].node.isEmpty)
    }

    @Test func aDocumentThatCannotBeReadIsWarnedOf() throws {
        let stage = Stage()
        stage.answer { $0.service == 2 ? try Stage.done(Stage.outcome(2, #"{"cut"#)) : nil }
        try stage.submit([0, 2])
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .completed && status.warnings.count == 1)
        #expect(status.warnings.first?.hasPrefix("the RDAP result of node n2 is no JSON and cannot be shown: ") == true)
    }

    @Test func theAnswerOfAnotherServiceIsRefused() throws {
        let stage = Stage()
        stage.answer { $0.service == 0 ? try Stage.done(Stage.outcome(1)) : nil }
        try stage.submit([0, 1])
        try stage.rehearsal.play()
        #expect(try stage.status?.results.map(\.service) == [1])
        let dead = try stage.rehearsal.deadParts
        #expect(dead.map(\.part) == ["0"])
        #expect(dead.first?.cause.contains("node n1 has answered service 1 for service 0") == true)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func atTheDeadlineWhatIsMissingHasFailedWithThatWord(_ seed: UInt64) throws {
        let stage = Stage(seed: seed)
        stage.answer { $0.service == 0 ? nil : .done([0xC1]) }
        try stage.submit([0, 1, 2, 3], deadline: .seconds(10))
        try stage.rehearsal.play()
        stage.rehearsal.wait(.milliseconds(9_999))
        try stage.rehearsal.play()
        #expect(try stage.status?.status == .processing)
        stage.rehearsal.wait(.milliseconds(1))
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .completed && stage.isOver)
        #expect(status.results.map(\.errorMessage) == [nil] + [String](repeating: JobWarning.deadline, count: 3))
        #expect(status.results.map(\.durationMs) == [5, 10_000, 10_000, 10_000])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func aCancelledJobHasFailedAndStaysSo(_ seed: UInt64) throws {
        let stage = Stage(seed: seed)
        try stage.submit([0, 1, 2, 3, 4, 5])
        for _ in 0..<(seed % 6) { try stage.rehearsal.step() }
        try stage.cancel()
        let status = try #require(try stage.status)
        #expect(status.status == .failed && status.warnings == [JobWarning.cancelled])
        #expect(try stage.openOrders == 0 && stage.isOver)
        stage.rehearsal.wait(.seconds(100))
        try stage.rehearsal.play()
        #expect(try stage.status == status)
    }

    // MARK: Large results

    @Test func whatIsTooLargeForTheRegisterIsReadFromWhereItLies() throws {
        let stage = Stage(), location = ResultLocation(digest: [7], size: 100_000, nodes: ["n4", "n5"])
        stage.answer { $0.service == 2 ? .stored(location) : nil }
        try stage.submit([0, 2])
        try stage.rehearsal.play()
        #expect(try stage.stored == [location])
        let without = try #require(try stage.status)
        #expect(without.status == .completed && without.results.map(\.service) == [0])
        let large = Stage.outcome(2, "\"" + String(repeating: "x", count: 100_000) + "\"")
        stage.results = [location: try MessagePackEncoder().encode(large)]
        #expect(try stage.status?.results == [Stage.outcome(0), large])
        stage.results = [location: [0xC1]]
        #expect(try stage.status?.results == [Stage.outcome(0)], "damaged ones are none")
    }

    /// Each is a row of its own, and together they are more than a state or an answer holds.
    @Test func tenOutcomesAsLargeAsARegisterTakesFindRoom() throws {
        let stage = Stage()
        let text = "\"" + String(repeating: "x", count: 59 << 10) + "\""
        stage.answer { try Stage.done(Stage.outcome($0.service, text)) }
        try stage.submit(Array(0..<10))
        try stage.rehearsal.play()
        #expect(try stage.rehearsal.deadParts.isEmpty)
        #expect(try stage.status?.results == (0..<10).map { Stage.outcome($0, text) })
    }
}
