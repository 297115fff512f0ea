import Choreography
import Registers
import Testing
import World

/// Letters that somebody else has given up, while this courier tries to deliver them.
@Suite struct BuriedElsewhereTests {
    private static let order = ActorName("order", of: WorkID(milliseconds: 7_200_000, randomA: 0, randomB: 1))
    private static let account = ActorName("account", named: "ann")!
    private static let silence = RegisterError(.noMajority, .unknown, "nobody answers")

    private static func duties(dead: String?) -> ActorDuties {
        let letter = Letter(
            sequence: 1, nature: .step, event: "e", payload: [], trace: WorkID(milliseconds: 7_200_000, randomA: 0, randomB: 1), cause: 1,
            sentAtMs: 0)
        var duties = ActorDuties()
        duties.pairs = [ActorDuties.Pair(receiver: account, letters: [letter], dead: dead, received: 0)]
        return duties
    }

    @Test(arguments: [true, false]) func aLetterThatIsDeadByNowIsNotTriedAgain(isUnderWay: Bool) {
        var courier = Courier(random: RandomStream(seed: 1, name: "courier")), now = Instant.zero
        func give(_ input: CourierInput) -> [CourierEffect] {
            courier.handle(input, now: now, wall: WallTime(millisecondsSince1970: 10_000_000))
        }
        _ = give(.attend(Self.order))
        #expect(give(.duties(Self.order, .success(Self.duties(dead: nil)))).count == 1)
        let failure = CourierInput.delivered(from: Self.order, to: Self.account, sequence: 1, .failure(Self.silence))
        if !isUnderWay { #expect(give(failure).isEmpty) }
        #expect(give(.rests(Self.order)) == [.read(Self.order, after: "")])
        #expect(give(.duties(Self.order, .success(Self.duties(dead: "closed")))).isEmpty)
        if isUnderWay { #expect(give(failure).isEmpty) }
        for _ in 0..<100 {
            now = now + .seconds(1)
            #expect(give(.tick).isEmpty)
        }
    }
}
