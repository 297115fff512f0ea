import Choreography
import Registers
import Testing
import World

/// Letters for somebody who will never be there, because the hour is closed.
@Suite struct ExpiredReceiverTests {
    private static let order = ActorName("order", of: WorkID(milliseconds: 7_200_000, randomA: 0, randomB: 1))
    private static let gone = ActorName("order", of: WorkID(milliseconds: 3_600_000, randomA: 0, randomB: 2))
    private static let expired = RegisterError(.expired, .unknown, "hour 1 has been closed")

    /// What a courier does when a letter of this nature comes back as expired.
    private func deliver(_ nature: Letter.Nature, _ error: RegisterError = expired) -> [CourierEffect] {
        var courier = Courier(random: RandomStream(seed: 1, name: "courier")), now = Instant.zero
        func give(_ input: CourierInput) -> [CourierEffect] {
            courier.handle(input, now: now, wall: WallTime(millisecondsSince1970: 10_000_000))
        }
        let letter = Letter(
            sequence: 3, nature: nature, event: "e", payload: [], trace: WorkID(milliseconds: 7_200_000, randomA: 0, randomB: 1), cause: 1,
            sentAtMs: 0)
        var duties = ActorDuties()
        duties.pairs = [ActorDuties.Pair(receiver: Self.gone, letters: [letter], dead: nil, received: 0)]
        #expect(give(.attend(Self.order)) == [.read(Self.order, after: "")])
        #expect(give(.duties(Self.order, .success(duties))) == [.deliver(from: Self.order, to: Self.gone, letter, received: 0, attempt: 1)])
        var effects = give(.delivered(from: Self.order, to: Self.gone, sequence: 3, .failure(error)))
        // News of an arrival waits a moment, and what failed for now is tried again.
        now = Instant.zero + .milliseconds(60)
        effects += give(.tick)
        return effects
    }

    @Test func aStepIsDeadAndItsCauseIsNamed() {
        #expect(deliver(.step) == [.write(Self.order, .bury(to: Self.gone, sequence: 3, cause: "hour 1 has been closed"))])
    }

    @Test(arguments: [Letter.Nature.compensation, .void])
    func whatUndoesOrIsGivenUpCountsAsArrived(_ nature: Letter.Nature) {
        #expect(deliver(nature) == [.write(Self.order, .settle([ActorCommand.Receipt(Self.gone, 3)]))])
    }

    @Test(arguments: [Letter.Nature.step, .compensation])
    func whatIsOutOfReachForNowIsTriedAgain(_ nature: Letter.Nature) {
        let effects = deliver(nature, RegisterError(.noMajority, .unknown, "nobody answers"))
        guard case .deliver(_, _, _, _, attempt: 2)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
    }
}
