import Choreography
import Jobs
import Lookup
import MessagePack
import Testing
import World

/// A lookup job, played in any order.
@Suite struct LookupJobTests {
    private static let start = WallTime(millisecondsSince1970: 1_764_000_000_000)
    private static let id = WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")!
    private static let actor = ActorName(LookupJob.kind, of: id)

    private static func success(_ part: String, _ text: String = "{}") -> WorkResult {
        let outcome = LookupOutcome(service: Int(part) ?? -1, result: .success(text), completedAtMs: 5, durationMs: 2, node: "n1")
        return .done((try? MessagePackEncoder().encode(outcome)) ?? [])
    }

    private static func rehearsal(
        _ services: [Int] = [3, 0, 2, 1], seed: UInt64 = 1, worker: @escaping (String, String, [UInt8]) -> WorkResult = { _, part, _ in success(part) }
    ) throws -> Rehearsal {
        let rehearsal = Rehearsal([LookupJob.self], seed: seed, now: start, worker: worker)
        let request = LookupRequest(target: try LookupTarget("192.0.2.7"), services: services)
        try rehearsal.tell(Submit(request, deadlineMs: start.millisecondsSince1970 + 60_000, breadth: 2), to: actor, as: id)
        return rehearsal
    }

    private static func document(_ rehearsal: Rehearsal, results: [ResultLocation: [UInt8]] = [:]) throws -> LookupStatus {
        let sighting = try #require(try rehearsal.sighting(of: actor, LookupJob.self))
        return try #require(LookupJob.document(id, sighting, results: results, now: rehearsal.now))
    }

    @Test func theChoreographyHolds() throws { _ = try Choreography("lookups", [LookupJob.self]) }

    @Test func eachServiceCountsOnceAndResultsStandInTheOrderOfTheRequest() throws {
        for seed in 0..<50 as Range<UInt64> {
            let rehearsal = try Self.rehearsal(seed: seed)
            #expect(try Self.document(rehearsal).status == .pending)
            try rehearsal.play()
            let document = try Self.document(rehearsal)
            #expect(document.status == .completed && document.results.map(\.service) == [3, 0, 2, 1] && document.warnings.isEmpty)
            #expect(rehearsal.isFinished(Self.actor))
        }
    }

    @Test func aServiceThatFailsNeverFailsTheJob() throws {
        let rehearsal = try Self.rehearsal { _, part, _ in part == "2" ? .failed("nobody has a licence") : Self.success(part) }
        try rehearsal.play()
        let document = try Self.document(rehearsal)
        #expect(document.status == .completed && document.results[2].errorMessage == "nobody has a licence" && !document.results[2].isSuccess)
    }

    @Test func atTheDeadlineWhatIsMissingHasFailedWithItsWord() throws {
        let rehearsal = try Self.rehearsal { _, _, _ in .done([0xC1]) }
        try rehearsal.play()
        #expect(try Self.document(rehearsal).status == .pending, "answers that cannot be read are none")
        rehearsal.wait(.seconds(61))
        try rehearsal.play()
        let document = try Self.document(rehearsal)
        #expect(document.status == .completed && document.results.map(\.errorMessage) == Array(repeating: JobWarning.deadline, count: 4))
    }

    @Test func aCancelledJobHasFailed() throws {
        let rehearsal = try Self.rehearsal()
        try rehearsal.tell(CancelJob(), to: Self.actor, as: Self.id)
        try rehearsal.play()
        let document = try Self.document(rehearsal)
        #expect(document.status == .failed && document.warnings == [JobWarning.cancelled] && document.results.isEmpty)
    }

    @Test func whatIsTooLargeForARegisterIsReadFromWhereItLies() throws {
        let location = ResultLocation(digest: [1], size: 100_000, nodes: ["n1", "n2"])
        let rehearsal = try Self.rehearsal([1]) { _, _, _ in .stored(location) }
        try rehearsal.play()
        let sighting = try #require(try rehearsal.sighting(of: Self.actor, LookupJob.self))
        #expect(LookupJob.stored(sighting) == [location])
        guard case .done(let bytes) = Self.success("1", "[7]") else { return }
        #expect(try Self.document(rehearsal, results: [location: bytes]).results.map(\.data) == ["[7]"])
    }

    @Test func aDocumentThatIsNoJSONIsComplainedOf() throws {
        let rehearsal = try Self.rehearsal([0]) { _, part, _ in Self.success(part, "{") }
        try rehearsal.play()
        #expect(try Self.document(rehearsal).warnings.first?.hasPrefix("the GeoIP result of node n1 is no JSON") == true)
    }
}
