import Choreography
import Registers
import Testing
import World

/// The causal graph, which is written with what it tells of.
@Suite struct TraceTests {
    private let stage = Stage()

    @Test func anEntryTellsAllOfAReaction() throws {
        stage.nowMs += 3
        try stage.tell(.clerk, .put(1, box: "x"), .say("a", box: "y"), .takeBack(1, box: "x"), .order("q"), .order("p"))
        #expect(try stage.trace(of: .clerk) == [
            TraceEntry(
                number: 1, event: "do", origin: .outside, atMs: Stage.startMs + 3, host: Stage.host, ballot: Stage.ballot,
                outcome: .done,
                sent: [
                    TraceEntry.Sent(event: "put", receiver: .box("x"), sequence: 1),
                    TraceEntry.Sent(event: "say", receiver: .box("y"), sequence: 1),
                    TraceEntry.Sent(event: "take-back", receiver: .box("x"), sequence: 2),
                ], orders: ["q", "p"], isLast: false),
        ])
    }

    @Test func everyOriginIsTold() throws {
        try stage.tell(.clerk, .remember(1))
        try stage.tell(.clerk, .order("p"), .timer("tea", afterMs: 0), .ask(box: "x"))
        try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done([]), node: "n2")))
        try stage.change(.clerk, .fire(timer: "tea", atMs: Stage.startMs))
        let question = try #require(try stage.letters(from: .clerk, to: .box("x")).first)
        try stage.deliver(question, from: .clerk, to: .box("x"), attempt: 3)
        let reply = try #require(try stage.letters(from: .box("x"), to: .clerk).first)
        try stage.deliver(reply, from: .box("x"), to: .clerk, attempt: 2)
        #expect(try stage.trace(of: .clerk).map(\.origin) == [
            .outside, .outside, .worker(part: "p", node: "n2", cause: 2), .timer("tea", cause: 2),
            .letter(from: .box("x"), sequence: 1, cause: 1, attempt: 2),
        ])
        #expect(try stage.trace(of: .box("x")).map(\.origin) == [.letter(from: .clerk, sequence: 1, cause: 2, attempt: 3)])
    }

    @Test func entriesOfTwoPiecesOfWorkAreToldApart() throws {
        try stage.tell(.ann, .remember(1), as: .first)
        try stage.tell(.ann, .remember(2), as: .second)
        try stage.tell(.ann, .decline("no"), as: .first)
        #expect(try stage.trace(of: .ann, .first).map(\.number) == [1, 3])
        #expect(try stage.trace(of: .ann, .second).map(\.number) == [2])
        #expect(try stage.trace(of: .ann, .first).map(\.outcome) == [.done, .declined("no")])
    }

    @Test func entriesAreReadInPortions() throws {
        for _ in 0..<600 { try stage.tell(.ann, .remember(1)) }
        try stage.tell(.ann, .remember(1), as: .second)
        #expect(try stage.trace(of: .ann).map(\.number) == Array(1...512))
        #expect(try stage.trace(of: .ann, after: 512).map(\.number) == Array(513...600))
        #expect(try stage.trace(of: .ann, after: 600).isEmpty, "the next is of other work")
        #expect(try stage.trace(of: .ann, after: .max).isEmpty)
    }
}
