import Choreography
import Registers
import Testing
import World

/// Timers and parts that their actor will never take, or that nobody is expected to answer.
@Suite struct BuriedTests {
    private let stage = Stage()
    private static let due = Stage.startMs + 100

    private func change(_ commands: ActorCommand...) throws {
        for command in commands { try stage.change(.clerk, command) }
    }

    private func answer(_ part: String) throws { try change(.answer(part: part, WorkReport(result: .done([1]), node: "n2"))) }

    private func expectNoChange(_ comment: Comment? = nil, _ body: () throws -> [UInt8]) throws {
        let before = stage[.clerk]
        #expect(try body().isEmpty, comment)
        #expect(stage[.clerk] == before, comment)
    }

    // MARK: Timers

    @Test func aDeadTimerWaitsForAnOperator() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        try change(.buryTimer("tea", atMs: Self.due, cause: "it throws"))
        #expect(try stage.duties(of: .clerk).timers.map(\.dead) == ["it throws"])
        #expect(try stage.header(of: .clerk).due == RegisterState.someday)
        stage.nowMs = Self.due
        try expectNoChange("it does not fire") { try stage.change(.clerk, .fire(timer: "tea", atMs: Self.due)) }
        #expect(try stage.change(.clerk, .revive(.timer("tea"))) == [1])
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due))
        try change(.fire(timer: "tea", atMs: Self.due))
        #expect(try stage.heard(.clerk) == ["ring tea"])
    }

    @Test func aDeadTimerIsGivenUp() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100), .timer("cake", afterMs: 200))
        try change(.buryTimer("tea", atMs: Self.due, cause: "it throws"))
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due) + 100, "the other one is due")
        #expect(try stage.change(.clerk, .abandon(.timer("tea"))) == [1])
        #expect(try stage.duties(of: .clerk).timers.map(\.name) == ["cake"])
        #expect(try stage.heard(.clerk).isEmpty)
    }

    @Test func onlyTheTimerOfThatTimeDies() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100))
        try expectNoChange { try stage.change(.clerk, .buryTimer("tea", atMs: Self.due - 1, cause: "it throws")) }
        try expectNoChange { try stage.change(.clerk, .buryTimer("cake", atMs: Self.due, cause: "it throws")) }
        try change(.buryTimer("tea", atMs: Self.due, cause: "it throws"))
        try expectNoChange("it dies once") { try stage.change(.clerk, .buryTimer("tea", atMs: Self.due, cause: "again")) }
        try stage.tell(.clerk, .timer("tea", afterMs: 300))
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due) + 200, "set anew, it lives")
    }

    @Test func anOperatorWhoComesLateChangesNothing() throws {
        try stage.tell(.clerk, .timer("tea", afterMs: 100), .order("a"))
        for buried in [ActorCommand.Buried.timer("tea"), .timer("cake"), .part("a"), .part("b")] {
            try expectNoChange { try stage.change(.clerk, .revive(buried)) }
            try expectNoChange { try stage.change(.clerk, .abandon(buried)) }
        }
    }

    // MARK: Parts

    @Test func aDeadPartWaitsForAnOperator() throws {
        try stage.tell(.clerk, .order("a", bytes: 2), .order("b"))
        try change(.buryPart("a", cause: "nobody answers"))
        #expect(try stage.header(of: .clerk).due == 0, "b is open")
        try answer("b")
        #expect(try stage.header(of: .clerk).due == RegisterState.someday)
        let order = try #require(try stage.duties(of: .clerk).orders.first)
        #expect(order.part == "a" && order.row.dead == "nobody answers" && order.row.payload == [7, 7])
        #expect(try stage.change(.clerk, .revive(.part("a"))) == [1])
        #expect(try stage.header(of: .clerk).due == 0)
        #expect(try stage.duties(of: .clerk).orders.map(\.row.dead) == [nil])
        try answer("a")
        #expect(try stage.heard(.clerk) == ["b = [1] by n2", "a = [1] by n2"])
        #expect(try stage.header(of: .clerk).due == nil)
    }

    @Test func aTimerIsDueBeforeAnybodySeesToADeadPart() throws {
        try stage.tell(.clerk, .order("a"), .timer("tea", afterMs: 100))
        try change(.buryPart("a", cause: "nobody answers"))
        #expect(try stage.header(of: .clerk).due == UInt64(Self.due))
    }

    @Test func anAnswerToADeadPartStillCounts() throws {
        try stage.tell(.clerk, .order("a"))
        try change(.buryPart("a", cause: "nobody answers"))
        try answer("a")
        #expect(try stage.heard(.clerk) == ["a = [1] by n2"])
        let header = try stage.header(of: .clerk)
        #expect(header.openOrders == 0 && header.deadOrders == 0 && header.due == nil)
        try expectNoChange { try stage.change(.clerk, .buryPart("a", cause: "nobody answers")) }
        try expectNoChange { try stage.change(.clerk, .revive(.part("a"))) }
    }

    @Test func ofADeadPartThatIsGivenUpTheActorIsTold() throws {
        try stage.tell(.clerk, .order("a"))
        try change(.buryPart("a", cause: "nobody answers"))
        #expect(try stage.change(.clerk, .abandon(.part("a"))) == [1])
        #expect(try stage.heard(.clerk) == ["a failed: given up by an operator"])
        #expect(try stage.header(of: .clerk).due == nil)
        try expectNoChange { try stage.change(.clerk, .abandon(.part("a"))) }
    }

    @Test func aPartDiesOnceAndOnlyIfItIsOpen() throws {
        try stage.tell(.clerk, .order("a"))
        try change(.buryPart("a", cause: "nobody answers"))
        try expectNoChange { try stage.change(.clerk, .buryPart("a", cause: "again")) }
        try expectNoChange { try stage.change(.clerk, .buryPart("z", cause: "nobody answers")) }
        #expect(try stage.header(of: .clerk).deadOrders == 1)
    }

    @Test func aDeadPartThatIsCalledOffIsClosed() throws {
        try stage.tell(.clerk, .order("a"), .order("b"))
        try change(.buryPart("a", cause: "nobody answers"))
        try stage.tell(.clerk, .callOff("a"))
        let header = try stage.header(of: .clerk)
        #expect(header.openOrders == 1 && header.deadOrders == 0)
    }

    /// Letters keep the register open, and an operator may still look at what was dead.
    @Test func anActorThatEndsHasNothingDeadAnyMore() throws {
        try stage.tell(.clerk, .order("a"), .timer("tea", afterMs: 100))
        try change(.buryPart("a", cause: "nobody answers"), .buryTimer("tea", atMs: Self.due, cause: "it throws"))
        try stage.tell(.clerk, .say("bye", box: "x"), .finish)
        #expect(!stage.isFinished(.clerk))
        for buried in [ActorCommand.Buried.timer("tea"), .part("a")] {
            try expectNoChange { try stage.change(.clerk, .revive(buried)) }
            try expectNoChange { try stage.change(.clerk, .abandon(buried)) }
        }
        try expectNoChange { try stage.change(.clerk, .buryPart("a", cause: "again")) }
        #expect(try stage.header(of: .clerk).due == 0)
        try stage.carry(from: .clerk, to: .box("x"))
        #expect(stage.isFinished(.clerk))
    }

    @Test func whatBecomesOfTheDeadIsEntriesOfTheCausalGraph() throws {
        try stage.tell(.clerk, .order("a"), .timer("tea", afterMs: 100))
        try change(.buryPart("a", cause: "p"), .buryTimer("tea", atMs: Self.due, cause: "t"))
        try change(.revive(.part("a")), .revive(.timer("tea")))
        try change(.buryPart("a", cause: "p"), .buryTimer("tea", atMs: Self.due, cause: "t"))
        try change(.abandon(.part("a")), .abandon(.timer("tea")))
        let entries = try stage.trace(of: .clerk).dropFirst()
        #expect(entries.map(\.event) == ["count", "ring", "count", "ring", "count", "ring", "count", "answer", "ring"])
        let (death, again, gone) = (TraceEntry.Origin.burial(cause: 1), TraceEntry.Origin.operator(cause: 1), TraceEntry.Origin.operator(cause: 1))
        #expect(entries.map(\.origin) == [death, death, again, again, death, death, gone, .worker(part: "a", node: "", cause: 1), gone])
        #expect(
            entries.map(\.outcome)
                == [.died("p"), .died("t"), .redriven, .redriven, .died("p"), .died("t"), .discarded, .done, .discarded])
        #expect(entries.filter { $0.event == "count" }.allSatisfy { $0.orders == ["a"] })
    }
}
