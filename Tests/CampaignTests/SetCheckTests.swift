import Campaign
import Registers
import Testing
import World

/// Every kind of fault in the history of a set is found, and a sound history is not blamed.
@Suite struct SetCheckTests {
    private struct History {
        var ledger = Ledger()
        let key: RegisterKey
        private var turn: UInt64 = 0
        private var time = Instant.zero

        init(_ name: String = "set/0", hour: CreationHour? = nil) throws { key = try #require(RegisterKey(name, hour: hour)) }

        mutating func begin(_ deed: Deed, isFinal: Bool = false) -> Int {
            time = time + .milliseconds(1)
            return ledger.invoke(key, deed, at: time, isFinal: isFinal)
        }

        mutating func end(_ number: Int, _ outcome: Ledger.Outcome) {
            time = time + .milliseconds(1)
            ledger.end(number, outcome, at: time)
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

        var kinds: [Violation.Kind] { SetCheck.judge(key, ledger.operations).map(\.kind) }
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

    @Test func workThatHasEndedIsFreedOnceAndForEver() throws {
        var history = try History("work/1", hour: CreationHour(number: 490_000))
        history.add(1)
        let finish = history.begin(.finish)
        history.end(finish, .ok(ChangeAnswer(turn: 0, found: 0).bytes))
        history.read([1])
        history.read([])
        #expect(history.kinds.isEmpty)
        history.read([1])
        #expect(history.kinds == [.regress])
    }
}
