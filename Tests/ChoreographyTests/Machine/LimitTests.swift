import Choreography
import MessagePack
import Registers
import Testing
import World

/// What exceeds a limit is refused by name, and nothing of the reaction happens.
@Suite struct LimitTests {
    private let stage = Stage()
    private let clerk = "\(ActorName.clerk)"

    private func refused(_ acts: [Act], _ sentence: String, isLasting: Bool = true, _ location: SourceLocation = #_sourceLocation) {
        let before = stage[.clerk]
        #expect(throws: MachineRefusal("\(clerk): \(sentence)", isLasting: isLasting), sourceLocation: location) {
            try stage.tell(Do(acts: acts), to: .clerk)
        }
        #expect(stage[.clerk] == before, sourceLocation: location)
    }

    private static func word(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }

    @Test func anEventHasALargestSize() throws {
        // As it is encoded: a map of one field, its name, and a string with a header of three bytes.
        let room = ChoreographyLimits.eventBytes - 9
        try stage.tell(Do(acts: [.timer(Self.word(100), afterMs: 1)]), to: .clerk)
        var next = Probe.reaction(on: .say)
        try next.send(Say(text: Self.word(room)), to: .box("x"))
        #expect(throws: ReactionError("the event say has 16385 bytes, more than 16384; send a reference instead")) {
            try next.send(Say(text: Self.word(room + 1)), to: .box("x"))
        }
        #expect(throws: ReactionError("the event ring has 20009 bytes, more than 16384; send a reference instead")) {
            try next.setTimer("t", at: next.now, Ring(name: Self.word(20_000)))
        }
    }

    @Test func whatIsToldHasALargestSize() {
        let payload = [UInt8](repeating: 0, count: ChoreographyLimits.eventBytes + 1)
        let command = ActorCommand.tell(event: "do", payload: payload, trace: .first)
        let error = #expect(throws: MachineRefusal.self) { try stage.change(.clerk, command) }
        #expect(error?.sentence.contains("announces a size of 16385, the limit is 16384") == true)
    }

    @Test func aReactionSendsSoManyLetters() throws {
        let most = ChoreographyLimits.lettersPerReaction
        let acts = (0..<most).map { Act.say("", box: "b\($0 % 8)") }
        refused(acts + [.say("", box: "b0")], "clerk on do sends more than 256 events; divide it")
        try stage.tell(Do(acts: acts), to: .clerk)
        #expect(try stage.duties(of: .clerk).pairs.count == 8)
    }

    @Test func soManyLettersWaitForOne() throws {
        try stage.tell(Do(acts: Array(repeating: .say("", box: "x"), count: ChoreographyLimits.lettersPerReceiver)), to: .clerk)
        refused(
            [.say("", box: "y"), .say("", box: "x")],
            "64 letters of \(clerk) wait for box/x already; it is out of reach or refuses them", isLasting: false)
        try stage.settle(.clerk, .box("x"), 1)
        try stage.tell(.clerk, .say("", box: "x"))
        #expect(try stage.letters(from: .clerk, to: .box("x")).map(\.sequence) == Array(2...65))
    }

    @Test func soManyOthersAreWaitedFor() throws {
        let most = ChoreographyLimits.receiversWaitedFor
        try stage.tell(Do(acts: (0..<most).map { .say("", box: "b\($0)") }), to: .clerk)
        refused([.say("", box: "x")], "letters of \(clerk) wait for 256 others already; ask again", isLasting: false)
        try stage.tell(.clerk, .say("", box: "b7"))
        try stage.settle(.clerk, .box("b3"), 1)
        try stage.tell(.clerk, .say("", box: "x"))
        #expect(try stage.duties(of: .clerk).pairs.last?.receiver == .box("x"))
    }

    @Test func theLettersThatWaitForOneHaveALargestSizeTogether() throws {
        for _ in 0..<4 { try stage.tell(.clerk, .say(Self.word(16_000), box: "x")) }
        refused(
            [.say(Self.word(3_000), box: "x")], "the letters of \(clerk) that wait for box/x have more than 65536 bytes together")
        try stage.tell(.clerk, .say(Self.word(1_000), box: "x"))
    }

    @Test func soManyTimersAreSet() throws {
        try stage.tell(Do(acts: (0..<ChoreographyLimits.timers).map { .timer("t\(10 + $0)", afterMs: 1) }), to: .clerk)
        refused([.timer("u", afterMs: 1)], "more than 64 timers are set; cancel some")
        try stage.tell(.clerk, .timer("t10", afterMs: 2))
        try stage.tell(.clerk, .timer("a", afterMs: 1), .cancel("t11"))
        #expect(try stage.duties(of: .clerk).timers.count == 64, "one takes the place of another, in whatever order they are named")
    }

    @Test(arguments: [0, 129]) func aTimerHasANameThatCanBeTold(bytes: Int) {
        refused(
            [.timer(Self.word(bytes), afterMs: 1)],
            "clerk on do sets a timer with a name of \(bytes) bytes; give 1 to 128")
    }

    @Test func aPartHasAName() throws {
        for bytes in [0, 129] {
            refused(
                [.order(Self.word(bytes))],
                "part \(Self.word(min(bytes, 128))) of count: a part has a name of 1 to 128 bytes "
                    + "and an order of at most 32768, not 0")
        }
        try stage.tell(.clerk, .order(Self.word(128)))
        try stage.change(.clerk, .answer(part: Self.word(128), WorkReport(result: .done([3]), node: "n2")))
        #expect(try stage.header(of: .clerk).openOrders == 0)
    }

    @Test func anOrderHasALargestSize() throws {
        refused(
            [.order("p", bytes: ChoreographyLimits.orderBytes + 1)],
            "part p of count: a part has a name of 1 to 128 bytes and an order of at most 32768, not 32769")
        try stage.tell(.clerk, .order("p", bytes: ChoreographyLimits.orderBytes))
        let most = [UInt8](repeating: 1, count: ChoreographyLimits.resultBytes)
        #expect(throws: MachineRefusal.self) { try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done(most + [1]), node: "n2"))) }
        try stage.change(.clerk, .answer(part: "p", WorkReport(result: .done(most), node: "n2")))
        #expect(try stage.header(of: .clerk).openOrders == 0)
    }

    @Test func soManyPartsAreOpen() throws {
        var header = ActorHeader()
        (header.openOrders, header.traced) = (UInt64(ChoreographyLimits.openOrders) - 1, 1)
        stage.lay(StoredActor(header: header, state: try MessagePackEncoder().encode(Clerk.blank)).packed, of: .clerk)
        try stage.tell(.clerk, .order("a"))
        refused([.order("b")], "65536 parts of \(clerk) are open already; wait for answers", isLasting: false)
        try stage.change(.clerk, .answer(part: "a", WorkReport(result: .done([]), node: "n2")))
        try stage.tell(.clerk, .order("b"))
    }

    @Test func aLimitedRuleReactsSoOften() throws {
        try stage.tell(Nudge(), to: .clerk)
        try stage.tell(Bell(), to: .clerk)
        try stage.tell(Nudge(), to: .clerk)
        #expect(throws: MachineRefusal("\(clerk): nudge has come 2 times already, as often as it may")) {
            try stage.tell(Nudge(), to: .clerk)
        }
        #expect(throws: MachineRefusal("\(clerk): bell has come 1 times already, as often as it may")) {
            try stage.tell(Bell(), to: .clerk)
        }
        #expect(try stage.heard(.clerk) == ["nudge", "bell", "nudge"])
        #expect(try stage.header(of: .clerk).counts == [.init(event: "bell", number: 1), .init(event: "nudge", number: 2)])
        try stage.tell(.clerk, .remember(2))
    }

    /// The longest name leaves room for what is put before it in a row's key.
    @Test func everyNameOfAnActorCanBeWrittenTo() throws {
        let longest = Self.word(ActorName.maximumBytes - "box/".utf8.count)
        #expect(ActorName("box", named: longest + "x") == nil)
        try stage.tell(.clerk, .say("a", box: longest))
        try stage.carry(from: .clerk, to: .box(longest))
        #expect(try stage.box(longest).said == ["a"])
    }
}
