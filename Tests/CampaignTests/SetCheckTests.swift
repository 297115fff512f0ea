import Campaign
import Registers
import Testing
import World

/// Every kind of fault in the history of a set is found, and a sound history is not blamed.
@Suite struct SetCheckTests {
    private struct History {
        var ledger = Ledger()
        let key: RegisterKey
        /// What the slowest clock of the replicas shows from now on.
        var clock: WallTime?
        private var turn: UInt64 = 0
        private var time = Instant.zero

        init(_ name: String = "set/0", hour: CreationHour? = nil) throws { key = try #require(RegisterKey(name, hour: hour)) }

        /// Of work that was made in the hour that begins at `start`.
        init(workOf start: WallTime) throws {
            try self.init("work/1", hour: CreationHour(start))
            clock = start
        }

        mutating func begin(_ deed: Deed, isFinal: Bool = false) -> Int {
            time = time + .milliseconds(1)
            return ledger.invoke(key, deed, at: time, isFinal: isFinal)
        }

        mutating func end(_ number: Int, _ outcome: Ledger.Outcome) {
            time = time + .milliseconds(1)
            ledger.end(number, outcome, at: time, clock: clock)
        }

        mutating func finish(_ outcome: Ledger.Outcome = .ok(ChangeAnswer(turn: 0, found: 0).bytes)) {
            end(begin(.finish), outcome)
        }

        mutating func add(_ id: UInt64, _ outcome: Ledger.Outcome? = nil, turn: UInt64? = nil, times: UInt64 = 1) {
            if outcome == nil { self.turn += 1 }
            let number = begin(.add(id, bytes: 8))
            end(number, outcome ?? .ok(ChangeAnswer(turn: turn ?? self.turn, found: times).bytes))
        }

        mutating func remove(_ id: UInt64, found: UInt64 = 1) {
            turn += 1
            let number = begin(.remove(id))
            end(number, .ok(ChangeAnswer(turn: turn, found: found).bytes))
        }

        mutating func read(_ ids: [UInt64], adds: UInt64? = nil, removes: UInt64 = 0, times: UInt64 = 1, isFinal: Bool = false) {
            let number = begin(.readSet, isFinal: isFinal)
            end(number, .ok(Self.reading(ids, adds: adds, removes: removes, times: times)))
        }

        static func reading(_ ids: [UInt64], adds: UInt64? = nil, removes: UInt64 = 0, times: UInt64 = 1) -> [UInt8] {
            var reading = SetReading()
            reading.ids = ids.map { ($0, times) }
            (reading.adds, reading.removes) = (adds ?? UInt64(ids.count) + removes, removes)
            return reading.bytes
        }

        func kinds(retention: Duration?) -> [Violation.Kind] {
            SetCheck.judge(key, ledger.operations, retention: retention).map(\.kind)
        }

        var kinds: [Violation.Kind] { kinds(retention: nil) }
    }

    @Test func aSoundHistoryIsClean() throws {
        var history = try History()
        history.read([])
        history.add(1)
        history.add(2)
        history.read([1, 2])
        history.remove(1)
        history.read([2], removes: 1, isFinal: true)
        #expect(history.kinds.isEmpty)
    }

    @Test func whatIsUnderWayMayBeSeenOrNot() throws {
        var history = try History()
        let slow = history.begin(.add(1, bytes: 8))
        history.read([])
        history.read([1])
        history.add(2, .unknown)
        history.read([1])
        history.read([1, 2])
        history.end(slow, .ok(ChangeAnswer(turn: 1, found: 1).bytes))
        #expect(history.kinds.isEmpty)
    }

    @Test func aReadThatMissesWhatWasAcknowledgedIsStaleAndInTheEndItIsLost() throws {
        var history = try History()
        history.add(1)
        history.read([])
        history.read([], isFinal: true)
        #expect(history.kinds == [.stale, .lost])
    }

    @Test func whatWasTakenOutMayNotComeBack() throws {
        var history = try History()
        history.add(1)
        history.remove(1)
        history.read([1], adds: 1)
        #expect(history.kinds == [.stale])
    }

    @Test func anOperationDoneTwiceIsSeenInItsRowAndInItsAnswer() throws {
        var history = try History()
        history.add(1)
        history.read([1], adds: 2, times: 2)
        history.add(2, times: 2)
        #expect(history.kinds == [.twice, .twice])
    }

    @Test func whatFailedMayNotBeThere() throws {
        var history = try History()
        history.add(1, .failed(.noMajority))
        history.read([1])
        #expect(history.kinds == [.ghost])
    }

    @Test func whatNobodyAskedForMayNotBeThere() throws {
        var history = try History()
        history.read([9])
        #expect(history.kinds == [.future])
    }

    @Test func whatARepliedReadHasShownStays() throws {
        var history = try History()
        history.add(1, .unknown)
        history.read([1])
        history.read([])
        #expect(history.kinds == [.regress])
    }

    @Test func twoChangesAreNotTheSameOneAndLaterOnesComeLater() throws {
        var history = try History()
        history.add(1, turn: 5)
        history.add(2, turn: 5)
        history.add(3, turn: 4)
        #expect(history.kinds == [.fork, .fork])
    }

    @Test func stateAndRowsOfTwoVersionsDoNotFit() throws {
        var history = try History()
        history.add(1)
        history.read([1], adds: 2)
        #expect(history.kinds == [.mixed])
    }

    @Test func aRemovalThatFindsNothingHasLostItsId() throws {
        var history = try History()
        history.add(1)
        history.remove(1, found: 0)
        #expect(history.kinds == [.lost])
    }

    // MARK: What cannot be read, and what is asked for again

    @Test func anAnswerThatCannotBeReadIsAViolation() throws {
        var history = try History("work/1", hour: CreationHour(number: 490_000))
        history.end(history.begin(.add(1, bytes: 8)), .ok([1, 2, 3]))
        history.end(history.begin(.remove(1)), .ok([]))
        history.finish(.ok([0]))
        history.end(history.begin(.readSet), .ok(Array(repeating: 0, count: 17)))
        #expect(history.kinds == [.unreadable, .unreadable, .unreadable, .unreadable])
    }

    @Test func whatIsAskedForAgainIsAnsweredAsBefore() throws {
        var history = try History()
        let answer = ChangeAnswer(turn: 1, found: 1).bytes
        let number = history.begin(.add(1, bytes: 8))
        history.end(number, .ok(answer))
        history.ledger.echo(number, answer)
        history.ledger.echo(number, answer)
        #expect(history.kinds.isEmpty)
        history.ledger.echo(number, ChangeAnswer(turn: 2, found: 1).bytes)
        #expect(history.kinds == [.twice])
    }

    @Test func whatNobodyKnowsMayBeAcknowledgedLaterInOneWay() throws {
        var history = try History()
        let number = history.begin(.add(1, bytes: 8))
        history.end(number, .unknown)
        history.ledger.echo(number, ChangeAnswer(turn: 1, found: 1).bytes)
        #expect(history.kinds.isEmpty)
        history.ledger.echo(number, ChangeAnswer(turn: 3, found: 1).bytes)
        #expect(history.kinds == [.twice])
    }

    @Test func whatHasFailedIsNeverAcknowledgedLater() throws {
        var history = try History()
        let number = history.begin(.add(1, bytes: 8))
        history.end(number, .failed(.noMajority))
        history.ledger.echo(number, ChangeAnswer(turn: 1, found: 1).bytes)
        #expect(history.kinds == [.ghost])
    }

    // MARK: Work that ends

    private static let kept = Duration.seconds(600)
    /// The beginning of an hour of work, and the first moment at which work of it may be freed.
    private static let start = WallTime(millisecondsSince1970: 490_000 * 3_600_000)
    private static let due = WallTime(millisecondsSince1970: 490_001 * 3_600_000 + 600_000)

    @Test func workThatHasEndedIsFreedOnceAndForEver() throws {
        var history = try History(workOf: Self.start)
        history.add(1)
        history.finish()
        history.read([1])
        history.clock = Self.due
        history.read([1])
        history.read([])
        #expect(history.kinds(retention: Self.kept).isEmpty)
        history.read([1])
        #expect(history.kinds(retention: Self.kept) == [.regress])
    }

    @Test func workIsNotFreedBeforeItsHourIsOldEnoughByEveryClock() throws {
        var history = try History(workOf: Self.start)
        history.add(1)
        history.finish()
        history.clock = WallTime(nanosecondsSince1970: Self.due.nanosecondsSince1970 - 1)
        history.read([])
        #expect(history.kinds(retention: Self.kept) == [.stale])
        history.clock = Self.due
        history.read([], isFinal: true)
        #expect(history.kinds(retention: Self.kept) == [.stale])
    }

    @Test func workThatNobodyEndedIsNotFreed() throws {
        var history = try History(workOf: Self.start)
        history.add(1)
        history.finish(.failed(.noMajority))
        history.clock = Self.due
        history.read([], isFinal: true)
        #expect(history.kinds(retention: Self.kept) == [.lost])
    }

    @Test func workThatSomebodyMayHaveEndedMayBeFreed() throws {
        var history = try History(workOf: Self.start)
        history.add(1)
        history.finish(.unknown)
        history.clock = Self.due
        history.read([])
        #expect(history.kinds(retention: Self.kept).isEmpty)
    }

    @Test func whereNothingIsFreedAnEmptyAnswerIsALoss() throws {
        var history = try History(workOf: Self.start)
        history.add(1)
        history.finish()
        history.clock = Self.due
        history.read([], isFinal: true)
        #expect(history.kinds(retention: nil) == [.lost])
    }
}
