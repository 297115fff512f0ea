import Choreography
import Registers
import Testing
import World

/// Letters that a receiver will never take.
@Suite struct DeadLetterTests {
    private let stage = Stage()

    /// The box is locked; the clerk has sent this, and the first of it was refused.
    private func refused(_ acts: Act..., cause: String = "box/x: the box is locked") throws {
        try stage.tell(Lock(isLocked: true), to: .box("x"))
        try stage.tell(Do(acts: acts), to: .clerk)
        let letter = try #require(try stage.letters(from: .clerk, to: .box("x")).first)
        #expect(throws: MachineRefusal(cause)) { try stage.deliver(letter, from: .clerk, to: .box("x")) }
        try stage.bury(.clerk, to: .box("x"), letter.sequence, cause: cause)
    }

    @Test func aDeadLetterSaysWhyAndKeepsWhatFollows() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"), .say("c", box: "y"))
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == "box/x: the box is locked")
        #expect(pair.letters.map(\.sequence) == [1, 2])
        #expect(try stage.pair(from: .clerk, to: .box("y"))?.dead == nil)
        try stage.carry(from: .clerk, to: .box("y"))
        #expect(try stage.box("y").said == ["c"], "others get theirs")
    }

    /// So that it is found by those who can see to it, and nobody else looks in vain.
    @Test func whoHasOnlyDeadLettersLeftWaitsForAnOperator() throws {
        try refused(.put(1, box: "x"))
        #expect(try stage.header(of: .clerk).due == RegisterState.someday)
        try stage.tell(.clerk, .say("c", box: "y"))
        #expect(try stage.header(of: .clerk).due == 0)
        try stage.carry(from: .clerk, to: .box("y"))
        #expect(try stage.header(of: .clerk).due == RegisterState.someday)
        try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1))
        #expect(try stage.header(of: .clerk).due == 0)
    }

    @Test func onlyTheFirstLetterCanDie() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"))
        let before = stage[.clerk]
        try stage.bury(.clerk, to: .box("x"), 2)
        try stage.bury(.clerk, to: .box("x"), 3)
        try stage.bury(.clerk, to: .box("y"), 1)
        #expect(stage[.clerk] == before)
    }

    @Test func aLetterThatHasArrivedIsNotBuried() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"))
        try stage.settle(.clerk, .box("x"), 1)
        try stage.bury(.clerk, to: .box("x"), 1)
        #expect(try stage.pair(from: .clerk, to: .box("x"))?.dead == nil)
    }

    @Test func aDeadLetterIsSentAgainUnderItsNumber() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        let dead = try stage.letters(from: .clerk, to: .box("x"))
        try stage.tell(Lock(isLocked: false), to: .box("x"))
        try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1))
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == nil && pair.letters == dead)
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(try stage.box("x").held == 1)
        #expect(try stage.box("x").said == ["b"])
        #expect(try stage.duties(of: .clerk).pairs.isEmpty)
    }

    @Test func aDeadLetterThatHasArrivedAllTheSameIsDeadNoMore() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        try stage.settle(.clerk, .box("x"), 1)
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == nil && pair.letters.map(\.sequence) == [2])
    }

    @Test func whatIsGivenUpKeepsItsNumberAndHasNoEffect() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        try stage.tell(Lock(isLocked: false), to: .box("x"))
        try stage.change(.clerk, .discard(to: .box("x"), sequence: 1))
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == nil)
        #expect(pair.letters.map(\.sequence) == [1, 2] && pair.letters.map(\.nature) == [.void, .step])
        #expect(pair.letters[0].payload.isEmpty && pair.letters[0].event == "put")
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(try stage.box("x").held == 0)
        #expect(try stage.box("x").said == ["b"])
        #expect(try stage.trace(of: .box("x")).suffix(2).map(\.outcome) == [.void, .done])
    }

    @Test func onlyADeadLetterIsGivenUp() throws {
        try stage.tell(.clerk, .put(1, box: "x"))
        try stage.change(.clerk, .discard(to: .box("x"), sequence: 1))
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.nature) == [.step], "the box may have it already")
    }

    /// Two couriers had the same letter refused, and the news of the second comes when a compensation has already passed the first.
    @Test func whatIsGivenUpDoesNotDieAgain() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        try stage.change(.clerk, .discard(to: .box("x"), sequence: 1))
        try stage.bury(.clerk, to: .box("x"), 1, cause: "box/x: the box is locked")
        #expect(try stage.pair(from: .clerk, to: .box("x"))?.dead == nil)
        try stage.tell(Lock(isLocked: false), to: .box("x"))
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(try stage.box("x").said == ["b"])
    }

    @Test func anOperatorWhoComesLateChangesNothing() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        let before = stage[.clerk]
        for sequence in [0, 2, 3] as [UInt64] {
            try stage.change(.clerk, .redrive(to: .box("x"), sequence: sequence))
            try stage.change(.clerk, .discard(to: .box("x"), sequence: sequence))
        }
        try stage.change(.clerk, .redrive(to: .box("y"), sequence: 1))
        try stage.change(.clerk, .discard(to: .box("y"), sequence: 1))
        #expect(stage[.clerk] == before)
    }

    @Test func whatBecomesOfADeadLetterIsAnEntryOfTheCausalGraph() throws {
        try refused(.put(1, box: "x"), .say("b", box: "x"))
        let sent = [TraceEntry.Sent(event: "put", receiver: .box("x"), sequence: 1)]
        let death = try #require(try stage.trace(of: .clerk).last)
        #expect(death.event == "put" && death.sent == sent && death.outcome == .died("box/x: the box is locked"))
        #expect(death.origin == .burial(cause: 1))
        #expect(try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1)) == [1])
        #expect(try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1)).isEmpty, "it is not dead any more")
        try stage.bury(.clerk, to: .box("x"), 1, cause: "again")
        #expect(try stage.change(.clerk, .discard(to: .box("x"), sequence: 1)) == [1])
        #expect(try stage.change(.clerk, .discard(to: .box("x"), sequence: 1)).isEmpty)
        let entries = try stage.trace(of: .clerk).dropFirst(2)
        #expect(entries.map(\.outcome) == [.redriven, .died("again"), .discarded])
        #expect(entries.map(\.origin) == [.operator(cause: 1), .burial(cause: 1), .operator(cause: 1)])
        #expect(entries.allSatisfy { $0.sent == sent })
    }

    /// Two couriers hear the same refusal.
    @Test func aLetterDiesOnce() throws {
        try refused(.put(1, box: "x"))
        let before = stage[.clerk]
        try stage.bury(.clerk, to: .box("x"), 1, cause: "once more")
        #expect(stage[.clerk] == before)
    }

    // MARK: Compensation

    @Test func aCompensationDoesNotWaitForADeadStep() throws {
        try refused(.put(1, box: "x"))
        try stage.tell(.clerk, .takeBack(1, box: "x"))
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == nil)
        #expect(pair.letters.map(\.sequence) == [1, 2] && pair.letters.map(\.nature) == [.void, .compensation])
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(try stage.box("x").held == 0)
        #expect(try stage.box("x").said == ["took back 1"], "it goes on, as it does when there was something to undo")
        #expect(try stage.trace(of: .box("x")).suffix(2).map(\.outcome) == [.void, .nothingToUndo])
        #expect(try stage.duties(of: .clerk).pairs.isEmpty)
    }

    /// The compensation was sent before anybody knew that the step would be refused.
    @Test func aStepThatDiesBeforeACompensationIsGivenUpAtOnce() throws {
        try stage.tell(Lock(isLocked: true), to: .box("x"))
        try stage.tell(.clerk, .put(1, box: "x"))
        try stage.tell(.clerk, .takeBack(1, box: "x"))
        try stage.bury(.clerk, to: .box("x"), 1)
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.dead == nil)
        #expect(pair.letters.map(\.nature) == [.void, .compensation])
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(try stage.duties(of: .clerk).pairs.isEmpty)
    }

    @Test func whatWaitsBehindADeadStepIsNotGivenUpWithIt() throws {
        try stage.tell(Lock(isLocked: true), to: .box("x"))
        try stage.tell(.ann, .put(1, box: "x"), as: .first)
        try stage.tell(.ann, .put(2, box: "x"), as: .second)
        try stage.bury(.ann, to: .box("x"), 1)
        try stage.tell(.ann, .takeBack(1, box: "x"), as: .first)
        #expect(try stage.letters(from: .ann, to: .box("x")).map(\.nature) == [.void, .step, .compensation])
        try stage.tell(Lock(isLocked: false), to: .box("x"))
        try stage.carry(from: .ann, to: .box("x"))
        #expect(try stage.box("x").held == 2, "nobody has given up the other piece of work")
    }

    @Test func aCompensationThatIsRefusedIsKept() throws {
        try stage.tell(.clerk, .takeBack(1, box: "x"))
        try stage.bury(.clerk, to: .box("x"), 1)
        try stage.tell(.clerk, .takeBack(2, box: "x"))
        let pair = try #require(try stage.pair(from: .clerk, to: .box("x")))
        #expect(pair.letters.map(\.nature) == [.compensation, .compensation], "it is tried again, and never void")
    }

    @Test func aCompensationGivesUpNothingThatMayStillArrive() throws {
        try stage.tell(.clerk, .put(1, box: "x"))
        try stage.tell(.clerk, .takeBack(1, box: "x"))
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.nature) == [.step, .compensation])
    }
}
