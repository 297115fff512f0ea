import Choreography
import Registers
import Testing
import World

@Suite struct TimerTests {
    private let stage = Stage()
    private static let due = Stage.startMs + 100

    private func fire(_ name: String, atMs: Int64 = due) throws { try stage.change(.clerk, .fire(timer: name, atMs: atMs)) }

    @Test func aTimerFiresWhenItIsDue() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        let timer = try #require(try stage.duties(of: .clerk).timers.first)
        #expect(timer.name == "tea" && timer.atMs == Self.due && timer.event == "ring" && timer.trace == .first && timer.cause == 1)
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due))
        stage.nowMs = Self.due
        try fire("tea")
        #expect(try stage.heard(.clerk) == ["ring tea"])
        #expect(try stage.duties(of: .clerk).timers.isEmpty)
        #expect(try stage.header(of: .clerk).due == nil)
    }

    @Test func aTimerThatTwoHomesFireCountsOnce() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        stage.nowMs = Self.due + 5
        try fire("tea")
        let before = stage[.clerk]
        try fire("tea")
        #expect(stage[.clerk] == before)
    }

    @Test func aTimerThatIsNotDueIsRefused() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        stage.nowMs = Self.due - 1
        let notYet = MachineRefusal("\(ActorName.clerk): timer tea is not due yet by the clock of its home", isLasting: false)
        #expect(throws: notYet) { try fire("tea") }
        #expect(try stage.duties(of: .clerk).timers.map(\.name) == ["tea"])
    }

    @Test func aTimerThatWasSetAnewFiresOnlyThen() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        try stage.tell(.clerk, .timer("tea", afterMs: 200))
        #expect(try stage.duties(of: .clerk).timers.map(\.atMs) == [Self.due + 100])
        stage.nowMs = Self.due + 1_000
        try fire("tea")
        #expect(try stage.heard(.clerk).isEmpty, "that of the other time is gone")
        try fire("tea", atMs: Self.due + 100)
        #expect(try stage.heard(.clerk) == ["ring tea"])
        #expect(try stage.trace(of: .clerk).last?.origin == .timer("tea", cause: 2))
    }

    @Test func aTimerThatWasCancelledDoesNotFire() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        try stage.tell(.clerk, .cancel("tea"), .cancel("coffee"))
        #expect(try stage.duties(of: .clerk).timers.isEmpty)
        stage.nowMs = Self.due
        try fire("tea")
        #expect(try stage.heard(.clerk).isEmpty)
    }

    @Test func theLastWordOfAReactionAboutATimerCounts() throws {
        try stage.tell(
            .clerk, .timer("tea", afterMs: 100), .cancel("tea"), .cancel("cake"), .timer("cake", afterMs: 5),
            .timer("cake", afterMs: 7))
        #expect(try stage.duties(of: .clerk).timers.map(\.name) == ["cake"])
        #expect(try stage.header(of: .clerk).due == UInt64(Stage.startMs) + 7)
    }

    @Test func theFirstOfManyTimersIsDueNext() throws {
        try stage.tell(.clerk, .timer("c", afterMs: 300))
        try stage.tell(.clerk, .timer("a", afterMs: 200))
        try stage.tell(.clerk, .timer("b", afterMs: 100))
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due))
        #expect(try stage.duties(of: .clerk).timers.map(\.name) == ["a", "b", "c"])
        try stage.tell(.clerk, .say("a", box: "x"))
        #expect(try stage.header(of: .clerk).due == 0, "while letters wait somebody has to look after it at once")
        try stage.settle(.clerk, .box("x"), 1)
        try stage.tell(.clerk, .order("p"))
        #expect(try stage.header(of: .clerk).due == 0, "while a part is open, too")
    }
}
