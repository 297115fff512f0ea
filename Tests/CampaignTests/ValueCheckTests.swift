import Campaign
import Registers
import Testing
import World

/// Histories of a value register are explained when there is an order for them, and only then.
@Suite struct ValueCheckTests {
    private struct History {
        var ledger = Ledger()
        let key: RegisterKey
        private var time = Instant.zero
        private var turn: UInt64 = 0

        init() throws { key = try #require(RegisterKey("value/0")) }

        mutating func begin(_ deed: Deed) -> Int {
            time = time + .milliseconds(1)
            return ledger.invoke(key, deed, at: time)
        }

        mutating func end(_ number: Int, _ outcome: Ledger.Outcome) {
            time = time + .milliseconds(1)
            ledger.end(number, outcome, at: time)
        }

        mutating func answer(_ number: Int, replaced before: UInt64) {
            turn += 1
            end(number, .ok(ChangeAnswer(turn: turn, found: before).bytes))
        }

        mutating func show(_ number: Int, _ value: UInt64, row: UInt64? = nil) {
            end(number, .ok(ValueReading(value: value, puts: turn, row: row ?? value).bytes))
        }

        mutating func put(_ value: UInt64, replacing before: UInt64) { answer(begin(.put(value)), replaced: before) }
        mutating func read(_ value: UInt64, row: UInt64? = nil) { show(begin(.readValue), value, row: row) }

        var kinds: [Violation.Kind] { ValueCheck.judge(key, ledger.operations).violations.map(\.kind) }
    }

    @Test func oneAfterTheOtherIsInOrder() throws {
        var history = try History()
        history.read(0)
        history.put(1, replacing: 0)
        history.read(1)
        history.put(2, replacing: 1)
        history.read(2)
        #expect(history.kinds.isEmpty)
    }

    @Test func whatRunsTogetherMayGoEitherWay() throws {
        var history = try History()
        let slow = history.begin(.put(1))
        let read = history.begin(.readValue)
        history.read(0)
        history.read(1)
        history.show(read, 0)
        history.answer(slow, replaced: 0)
        #expect(history.kinds.isEmpty)
    }

    @Test func aReadOfTheOldValueAfterTheNewOneHasNoOrder() throws {
        var history = try History()
        let slow = history.begin(.put(1))
        history.read(1)
        history.read(0)
        history.answer(slow, replaced: 0)
        #expect(history.kinds == [.order])
    }

    @Test func aWriteThatIsLostHasNoOrder() throws {
        var history = try History()
        history.put(1, replacing: 0)
        history.put(2, replacing: 0)
        #expect(history.kinds == [.order])
    }

    @Test func anUnknownWriteMayHaveHappenedAtAnyTimeOrNever() throws {
        var history = try History()
        let lost = history.begin(.put(1)), late = history.begin(.put(2))
        history.end(lost, .unknown)
        history.end(late, .unknown)
        history.put(3, replacing: 0)
        history.read(3)
        history.read(2)
        history.read(2)
        #expect(history.kinds.isEmpty)
        history.read(3)
        #expect(history.kinds == [.order])
    }

    @Test func whatFailedOrWasNeverWrittenMayNotBeRead() throws {
        var history = try History()
        let failed = history.begin(.put(1))
        history.end(failed, .failed(.refused))
        history.read(1)
        history.read(7)
        #expect(Set(history.kinds) == [.ghost, .future])
    }

    @Test func stateAndRowOfTwoVersionsDoNotFit() throws {
        var history = try History()
        history.put(1, replacing: 0)
        history.put(2, replacing: 1)
        history.read(2, row: 1)
        #expect(history.kinds == [.mixed])
    }

    @Test func anAnswerThatCannotBeReadIsAViolation() throws {
        var history = try History()
        history.end(history.begin(.put(1)), .ok([9]))
        history.end(history.begin(.readValue), .ok([]))
        #expect(history.kinds == [.unreadable, .unreadable])
    }

    @Test func aWriteThatIsAskedForAgainIsAnsweredAsBefore() throws {
        var history = try History()
        let number = history.begin(.put(1))
        history.answer(number, replaced: 0)
        history.ledger.echo(number, ChangeAnswer(turn: 1, found: 0).bytes)
        #expect(history.kinds.isEmpty)
        history.ledger.echo(number, ChangeAnswer(turn: 1, found: 1).bytes)
        #expect(history.kinds == [.twice])
    }

    @Test func aLongHistoryOfManyTogetherIsDecided() throws {
        var history = try History()
        var value: UInt64 = 0
        for round in 0..<200 {
            let writes = (1...3).map { UInt64(round * 3 + $0) }
            let numbers = writes.map { history.begin(.put($0)) }
            let reads = (0..<3).map { _ in history.begin(.readValue) }
            for (write, number) in zip(writes, numbers) {
                history.answer(number, replaced: value)
                value = write
            }
            for (read, write) in zip(reads, writes.reversed()) { history.show(read, write) }
        }
        let finding = ValueCheck.judge(history.key, history.ledger.operations)
        #expect(finding.violations.isEmpty && !finding.isUndecided)
    }
}
