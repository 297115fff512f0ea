import Choreography
import Registers
import Testing
import World

/// What a courier does with parts that an actor has ordered.
@Suite struct CourierPartTests {
    private static let actor = ActorName.clerk
    private static let report = WorkReport(result: .done([5]), node: "n2", resent: 1)
    private static let busy = RegisterError(.noMajority, .unknown, "nobody answers")
    private static let refusal = RegisterError(.refused, .failed, "this is no answer")

    /// A courier that is told by hand.
    private struct Bench {
        private var courier: Courier
        var now = Instant(nanoseconds: 1_000_000_000)

        init(_ figures: CourierConfiguration = .init()) {
            courier = Courier(random: RandomStream(seed: 1, name: "courier"), configuration: figures)
        }

        mutating func give(_ input: CourierInput) -> [CourierEffect] {
            courier.handle(input, now: now, wall: WallTime(millisecondsSince1970: Stage.startMs))
        }

        /// The actor's register says that these parts are open.
        mutating func read(_ parts: [String], dead: [String] = [], after: String = "", next: String? = nil) -> [CourierEffect] {
            var duties = ActorDuties()
            duties.orders = (parts + dead).sorted().map { part in
                var row = CourierPartTests.row
                row.dead = dead.contains(part) ? "nobody can" : nil
                return ActorDuties.Order(part: part, row: row)
            }
            duties.next = next
            return give(.duties(actor, .success(duties)))
        }

        mutating func attend(_ parts: [String], dead: [String] = []) -> [CourierEffect] {
            #expect(give(.attend(actor)) == [.read(actor, after: "")])
            return read(parts, dead: dead)
        }

        mutating func wait(_ span: Duration) -> [CourierEffect] {
            now = now + span
            return give(.tick)
        }

        /// Everything that it has had begun and not ended, as operators see it.
        var efforts: [Effort] { courier.efforts(for: actor, now: now, limit: 10) }
        var count: Int { courier.count(ofKind: actor.kind) }
    }

    private static let row = OrderRow(work: "count", payload: [7], trace: .first, cause: 1, expectedMs: 30)

    private static func perform(_ part: String) -> CourierEffect {
        .perform(actor, work: "count", Scatter.Part(part, [7], expected: .milliseconds(30)))
    }

    private static func answer(_ part: String) -> ActorCommand { .answer(part: part, report) }

    // MARK: Answers

    @Test func whatIsOrderedIsDoneAndItsAnswerIsWritten() {
        var bench = Bench()
        #expect(bench.attend(["a", "b"]) == [Self.perform("a"), Self.perform("b")])
        #expect(bench.give(.performed(Self.actor, part: "b", Self.report)) == [.write(Self.actor, Self.answer("b"))])
        #expect(bench.give(.written(Self.actor, Self.answer("b"), nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read(["a"]).isEmpty, "one is being done, and the other is closed")
        #expect(bench.count == 1)
        #expect(bench.give(.performed(Self.actor, part: "a", Self.report)) == [.write(Self.actor, Self.answer("a"))])
        #expect(bench.give(.written(Self.actor, Self.answer("a"), nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([]).isEmpty && bench.count == 0, "nobody has to be looked after any more")
    }

    @Test func whatIsBeingDoneIsNotBegunOnceMore() {
        var bench = Bench()
        #expect(bench.attend(["a"]) == [Self.perform("a")])
        #expect(bench.attend(["a", "b"]) == [Self.perform("b")])
    }

    @Test func theFirstAnswerCounts() {
        var bench = Bench()
        _ = bench.attend(["a"])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        #expect(bench.give(.performed(Self.actor, part: "a", WorkReport(result: .done([9]), node: "n3"))).isEmpty)
        #expect(bench.give(.silent(Self.actor, part: "a", cause: "too long")).isEmpty)
        #expect(bench.give(.performed(Self.actor, part: "z", Self.report)).isEmpty, "nobody has ordered that")
    }

    @Test func anAnswerThatCannotBeWrittenNowIsWrittenLater() {
        var bench = Bench()
        _ = bench.attend(["a"])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        var effects = bench.give(.written(Self.actor, Self.answer("a"), Self.busy))
        for _ in 0..<20 where effects.isEmpty { effects = bench.wait(.milliseconds(10)) }
        #expect(effects == [.write(Self.actor, Self.answer("a"))])
        #expect(bench.give(.written(Self.actor, Self.answer("a"), nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([]).isEmpty && bench.count == 0)
    }

    // MARK: What is dead

    /// What the rules refuse they would refuse again.
    @Test(arguments: [RegisterError.Code.refused, .tooLarge])
    func anAnswerThatIsRefusedBuriesThePart(_ code: RegisterError.Code) {
        var bench = Bench()
        _ = bench.attend(["a"])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        let error = RegisterError(code, .failed, "this is no answer"), bury = ActorCommand.buryPart("a", cause: error.sentence)
        var effects = bench.give(.written(Self.actor, Self.answer("a"), error))
        for _ in 0..<20 where effects.isEmpty { effects = bench.wait(.milliseconds(10)) }
        #expect(effects == [.write(Self.actor, bury)])
        #expect(bench.give(.written(Self.actor, bury, nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([], dead: ["a"]).isEmpty)
        #expect(bench.wait(.seconds(100)).isEmpty, "that is an operator's business now")
    }

    @Test func silenceBuriesThePartAndAnAnswerAfterAllStillCounts() {
        var bench = Bench()
        _ = bench.attend(["a"])
        let bury = ActorCommand.buryPart("a", cause: "too long")
        #expect(bench.give(.silent(Self.actor, part: "a", cause: "too long")) == [.write(Self.actor, bury)])
        #expect(bench.give(.written(Self.actor, bury, nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([], dead: ["a"]).isEmpty)
        #expect(bench.give(.performed(Self.actor, part: "a", Self.report)) == [.write(Self.actor, Self.answer("a"))])
        #expect(bench.give(.written(Self.actor, Self.answer("a"), nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([]).isEmpty && bench.count == 0)
    }

    @Test func anAnswerThatComesWhileThePartIsBuriedIsWrittenAfterwards() {
        var bench = Bench()
        _ = bench.attend(["a"])
        let bury = ActorCommand.buryPart("a", cause: "too long")
        _ = bench.give(.silent(Self.actor, part: "a", cause: "too long"))
        #expect(bench.give(.performed(Self.actor, part: "a", Self.report)).isEmpty, "one after the other")
        #expect(bench.give(.written(Self.actor, bury, nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([], dead: ["a"]) == [.write(Self.actor, Self.answer("a"))])
    }

    @Test func whatIsDeadIsNotBegunByWhoBeginsWithNothing() {
        var bench = Bench()
        #expect(bench.attend(["b"], dead: ["a"]) == [Self.perform("b")])
    }

    @Test func whatAnOperatorHasTriedAgainBeginsAnew() {
        var bench = Bench()
        _ = bench.attend(["a", "b"])
        let bury = ActorCommand.buryPart("a", cause: "too long")
        _ = bench.give(.silent(Self.actor, part: "a", cause: "too long"))
        _ = bench.give(.written(Self.actor, bury, nil))
        #expect(bench.read(["b"], dead: ["a"]).isEmpty)
        #expect(bench.attend(["a", "b"]) == [Self.perform("a")], "its workers are called off by who asks them anew")
        #expect(bench.give(.performed(Self.actor, part: "a", Self.report)) == [.write(Self.actor, Self.answer("a"))])
    }

    // MARK: What nobody waits for

    @Test func whatTheRegisterDoesNotWaitForIsCalledOff() {
        var bench = Bench()
        _ = bench.attend(["a", "b", "c"])
        #expect(bench.attend(["b"]) == [.callOff(Self.actor, work: "count", part: "a"), .callOff(Self.actor, work: "count", part: "c")])
        #expect(bench.give(.performed(Self.actor, part: "a", Self.report)).isEmpty)
    }

    /// When the last duty of an actor goes with a change, nobody is told to look after it.
    @Test func whoRestsWithPartsUnderWayIsReadOnceMore() {
        var bench = Bench()
        _ = bench.attend(["a"])
        #expect(bench.give(.rests(Self.actor)) == [.read(Self.actor, after: "")])
        #expect(bench.read([]) == [.callOff(Self.actor, work: "count", part: "a")])
        #expect(bench.count == 0)
        #expect(bench.give(.rests(Self.actor)).isEmpty, "whoever has nothing under way need not be read")
    }

    /// Its end is being written: that it is closed is no news.
    @Test func whatIsBeingWrittenIsNotCalledOff() {
        var bench = Bench()
        _ = bench.attend(["a"])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        #expect(bench.attend([]).isEmpty)
        #expect(bench.give(.written(Self.actor, Self.answer("a"), nil)) == [.read(Self.actor, after: "")])
        #expect(bench.read([]).isEmpty && bench.count == 0)
    }

    @Test func onlyWhatBelongsToThePageThatWasReadIsCalledOff() {
        var bench = Bench()
        _ = bench.give(.attend(Self.actor))
        #expect(bench.read(["a", "c"], next: "c") == [Self.perform("a"), Self.perform("c")])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        _ = bench.give(.performed(Self.actor, part: "c", Self.report))
        _ = bench.give(.written(Self.actor, Self.answer("a"), nil))
        #expect(bench.read(["c"], next: "c").isEmpty)
        _ = bench.give(.written(Self.actor, Self.answer("c"), nil))
        #expect(bench.read([], next: "c") == [.read(Self.actor, after: "c")])
        #expect(bench.read(["d", "e"], after: "c") == [Self.perform("d"), Self.perform("e")])
        _ = bench.give(.attend(Self.actor))
        #expect(bench.read([], next: "c").isEmpty, "d and e lie behind it")
        _ = bench.give(.attend(Self.actor))
        #expect(bench.read([], next: "d") == [.callOff(Self.actor, work: "count", part: "d")])
    }

    // MARK: Room

    /// They take as long as they take, and letters must not wait for them.
    @Test func partsAreNoFlights() {
        var figures = CourierConfiguration()
        figures.flights = 1
        var bench = Bench(figures)
        #expect(bench.attend(["a", "b", "c"]).count == 3)
        #expect(bench.give(.attend(.ann)) == [.read(.ann, after: "")])
    }

    @Test func oneActorHasNoMorePartsUnderWayThanItMay() {
        var figures = CourierConfiguration()
        figures.partsOfOne = 2
        var bench = Bench(figures)
        #expect(bench.attend(["a", "b", "c"]) == [Self.perform("a"), Self.perform("b")])
        _ = bench.give(.performed(Self.actor, part: "a", Self.report))
        _ = bench.give(.written(Self.actor, Self.answer("a"), nil))
        #expect(bench.read(["b", "c"]) == [Self.perform("c")])
    }

    @Test func allActorsTogetherHaveNoMoreThanThereIsRoomFor() {
        var figures = CourierConfiguration()
        figures.parts = 2
        var bench = Bench(figures)
        #expect(bench.attend(["a", "b"]).count == 2)
        _ = bench.give(.attend(.ann))
        var duties = ActorDuties()
        duties.orders = [ActorDuties.Order(part: "x", row: Self.row)]
        #expect(bench.give(.duties(.ann, .success(duties))).isEmpty)
        #expect(bench.attend(["b"]) == [.callOff(Self.actor, work: "count", part: "a")])
        var effects: [CourierEffect] = []
        for _ in 0..<20 where effects.isEmpty { effects = bench.wait(.milliseconds(10)) }
        #expect(effects == [.perform(.ann, work: "count", Scatter.Part("x", [7], expected: .milliseconds(30)))])
    }

    @Test func whatIsUnderWayIsShown() {
        var bench = Bench()
        _ = bench.attend(["a"])
        #expect(bench.efforts == [Effort(errand: .part("a"), attempts: 0, nextInMs: 0, isUnderWay: true)])
    }
}
