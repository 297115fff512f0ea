import Choreography
import Jobs
import MessagePack
import Primes
import Testing
import World

/// A primes job, played in any order.
@Suite struct JobTests {
    private static let start = WallTime(millisecondsSince1970: 1_764_000_000_000)
    private static let id = WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")!
    private static let actor = ActorName(PrimesJob.kind, of: id)

    private static func count(_ work: String, _ part: String, _ payload: [UInt8]) -> WorkResult {
        do {
            var counter = PrimeCounter(try MessagePackDecoder().decode(PrimesPart.self, from: payload))
            while !counter.isDone { try counter.countSlice() }
            let order = try MessagePackDecoder().decode(PrimesPart.self, from: payload)
            return .done(try MessagePackEncoder().encode(PrimesPartResult(part: order.number, count: counter.count)))
        } catch {
            return .failed("\(error)")
        }
    }

    private static func rehearsal(
        _ request: PrimesRequest, seed: UInt64 = 1, worker: @escaping (String, String, [UInt8]) -> WorkResult = count
    ) throws -> Rehearsal {
        let rehearsal = Rehearsal([PrimesJob.self], seed: seed, now: start, worker: worker)
        let deadline = start.millisecondsSince1970 + 60_000
        try rehearsal.tell(Submit(request, deadlineMs: deadline, breadth: 4), to: actor, as: id)
        return rehearsal
    }

    private static func document(_ rehearsal: Rehearsal) throws -> PrimesStatus {
        let sighting = try #require(try rehearsal.sighting(of: actor, PrimesJob.self))
        return try #require(PrimesJob.document(id, sighting, results: [:], now: rehearsal.now))
    }

    @Test func theChoreographyHolds() throws { _ = try Choreography("primes", [PrimesJob.self]) }

    @Test func theCountIsExactInWhateverOrderAnswersComeAndHoweverOften() throws {
        for seed in 0..<30 as Range<UInt64> {
            let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 1_000_000, chunks: 300), seed: seed)
            try rehearsal.play(limit: 20_000)
            let document = try Self.document(rehearsal)
            #expect(document.status == .completed && document.count == 78_498)
            #expect(document.chunks.done == 300 && document.nodes == [.init(node: "n1", parts: 300)] && document.completionPercentage == 100)
            #expect(rehearsal.isFinished(Self.actor) && document.chunks.inFlight == 0)
        }
    }

    @Test func onlyAWindowIsOrderedAtATime() throws {
        let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 100_000_000, algorithm: .trial, chunks: 100_000))
        let document = try Self.document(rehearsal)
        #expect(document.status == .pending && document.chunks.total == 100_000)
        #expect((1...64 * 64).contains(document.chunks.inFlight))
    }

    @Test func whoSubmitsTwiceHasOneJob() throws {
        let request = PrimesRequest(from: 0, to: 100)
        let rehearsal = try Self.rehearsal(request)
        try rehearsal.tell(Submit(request, deadlineMs: 0, breadth: 1), to: Self.actor, as: Self.id)
        try rehearsal.play()
        #expect(try Self.document(rehearsal).count == 25)
    }

    @Test func whatIsCancelledHasFailedAndOrdersNothingMore() throws {
        let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 1_000_000))
        for _ in 0..<20 { try rehearsal.step() }
        try rehearsal.tell(CancelJob(), to: Self.actor, as: Self.id)
        let document = try Self.document(rehearsal)
        #expect(document.status == .failed && document.warnings == [JobWarning.cancelled] && document.count == nil)
        try rehearsal.play()
        #expect(try Self.document(rehearsal) == document && rehearsal.isFinished(Self.actor))
    }

    @Test func aJobEndsByItsDeadline() throws {
        let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 1_000_000))
        rehearsal.wait(.seconds(61))
        for _ in 0..<10_000 where try Self.document(rehearsal).status == .pending || !rehearsal.isFinished(Self.actor) { try rehearsal.step() }
        let document = try Self.document(rehearsal)
        // The last answer may have come first.
        #expect(document.warnings == [JobWarning.deadline] || document.count == 78_498)
    }

    @Test func aPartThatCannotBeCountedFailsTheJobByName() throws {
        let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 999, chunks: 10)) { work, part, payload in
            part == "3" ? .failed("no library") : Self.count(work, part, payload)
        }
        try rehearsal.play()
        let document = try Self.document(rehearsal)
        #expect(document.status == .failed && document.warnings == ["part 3 (300 to 399) cannot be counted: no library"])
    }

    @Test func aCountThatCannotBeFailsTheJob() throws {
        let rehearsal = try Self.rehearsal(PrimesRequest(from: 0, to: 999, chunks: 1)) { _, _, _ in
            .done((try? MessagePackEncoder().encode(PrimesPartResult(part: 0, count: 1_001))) ?? [])
        }
        try rehearsal.play()
        #expect(try Self.document(rehearsal).warnings == ["part 0 (0 to 999) cannot be counted: node n1 has counted 1001 primes from part 0 on"])
    }
}
