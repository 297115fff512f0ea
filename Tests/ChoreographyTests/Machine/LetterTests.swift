import Choreography
import Registers
import Testing
import World

/// Letters between two actors: each counts once, in the order in which they were sent.
@Suite struct LetterTests {
    private let stage = Stage()

    @Test func aLetterThatComesTwiceCountsOnce() throws {
        try stage.tell(.clerk, .say("a", box: "x"))
        let letter = try #require(try stage.letters(from: .clerk, to: .box("x")).first)
        #expect(try stage.deliver(letter, from: .clerk, to: .box("x")) == .received(1))
        let before = stage[.box("x")]
        for attempt in 2...4 as ClosedRange<UInt32> {
            #expect(try stage.deliver(letter, from: .clerk, to: .box("x"), attempt: attempt) == .received(1))
            #expect(!stage.hasWritten)
        }
        #expect(stage[.box("x")] == before, "nothing of it changes, its causal graph neither")
        #expect(try stage.box("x").said == ["a"])
    }

    @Test func anOldLetterIsAnsweredWithTheLastThatWasApplied() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"))
        let letters = try stage.letters(from: .clerk, to: .box("x"))
        for letter in letters { try stage.deliver(letter, from: .clerk, to: .box("x")) }
        #expect(try stage.deliver(letters[0], from: .clerk, to: .box("x")) == .received(2))
    }

    @Test func aLetterBeforeItsTurnIsRefusedWithTheNextNumber() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"), .say("c", box: "x"))
        let letters = try stage.letters(from: .clerk, to: .box("x"))
        #expect(letters.map(\.sequence) == [1, 2, 3])
        #expect(try stage.deliver(letters[1], from: .clerk, to: .box("x")) == .outOfOrder(next: 1))
        try stage.deliver(letters[0], from: .clerk, to: .box("x"))
        #expect(try stage.deliver(letters[2], from: .clerk, to: .box("x")) == .outOfOrder(next: 2))
        try stage.deliver(letters[1], from: .clerk, to: .box("x"))
        try stage.deliver(letters[2], from: .clerk, to: .box("x"))
        #expect(try stage.box("x").said == ["a", "b", "c"])
    }

    @Test func whatChangesNothingMakesNoActor() throws {
        #expect(try stage.deliver(.step(2, Say(text: "b")), from: .clerk, to: .box("x")) == .outOfOrder(next: 1))
        try stage.settle(.clerk, .box("x"), 1)
        try stage.bury(.clerk, to: .box("x"), 1)
        try stage.change(.clerk, .fire(timer: "tea", atMs: 0))
        try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done([]), node: "n2")))
        #expect(stage[.box("x")] == Stage.Register() && stage[.clerk] == Stage.Register())
    }

    @Test func numbersOfDifferentSendersAreTheirOwn() throws {
        #expect(try stage.deliver(.step(1, Say(text: "a")), from: .ann, to: .box("x")) == .received(1))
        #expect(try stage.deliver(.step(1, Say(text: "b")), from: .ben, to: .box("x")) == .received(1))
        #expect(try stage.deliver(.step(3, Say(text: "c")), from: .ann, to: .box("x")) == .outOfOrder(next: 2))
        #expect(try stage.box("x").said == ["a", "b"])
    }

    @Test func numbersOfDifferentReceiversAreTheirOwn() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "y"), .say("c", box: "x"))
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.sequence) == [1, 2])
        #expect(try stage.letters(from: .clerk, to: .box("y")).map(\.sequence) == [1])
        #expect(try stage.duties(of: .clerk).pairs.map(\.receiver) == [.box("x"), .box("y")], "longest waiting first")
    }

    @Test func numbersGoOnWhenTheOutboxWasEmpty() throws {
        for text in ["a", "b", "c"] {
            try stage.tell(.clerk, .say(text, box: "x"))
            try stage.carry(from: .clerk, to: .box("x"))
            #expect(try stage.duties(of: .clerk).pairs.isEmpty)
        }
        #expect(try stage.box("x").said == ["a", "b", "c"])
        #expect(try stage.trace(of: .clerk).flatMap(\.sent).map(\.sequence) == [1, 2, 3])
    }

    @Test func whatIsSettledIsNotSentAgain() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"), .say("c", box: "x"), .say("d", box: "y"))
        try stage.settle(.clerk, .box("x"), 2)
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.sequence) == [3])
        try stage.settle(.clerk, .box("x"), 2)
        #expect(!stage.hasWritten, "the same news again costs nothing")
        // The news of an earlier one comes late, and that of one nobody has sent, and from one who was sent nothing.
        try stage.settle(.clerk, .box("x"), 1)
        try stage.settle(.clerk, .box("z"), 1)
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.sequence) == [3])
        try stage.settle(.clerk, .box("x"), 3)
        #expect(try stage.duties(of: .clerk).pairs.map(\.receiver) == [.box("y")])
    }

    @Test func oneCommandSettlesWithManyReceivers() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "y"))
        try stage.change(.clerk, .settle([.init(.box("x"), 1), .init(.box("y"), 1)]))
        #expect(try stage.duties(of: .clerk).pairs.isEmpty)
    }

    @Test func aReplyTellsWhatWasReceived() throws {
        try stage.tell(.clerk, .ask(box: "x"), .ask(box: "x"))
        for letter in try stage.letters(from: .clerk, to: .box("x")) { try stage.deliver(letter, from: .clerk, to: .box("x")) }
        let replies = try #require(try stage.pair(from: .box("x"), to: .clerk))
        #expect(replies.received == 2 && replies.letters.map(\.event) == ["told", "told"])
        try stage.deliver(replies.letters[0], from: .box("x"), to: .clerk, received: replies.received)
        #expect(try stage.letters(from: .clerk, to: .box("x")).isEmpty, "the questions have arrived, as their answer says")
        #expect(try stage.heard(.clerk) == ["told 0"])
    }

    @Test func aReplyBeforeItsTurnStillTellsWhatWasReceived() throws {
        try stage.tell(.clerk, .ask(box: "x"))
        #expect(try stage.deliver(.step(2, Told(held: 0)), from: .box("x"), to: .clerk, received: 1) == .outOfOrder(next: 1))
        #expect(try stage.letters(from: .clerk, to: .box("x")).isEmpty)
    }

    @Test func aLetterCarriesWhatItFollowsFrom() throws {
        stage.nowMs += 5
        try stage.tell(.clerk, .say("a", box: "x"))
        stage.nowMs += 5
        try stage.tell(.clerk, .put(1, box: "x"), .takeBack(1, box: "x"))
        let letters = try stage.letters(from: .clerk, to: .box("x"))
        #expect(letters.map(\.cause) == [1, 2, 2])
        #expect(letters.map(\.sentAtMs) == [Stage.startMs + 5, Stage.startMs + 10, Stage.startMs + 10])
        #expect(letters.map(\.nature) == [.step, .step, .compensation])
        #expect(letters.allSatisfy { $0.trace == .first })
    }

    @Test func workTravelsWithItsLetters() throws {
        try stage.tell(.ann, .say("a", box: "x"), as: .first)
        try stage.tell(.ann, .ask(box: "x"), as: .second)
        #expect(try stage.letters(from: .ann, to: .box("x")).map(\.trace) == [.first, .second])
        try stage.carry(from: .ann, to: .box("x"))
        #expect(try stage.letters(from: .box("x"), to: .ann).map(\.trace) == [.second])
        #expect(try stage.trace(of: .box("x"), .first).map(\.event) == ["say"])
        #expect(try stage.trace(of: .box("x"), .second).map(\.event) == ["ask"])
        // What is told to an actor of a piece of work is of that, whatever the teller says.
        try stage.tell(.clerk, .say("b", box: "x"), as: .second)
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.trace) == [.first])
    }
}
