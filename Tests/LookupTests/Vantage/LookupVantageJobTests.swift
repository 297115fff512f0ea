import Choreography
import Jobs
import Lookup
import MessagePack
import Testing
import World

/// Jobs whose user has said from where to look.
@Suite struct LookupVantageJobTests {
    private typealias Stage = LookupStage

    private static let vantage = LookupVantage(asked: .count(4), nodes: ["n3", "n1", "n2"], warnings: ["4 nodes were asked for, and 3 look up"])

    /// In whatever order they answer, and some twice.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func everyNodeHasAResultOfItsOwnForEachService(_ seed: UInt64) throws {
        let stage = Stage(seed: seed)
        try stage.submit([3, 0], vantage: Self.vantage)
        #expect(try stage.openOrders == 6, "all are asked at once")
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .completed && stage.isOver && status.completionPercentage == 100)
        let pairs = [(3, "n3"), (3, "n1"), (3, "n2"), (0, "n3"), (0, "n1"), (0, "n2")]
        #expect(status.results == pairs.map { Stage.outcome($0.0, by: $0.1) }, "seed \(seed)")
        #expect(status.warnings == Self.vantage.warnings)
        #expect(try stage.summary?.shares == ["n1", "n2", "n3"].map { JobSummary.Share(name: $0, parts: 2) })
    }

    @Test func whatIsDoneCountsByPartsAndNotByServices() throws {
        let stage = Stage()
        stage.answer { _, place in place == "n2" ? .done([0xC1]) : nil }
        try stage.submit([0, 1], vantage: Self.vantage)
        try stage.rehearsal.play()
        let status = try #require(try stage.status)
        #expect(status.status == .processing && status.completionPercentage == 66 && status.results.map(\.node) == ["n3", "n1", "n3", "n1"])
        #expect(try stage.summary?.percentage == 66)
    }

    /// Each place is asked in its own name, whoever looks after the job.
    @Test func theAnswerOfAnotherNodeIsNone() throws {
        let stage = Stage()
        stage.answer { order, place in place == "n2" ? try Stage.done(Stage.outcome(order.service, by: "n1")) : nil }
        try stage.submit([0], vantage: Self.vantage)
        try stage.rehearsal.play()
        #expect(try stage.status?.results.map(\.node) == ["n3", "n1"])
        let dead = try stage.rehearsal.deadParts
        #expect(dead.map(\.part) == ["0@n2"] && dead.first?.cause.contains("node n1 has looked for node n2") == true)
    }

    @Test func aNodeThatCouldNotDoItHasAResultByItsName() throws {
        let stage = Stage()
        stage.answer { _, place in place == "n1" ? .failed("its disk is full") : nil }
        try stage.submit([0], vantage: Self.vantage)
        try stage.rehearsal.play()
        let outcome = try #require(try stage.status?.results[1])
        #expect(outcome.node == "n1" && outcome.errorMessage == "its disk is full" && outcome.failureSource == .node)
    }

    @Test func whoHasNotAnsweredByTheDeadlineHasFailedByTheMesh() throws {
        let stage = Stage()
        stage.answer { _, place in place == "n3" ? nil : .done([0xC1]) }
        try stage.submit([0], vantage: Self.vantage, deadline: .seconds(10))
        try stage.rehearsal.play()
        stage.rehearsal.wait(.seconds(10))
        try stage.rehearsal.play()
        let results = try #require(try stage.status?.results)
        #expect(results.map(\.node) == ["n3", "n1", "n2"])
        #expect(results.map(\.errorMessage) == [nil, JobWarning.deadline, JobWarning.deadline])
        #expect(results.map(\.failureSource) == [nil, .mesh, .mesh])
    }

    @Test func largeResultsOfOneServiceAreToldApart() throws {
        let stage = Stage()
        func location(_ place: String) -> ResultLocation { ResultLocation(digest: Array(place.utf8), size: 100_000, nodes: ["n4"]) }
        stage.answer { _, place in place.map { .stored(location($0)) } }
        try stage.submit([2], vantage: Self.vantage)
        try stage.rehearsal.play()
        let outcomes = Self.vantage.nodes.map { Stage.outcome(2, "\"\($0)\"", by: $0) }
        for (place, outcome) in zip(Self.vantage.nodes, outcomes) { stage.results[location(place)] = try MessagePackEncoder().encode(outcome) }
        #expect(try stage.status?.results == outcomes)
    }

    /// 64 rows, and a state and an order that hold as many.
    @Test func theMostThatIsAllowedFindsRoom() throws {
        let stage = Stage()
        let nodes = (0..<32).map { String(repeating: "n", count: 98) + "\(10 + $0)" }
        try stage.submit([0, 1], vantage: LookupVantage(asked: .all, nodes: nodes))
        try stage.rehearsal.play()
        #expect(try stage.status?.results.map(\.node) == nodes + nodes)
        #expect(throws: (any Error).self) { try Stage().submit([0, 1, 2], vantage: LookupVantage(asked: .all, nodes: nodes)) }
    }
}
