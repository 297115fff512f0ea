import Choreography
import Registers
import Testing
import World

/// What an actor that lives on keeps of work, by which hour it goes, and what becomes of work whose hour has passed.
@Suite struct PassedTests {
    private let stage = Stage()
    private static let hour = CreationHour(of: .first), before = CreationHour(number: hour.number - 1)

    /// The hours with which the box's rows of this kind go; nil for those that stay.
    private func hours(_ kind: RegisterView.Kind, of actor: ActorName = .box("x")) -> [CreationHour?] {
        stage[actor].rows.filter { $0.key.first == kind.rawValue }.map { row in
            Box.machine.hour(of: StoredRow(key: row.key, value: row.value, changed: 1), in: actor.key)
        }
    }

    @Test func whatIsKeptOfOthersGoesWithTheHourOfTheOther() throws {
        try stage.deliver(.step(1, Put(amount: 3)), from: .clerk, to: .box("x"))
        try stage.deliver(.step(1, Put(amount: 3)), from: .ann, to: .box("x"))
        #expect(hours(.inbox) == [Self.hour, nil], "who lives on may always send again")
        #expect(hours(.effect) == [Self.hour])
        #expect(hours(.trace) == [Self.hour, Self.hour])
    }

    @Test func aPairGoesWhenNoLetterWaits() throws {
        try stage.tell(.ann, .say("a", box: "x"))
        #expect(hours(.outbox, of: .ann) == [nil])
        let order = ActorName(Clerk.kind, of: .second)
        var letters = OutboxRow()
        func hour() -> CreationHour? {
            Box.machine.hour(of: StoredRow(key: [4] + key, value: letters.packed, changed: 1), in: ActorName.box("x").key)
        }
        let key = withUnsafeBytes(of: Self.hour.number.bigEndian) { Array($0) } + order.key.bytes
        letters.last = 1
        #expect(hour() == Self.hour)
        letters.letters = [try .step(1, Put(amount: 3))]
        #expect(hour() == nil, "a letter that waits is somebody's to settle")
    }

    @Test func ownRowsAndOperationsAndWhatIsDamagedStay() {
        for row in [[1], [2, 1], [5, 1], [3], [3, 1, 2], [6, 1], [7], [99], []] as [[UInt8]] {
            #expect(Box.machine.hour(of: StoredRow(key: row, value: [1], changed: 1), in: ActorName.box("x").key) == nil)
        }
    }

    /// Its number is gone, so it would count as new.
    @Test func aLetterOfWorkThatHasPassedWasReceivedAndDoesNothing() throws {
        stage.passed = Self.hour
        #expect(try stage.deliver(.step(1, Put(amount: 3)), from: .clerk, to: .box("x")) == .received(1))
        #expect(stage[.box("x")] == Stage.Register())
        stage.passed = Self.before
        #expect(try stage.deliver(.step(1, Put(amount: 3)), from: .clerk, to: .box("x")) == .received(1))
        #expect(try stage.box("x").held == 3)
    }

    /// Whether it was done or undone nobody knows any more.
    @Test func nothingIsDoneOrUndoneForWorkThatHasPassed() throws {
        try stage.deliver(.step(1, Put(amount: 3)), from: .ann, to: .box("x"))
        let before = stage[.box("x")]
        stage.passed = Self.hour
        for letter in [try Letter.step(2, Put(amount: 3)), try .step(2, TakeBack(amount: 3), .compensation)] {
            let refusal = #expect(throws: MachineRefusal.self) { try stage.deliver(letter, from: .ann, to: .box("x")) }
            #expect(refusal?.sentence.contains("\(WorkID.first)") == true && refusal?.isLasting == true)
        }
        #expect(stage[.box("x")] == before)
        #expect(try stage.deliver(.step(2, Say(text: "a")), from: .ann, to: .box("x")) == .received(2), "what has no effect goes on")
    }
}
