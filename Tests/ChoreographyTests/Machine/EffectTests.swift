import Choreography
import Registers
import Testing
import World

/// Steps with an effect, and what undoes them, in whatever order they come.
@Suite struct EffectTests {
    private let stage = Stage()

    private func give<Event: DurableEvent>(
        _ event: Event, from sender: ActorName, _ sequence: UInt64, of work: WorkID = .first
    ) throws {
        var letter = try Letter.step(sequence, event)
        letter.trace = work
        #expect(try stage.deliver(letter, from: sender, to: .box("x")) == .received(sequence))
    }

    private func outcomes(_ work: WorkID = .first) throws -> [TraceEntry.Outcome] {
        try stage.trace(of: .box("x"), work).map(\.outcome)
    }

    @Test func aStepIsUndone() throws {
        try give(Put(amount: 3), from: .ann, 1)
        #expect(try stage.box("x").held == 3)
        try give(TakeBack(amount: 3), from: .ann, 2)
        #expect(try stage.box("x").held == 0)
        #expect(try outcomes() == [.done, .done])
    }

    @Test func aStepThatTwoSendersAskForTakesEffectOnce() throws {
        try give(Put(amount: 3), from: .ann, 1)
        try give(Put(amount: 3), from: .ben, 1)
        #expect(try stage.box("x").held == 3)
        #expect(try outcomes() == [.done, .repeated])
    }

    @Test func aCompensationThatOvertakesItsStepLeavesATombstone() throws {
        try give(TakeBack(amount: 3), from: .ben, 1)
        try give(Put(amount: 3), from: .ann, 1)
        #expect(try stage.box("x").held == 0)
        #expect(try stage.box("x").said == ["took back 3"])
        #expect(try outcomes() == [.nothingToUndo, .undoneBefore])
    }

    @Test func aStepIsNotTakenAgainOnceItWasUndone() throws {
        try give(Put(amount: 3), from: .ann, 1)
        try give(TakeBack(amount: 3), from: .ann, 2)
        try give(Put(amount: 3), from: .ben, 1)
        #expect(try stage.box("x").held == 0)
        #expect(try outcomes() == [.done, .done, .undoneBefore])
    }

    @Test func aStepIsUndoneOnce() throws {
        try give(Put(amount: 3), from: .ann, 1)
        try give(TakeBack(amount: 3), from: .ann, 2)
        try give(TakeBack(amount: 3), from: .ben, 1)
        #expect(try stage.box("x").held == 0)
        #expect(try outcomes() == [.done, .done, .repeated])
        #expect(try stage.box("x").said == ["took back 3", "took back 3"], "both hear of it")
    }

    @Test func aStepThatWasDeclinedHasNothingToUndo() throws {
        try give(Put(amount: 101), from: .ann, 1)
        try give(TakeBack(amount: 101), from: .ann, 2)
        #expect(try stage.box("x").held == 0)
        #expect(try outcomes() == [.declined("101 are too many"), .nothingToUndo])
    }

    @Test func effectsOfTwoPiecesOfWorkAreTheirOwn() throws {
        try give(Put(amount: 3), from: .ann, 1, of: .first)
        try give(Put(amount: 4), from: .ann, 2, of: .second)
        try give(TakeBack(amount: 3), from: .ann, 3, of: .first)
        #expect(try stage.box("x").held == 4)
        #expect(try outcomes(.second) == [.done])
    }

    @Test func effectsOfOnePieceOfWorkAreToldApartByTheirMarks() throws {
        try give(Put(amount: 3, mark: "a"), from: .ann, 1)
        try give(Put(amount: 4, mark: "b"), from: .ann, 2)
        try give(TakeBack(amount: 3, mark: "a"), from: .ann, 3)
        #expect(try stage.box("x").held == 4)
    }

    /// `put` with the mark `-by` is not `put-by`.
    @Test func effectsOfDifferentStepsAreNeverTakenForOneAnother() throws {
        try give(PutBy(), from: .ann, 1)
        try give(Put(amount: 3, mark: "-by"), from: .ann, 2)
        #expect(try stage.box("x").held == 1_003)
        #expect(try outcomes() == [.done, .done])
    }
}
