import Choreography
import Registers
import Testing
import World

@Suite struct RehearsalTests {
    private static let start = WallTime(millisecondsSince1970: Stage.startMs)

    private func rehearsal(seed: UInt64) -> Rehearsal {
        Rehearsal([Clerk.self, Box.self], seed: seed, now: Self.start) { work, part, payload in
            .done(Array("\(work) \(part) \(payload.count)".utf8))
        }
    }

    private func tell(_ rehearsal: Rehearsal, _ acts: Act..., to clerk: ActorName = .clerk) throws {
        try rehearsal.tell(Do(acts: acts), to: clerk, as: .first)
    }

    /// What the actors did, in the words of their causal graphs.
    private func play(seed: UInt64) throws -> [String] {
        let rehearsal = rehearsal(seed: seed)
        for clerk in [ActorName.clerk, .ann, .ben] {
            try tell(rehearsal, .say("\(clerk.name) 1", box: "x"), .say("\(clerk.name) 2", box: "x"), .ask(box: "x"), to: clerk)
        }
        try rehearsal.play()
        let trace = try rehearsal.trace(of: .first)
        #expect(Set(trace.map(\.actor)) == [.clerk, .ann, .ben, .box("x")])
        return trace.filter { $0.actor == .box("x") }.map { "\($0.entry.origin)" }
    }

    @Test func theSameSeedPlaysInTheSameOrder() throws {
        for seed in 0..<5 as Range<UInt64> { #expect(try play(seed: seed) == play(seed: seed)) }
    }

    @Test func otherSeedsPlayInOtherOrders() throws {
        #expect(Set(try (0..<20 as Range<UInt64>).map(play)).count > 10)
    }

    @Test(arguments: 0..<30 as Range<UInt64>) func everythingArrivesOnceAndInItsOrder(seed: UInt64) throws {
        let rehearsal = rehearsal(seed: seed)
        try tell(
            rehearsal, .say("a", box: "x"), .say("b", box: "x"), .put(3, box: "x"), .say("c", box: "y"), .say("d", box: "x"),
            .ask(box: "x"))
        try rehearsal.play()
        #expect(try rehearsal.state(of: .box("x"), Box.self) == Box.State(held: 3, said: ["a", "b", "d"]))
        #expect(try rehearsal.state(of: .box("y"), Box.self).said == ["c"])
        #expect(try rehearsal.state(of: .clerk, Clerk.self).heard == ["told 3"])
        #expect(rehearsal.actors == [.box("x"), .box("y"), .clerk])
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func whatIsOrderedIsAnsweredOnce(seed: UInt64) throws {
        let rehearsal = rehearsal(seed: seed)
        try tell(rehearsal, .order("a", bytes: 2), .order("b"), .order("c"), .callOff("c"))
        try rehearsal.play()
        let heard = try rehearsal.state(of: .clerk, Clerk.self).heard.sorted()
        #expect(heard == ["a = \(Array("count a 2".utf8)) by n1", "b = \(Array("count b 0".utf8)) by n1"])
    }

    /// Otherwise nothing would be tried that a mesh does to an actor.
    @Test func whatHasHappenedComesAgainNowAndThen() throws {
        var asked = 0, attempts = 0
        for seed in 0..<20 as Range<UInt64> {
            let rehearsal = Rehearsal([Clerk.self, Box.self], seed: seed, now: Self.start) { _, _, _ in
                asked += 1
                return .done([])
            }
            try tell(rehearsal, .order("a"), .order("b"))
            attempts += 2
            try rehearsal.play()
        }
        #expect(asked > attempts)
    }

    @Test func partsBeyondTheFirstPortionAreAnswered() throws {
        let rehearsal = rehearsal(seed: 1)
        for start in stride(from: 1_000, to: 1_600, by: 100) {
            let parts = (start..<start + 100).map(String.init)
            try rehearsal.tell(Do(acts: parts.map { .order($0) } + parts.map { .callOff($0) }), to: .clerk, as: .first)
        }
        try tell(rehearsal, .order("last"))
        try rehearsal.play()
        #expect(try rehearsal.state(of: .clerk, Clerk.self).heard.count == 1)
    }

    @Test func aTimerWaitsForItsTime() throws {
        let rehearsal = rehearsal(seed: 1)
        try tell(rehearsal, .timer("tea", afterMs: 100))
        try rehearsal.play()
        rehearsal.wait(.milliseconds(99))
        try rehearsal.play()
        #expect(try rehearsal.state(of: .clerk, Clerk.self).heard.isEmpty)
        rehearsal.wait(.milliseconds(1))
        try rehearsal.play()
        #expect(try rehearsal.state(of: .clerk, Clerk.self).heard == ["ring tea"])
        #expect(rehearsal.now == WallTime(millisecondsSince1970: Stage.startMs + 100))
    }

    @Test func aRefusalIsKeptAsADeadLetter() throws {
        let rehearsal = rehearsal(seed: 1)
        try rehearsal.tell(Lock(isLocked: true), to: .box("x"), as: .second)
        try tell(rehearsal, .put(1, box: "x"), .say("b", box: "x"), .finish)
        try rehearsal.play()
        let dead = try rehearsal.deadLetters
        #expect(dead.map(\.sender) == [.clerk] && dead.map(\.receiver) == [.box("x")])
        #expect(dead.map(\.event) == ["put"] && dead.map(\.cause) == ["box/x: the box is locked"])
        #expect(!rehearsal.isFinished(.clerk), "it waits for an operator")
    }

    @Test func anActorThatOwesNothingIsFinished() throws {
        let rehearsal = rehearsal(seed: 1)
        try tell(rehearsal, .say("a", box: "x"), .finish)
        #expect(!rehearsal.isFinished(.clerk))
        try rehearsal.play()
        #expect(rehearsal.isFinished(.clerk))
        #expect(!rehearsal.isFinished(.ann), "one that was never told anything")
    }

    /// A change that registers would not take is not rehearsed as if they would.
    @Test func theLimitsOfRegistersHold() throws {
        let rehearsal = rehearsal(seed: 1)
        let long = [UInt8](repeating: 0, count: RegisterLimits.answerBytes + 1)
        let error = #expect(throws: MachineRefusal.self) { try tell(rehearsal, .answer(long)) }
        #expect(error?.sentence.contains("too large") == true)
    }

    @Test func anActorOfAnUnknownKindIsRefused() throws {
        let rehearsal = Rehearsal([Clerk.self], seed: 1, now: Self.start)
        try tell(rehearsal, .say("a", box: "x"))
        try rehearsal.play()
        #expect(try rehearsal.deadLetters.map(\.cause) == ["no node knows actors of the kind box"])
    }

    /// Sends itself on for ever.
    private enum Spinner: DurableActor {
        struct Spin: DurableEvent { static let name = "spin" }
        static let kind = "spinner"
        static var blank: Int { 0 }
        static var rules: [Rule<Spinner>] {
            [
                .on(Spin.self, .note, from: [.outside, .actors], sends: [.to(Spinner.self, Spin.self)]) { _, turns, next in
                    turns += 1
                    try next.send(Spin(), to: next.actor)
                }
            ]
        }
    }

    @Test func whatNeverComesToRestIsTold() throws {
        let rehearsal = Rehearsal([Spinner.self], seed: 1, now: Self.start)
        let spinner = ActorName(Spinner.kind, of: .first)
        try rehearsal.tell(Spinner.Spin(), to: spinner, as: .first)
        let error = #expect(throws: RehearsalError.self) { try rehearsal.play(limit: 60) }
        #expect(error?.description == "nothing comes to rest within 60 steps")
        let turns = try rehearsal.state(of: spinner, Spinner.self)
        #expect(turns > 10 && turns <= 61)
    }
}
