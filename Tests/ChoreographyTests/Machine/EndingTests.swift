import Choreography
import Registers
import Testing
import World

/// Actors whose work is over.
@Suite struct EndingTests {
    private let stage = Stage()
    private let clerk = "\(ActorName.clerk)"

    @Test func anActorThatOwesNothingEndsAtOnce() throws {
        try stage.tell(.clerk, .finish)
        #expect(stage.isFinished(.clerk))
        #expect(try stage.trace(of: .clerk).map(\.isLast) == [true])
    }

    @Test func anActorEndsWhenItsLastLettersHaveArrived() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "y"), .finish)
        #expect(try !stage.isFinished(.clerk) && stage.duties(of: .clerk).isEnding)
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(!stage.isFinished(.clerk))
        try stage.carry(from: .clerk, to: .box("y"))
        #expect(stage.isFinished(.clerk))
        #expect(try stage.box("y").said == ["b"])
    }

    @Test func aReplyMaySettleTheLastLetter() throws {
        try stage.tell(.clerk, .ask(box: "x"), .finish)
        let question = try #require(try stage.letters(from: .clerk, to: .box("x")).first)
        try stage.deliver(question, from: .clerk, to: .box("x"))
        let reply = try #require(try stage.pair(from: .box("x"), to: .clerk))
        #expect(try stage.deliver(reply.letters[0], from: .box("x"), to: .clerk, received: reply.received) == .received(1))
        #expect(stage.isFinished(.clerk))
        #expect(try stage.heard(.clerk).isEmpty)
        #expect(try stage.trace(of: .clerk).map(\.outcome) == [.done, .late])
    }

    @Test func nothingHappensToAnActorThatIsEnding() throws {
        try stage.tell(.clerk, .order("p"), .timer("tea", afterMs: 0), .say("a", box: "x"))
        try stage.tell(.clerk, .finish)
        #expect(try stage.header(of: .clerk).openOrders == 0 && stage.duties(of: .clerk).timers.isEmpty)
        #expect(try stage.duties(of: .clerk).orders.isEmpty, "nobody is to work for it any more")
        let before = stage[.clerk]
        try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done([1]), node: "n2")))
        try stage.change(.clerk, .fire(timer: "tea", atMs: Stage.startMs))
        #expect(throws: MachineRefusal("\(clerk): it has ended, and nothing of it changes any more")) {
            try stage.tell(Nudge(), to: .clerk)
        }
        #expect(stage[.clerk] == before)
    }

    @Test func aLetterToAnActorThatIsEndingIsTakenWithoutEffect() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .finish)
        #expect(try stage.deliver(.step(1, Told(held: 1)), from: .box("y"), to: .clerk) == .received(1))
        #expect(try stage.deliver(.step(3, Told(held: 1)), from: .box("y"), to: .clerk) == .outOfOrder(next: 2))
        #expect(try stage.heard(.clerk).isEmpty)
        let entry = try #require(try stage.trace(of: .clerk).last)
        #expect(entry.outcome == .late && entry.event == "told")
    }

    @Test func aDeadLetterKeepsAnActorFromEnding() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .finish)
        try stage.bury(.clerk, to: .box("x"), 1)
        #expect(!stage.isFinished(.clerk))
        try stage.change(.clerk, .discard(to: .box("x"), sequence: 1))
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(stage.isFinished(.clerk))
    }

    @Test func whatComesAfterTheEndIsAnsweredAndChangesNothing() throws {
        try stage.tell(.clerk, .order("p"), .finish)
        let before = stage[.clerk]
        #expect(try stage.deliver(.step(1, Told(held: 1)), from: .box("x"), to: .clerk) == .received(1))
        #expect(try stage.deliver(.step(7, Told(held: 1)), from: .box("x"), to: .clerk) == .received(7), "nobody waits for a gap")
        try stage.settle(.clerk, .box("x"), 1)
        try stage.bury(.clerk, to: .box("x"), 1)
        try stage.change(.clerk, .fire(timer: "tea", atMs: 0))
        try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done([]), node: "n2")))
        let over = MachineRefusal("\(clerk) has ended, and nothing of it changes any more")
        #expect(throws: over) { try stage.tell(Nudge(), to: .clerk) }
        #expect(throws: over) { try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1)) }
        #expect(throws: over) { try stage.change(.clerk, .discard(to: .box("x"), sequence: 1)) }
        #expect(throws: MachineRefusal.self) { try stage.change(.clerk, bytes: [99]) }
        #expect(stage[.clerk] == before)
    }

    @Test func anActorThatLivesOnCannotBeFinished() throws {
        #expect(throws: MachineRefusal("clerk/ann: clerk/ann lives on and cannot be finished")) { try stage.tell(.ann, .finish) }
        #expect(stage[.ann] == Stage.Register())
    }
}
