import Choreography
import MessagePack
import Registers
import Testing
import World

/// An actor does what its rules declare, to events that they name, from where they say. Anything else is refused, and changes
/// nothing.
@Suite struct DeclarationTests {
    private let stage = Stage()
    private let clerk = "\(ActorName.clerk)"

    private func refused(_ act: Act, _ sentence: String) {
        #expect(throws: MachineRefusal("\(clerk): \(sentence)")) { try stage.tell(.clerk, .say("a", box: "x"), act) }
        #expect(stage[.clerk] == Stage.Register())
    }

    @Test func whatIsNotDeclaredIsNotSent() {
        refused(.whisper(box: "x"), "clerk on do sends whisper to box, which it does not declare")
    }

    @Test func workThatIsNotDeclaredIsNotOrdered() {
        refused(.order("p", work: "sort"), "clerk on do orders sort, which it does not declare")
    }

    @Test func aTimerThatIsNotDeclaredIsNotSet() {
        refused(.alarm, "clerk on do sets a timer for nudge, which it does not declare")
    }

    @Test func aRuleThatThrowsChangesNothingAtAll() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .timer("tea", afterMs: 1), .order("p"))
        let before = stage[.clerk]
        #expect(throws: MachineRefusal("\(clerk): no")) {
            try stage.tell(
                .clerk, .say("b", box: "x"), .put(1, box: "y"), .takeBack(1, box: "z"), .remember(1), .order("q"), .callOff("p"),
                .cancel("tea"), .timer("cake", afterMs: 1), .answer([1]), .finish, .fail("no"))
        }
        #expect(stage[.clerk] == before)
    }

    @Test func aLetterThatIsRefusedChangesNothingAtAll() throws {
        try stage.tell(Lock(isLocked: true), to: .box("x"))
        let before = stage[.box("x")]
        let letter = try Letter.step(1, Say(text: "a"))
        #expect(throws: MachineRefusal("box/x: the box is locked")) { try stage.deliver(letter, from: .ann, to: .box("x")) }
        #expect(stage[.box("x")] == before)
        try stage.tell(Lock(isLocked: false), to: .box("x"))
        #expect(try stage.deliver(letter, from: .ann, to: .box("x")) == .received(1), "its number was not spent")
    }

    @Test func anEventThatNobodyKnowsIsRefused() throws {
        #expect(throws: MachineRefusal("\(clerk): clerk has no reaction to whisper")) { try stage.tell(Whisper(), to: .clerk) }
        #expect(throws: MachineRefusal("box/x: box has no reaction to whisper")) {
            try stage.deliver(.step(1, Whisper()), from: .ann, to: .box("x"))
        }
    }

    @Test func anEventIsTakenFromWhereItsRuleSays() throws {
        #expect(throws: MachineRefusal("\(clerk): clerk does not take told from outside")) {
            try stage.tell(Told(held: 1), to: .clerk)
        }
        #expect(throws: MachineRefusal("\(clerk): clerk does not take ring from outside")) {
            try stage.tell(Ring(name: "tea"), to: .clerk)
        }
        #expect(throws: MachineRefusal("\(clerk): clerk does not take nudge from other actors")) {
            try stage.deliver(.step(1, Nudge()), from: .ann, to: .clerk)
        }
        #expect(throws: MachineRefusal("\(clerk): clerk does not take answer from other actors")) {
            try stage.deliver(.step(1, WorkAnswer(part: "p", result: .done([]), node: "n2")), from: .ann, to: .clerk)
        }
        #expect(stage[.clerk] == Stage.Register())
    }

    @Test func anEventThatCannotBeReadIsRefused() throws {
        let error = #expect(throws: MachineRefusal.self) {
            try stage.change(.clerk, .tell(event: "do", payload: [0xc1], trace: .first))
        }
        #expect(error?.sentence.hasPrefix("\(clerk): the event do for clerk cannot be read: ") == true)
    }

    @Test func aCommandThatCannotBeReadIsRefused() throws {
        #expect(throws: MachineRefusal("\(clerk): command 99 of a durable actor is not known to this program; update it")) {
            try stage.change(.clerk, bytes: [99])
        }
        #expect(throws: MachineRefusal.self) { try stage.change(.clerk, bytes: []) }
    }

    @Test func aRegisterOfAnotherKindIsNoActor() throws {
        let key = try #require(RegisterKey("box/x"))
        var view = RegisterView(
            state: .empty, rows: LayeredRows(MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1))), key, isBare: true))
        let command = ActorCommand.tell(event: Nudge.name, payload: try MessagePackEncoder().encode(Nudge()), trace: .first).packed
        #expect(throws: MachineRefusal("box/x: this register is no actor of the kind clerk")) {
            try Clerk.machine.change(command, &view)
        }
    }

    @Test func anActorOfALaterVersionIsLeftAlone() throws {
        try stage.tell(.clerk, .remember(1))
        var bytes = stage[.clerk].state.bytes
        bytes[0] = 2
        stage.lay(bytes, of: .clerk)
        #expect(throws: MachineRefusal("\(clerk): this actor was written in version 2, and this program knows 1; update it")) {
            try stage.tell(.clerk, .remember(2))
        }
    }

    @Test func whoeverTellsIsAnswered() throws {
        #expect(try stage.tell(.clerk, .answer([4, 2])) == [4, 2])
        #expect(try stage.tell(.clerk, .remember(1)) == [])
        var reader = MessagePackReader(try stage.read(.clerk, .rows(from: [], limit: 9)))
        #expect(try reader.readArrayHeader() == 2)
        #expect(try Array(reader.readBinary()) == [1])
    }
}
