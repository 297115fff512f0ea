import Choreography
import Registers
import Testing
import World

/// How many actors of a kind may begin where one courier looks after them.
@Suite struct PlaceTests {
    private struct Bench {
        var courier = Courier(random: RandomStream(seed: 1, name: "courier"))
        var now = Instant(nanoseconds: 1_000_000_000)

        mutating func give(_ input: CourierInput) -> [CourierEffect] {
            courier.handle(input, now: now, wall: WallTime(millisecondsSince1970: Stage.startMs))
        }

        mutating func reserve(_ number: UInt64, kind: String = Clerk.kind, limit: Int = 2) -> Int? {
            courier.reserve(PlaceTests.actor(number, kind), limit: limit, now: now)
        }

        /// The courier hears of an actor, which has a part to be done, or nothing.
        mutating func hear(of number: UInt64, hasPart: Bool = true) {
            var duties = ActorDuties()
            let row = OrderRow(work: "count", payload: [7], trace: .first, cause: 1, expectedMs: 30)
            if hasPart { duties.orders = [.init(part: "p", row: row)] }
            _ = give(.attend(PlaceTests.actor(number)))
            _ = give(.duties(PlaceTests.actor(number), .success(duties)))
        }

        var count: Int { courier.count(ofKind: Clerk.kind) }
    }

    private static func actor(_ number: UInt64, _ kind: String = Clerk.kind) -> ActorName {
        ActorName(kind, of: WorkID(milliseconds: 1, randomA: 0, randomB: number))
    }

    @Test func ofManyWhoAskInOneMomentSoManyBeginAsMay() {
        var bench = Bench()
        let answers = (1...60).map { bench.reserve($0) }
        #expect(answers.prefix(2).allSatisfy { $0 == nil })
        #expect(answers.dropFirst(2).allSatisfy { $0 == 2 }, "\(answers)")
        #expect(bench.reserve(1, kind: Box.kind) == nil, "another kind has places of its own")
        #expect(bench.reserve(2) == nil, "whoever asks once more has its place")
        #expect(bench.reserve(61) == 2)
    }

    @Test func whatSurelyHasNotBegunGivesItsPlaceBack() {
        var bench = Bench()
        _ = (bench.reserve(1), bench.reserve(2))
        #expect(bench.courier.giveBack(Self.actor(1)) == true)
        #expect(bench.courier.giveBack(Self.actor(1)) == false)
        #expect(bench.reserve(3) == nil)
        #expect(bench.reserve(4) == 2)
    }

    @Test func whatTheCourierHasHeardOfCountsOnce() {
        var bench = Bench()
        _ = (bench.reserve(1), bench.reserve(2))
        bench.hear(of: 1)
        #expect(bench.courier.giveBack(Self.actor(1)) == false)
        #expect(bench.reserve(1) == nil, "it is there, and needs no place")
        #expect(bench.reserve(3) == 2)
        bench.hear(of: 2)
        #expect(bench.count == 2)
        #expect(bench.reserve(3) == 2)
        // The first one ends.
        _ = bench.give(.rests(Self.actor(1)))
        _ = bench.give(.duties(Self.actor(1), .success(ActorDuties())))
        #expect(bench.count == 1)
        #expect(bench.reserve(3) == nil)
    }

    @Test func whatEndsBeforeItIsHeardOfLeavesNoPlaceBehind() {
        var bench = Bench()
        _ = (bench.reserve(1), bench.reserve(2))
        bench.hear(of: 1, hasPart: false)
        #expect(bench.count == 0)
        #expect(bench.reserve(3) == nil)
        #expect(bench.reserve(4) == 2)
    }

    @Test func aPlaceOfSomebodyWhoIsNeverHeardOfAgainGoesByItself() {
        var bench = Bench()
        _ = (bench.reserve(1), bench.reserve(2))
        bench.now = bench.now + .seconds(10)
        #expect(bench.reserve(3) == 2, "longer than a first event may take")
        #expect(bench.reserve(2) == nil, "it is asked for once more")
        bench.now = bench.now + .seconds(6)
        #expect(bench.reserve(3) == nil)
        #expect(bench.reserve(4) == 2)
    }
}
