import Choreography
import Registers
import Testing
import World

/// What a courier does about an actor whose own register was freed with its hour.
@Suite struct FreedActorTests {
    private static let actor = ActorName.clerk
    private static let expired = RegisterError(.expired, .unknown, "hour 1 has been closed")
    private static let busy = RegisterError(.noMajority, .unknown, "nobody answers")
    private static let report = WorkReport(result: .done([5]), node: "n2")

    private struct Bench {
        private var courier = Courier(random: RandomStream(seed: 1, name: "courier"))
        private var now = Instant(nanoseconds: 1_000_000_000)

        mutating func give(_ input: CourierInput) -> [CourierEffect] {
            courier.handle(input, now: now, wall: WallTime(millisecondsSince1970: Stage.startMs))
        }

        /// All that comes of ten seconds in which nobody says anything.
        mutating func wait() -> [CourierEffect] {
            (0..<1_000).flatMap { _ in
                now = now + .milliseconds(10)
                return give(.tick)
            }
        }

        /// It has a part with a worker.
        mutating func attend() {
            var duties = ActorDuties()
            duties.orders = [.init(part: "p", row: OrderRow(work: "count", payload: [7], trace: .first, cause: 1, expectedMs: 30))]
            #expect(give(.attend(actor)) == [.read(actor, after: "")])
            #expect(give(.duties(actor, .success(duties))).count == 1)
        }

        var isAtRest: Bool {
            courier.count(ofKind: actor.kind) == 0 && courier.nextDeadline == .distantFuture
                && courier.efforts(for: actor, now: now, limit: 10).isEmpty
        }
    }

    @Test func itIsReadNoMore() {
        var bench = Bench()
        _ = bench.give(.attend(Self.actor))
        #expect(bench.give(.duties(Self.actor, .failure(Self.expired))).isEmpty)
        #expect(bench.isAtRest)
        #expect(bench.wait().isEmpty)
    }

    @Test func whoeverIsOutOfReachIsReadAgain() {
        var bench = Bench()
        _ = bench.give(.attend(Self.actor))
        #expect(bench.give(.duties(Self.actor, .failure(Self.busy))).isEmpty)
        #expect(bench.wait() == [.read(Self.actor, after: "")])
    }

    @Test func itsPartsAreCalledOff() {
        var bench = Bench()
        bench.attend()
        #expect(bench.give(.attend(Self.actor)) == [.read(Self.actor, after: "")])
        #expect(bench.give(.duties(Self.actor, .failure(Self.expired))) == [.callOff(Self.actor, work: "count", part: "p")])
        #expect(bench.isAtRest)
        #expect(bench.give(.performed(Self.actor, part: "p", Self.report)).isEmpty, "nobody waits for that")
    }

    @Test func nothingIsWrittenToItAgain() {
        var bench = Bench()
        bench.attend()
        let answer = ActorCommand.answer(part: "p", Self.report)
        #expect(bench.give(.performed(Self.actor, part: "p", Self.report)) == [.write(Self.actor, answer)])
        #expect(bench.give(.written(Self.actor, answer, Self.expired)) == [.callOff(Self.actor, work: "count", part: "p")])
        #expect(bench.isAtRest)
        #expect(bench.wait().isEmpty)
    }

    /// Whoever says that it is there has it looked at once more.
    @Test func itIsLookedAfterAgainWhenSomebodySaysSo() {
        var bench = Bench()
        _ = bench.give(.attend(Self.actor))
        _ = bench.give(.duties(Self.actor, .failure(Self.expired)))
        bench.attend()
        #expect(!bench.isAtRest)
    }
}
