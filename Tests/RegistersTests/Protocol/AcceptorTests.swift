import Registers
import Testing
import World

/// The rules by which a replica promises and accepts, one by one.
@Suite struct AcceptorTests {
    private typealias S = Sample

    /// At version 3, accepted under ballot 5, with a promise to 7 and perhaps a change on top of it.
    private func record(pending: RegisterDelta? = nil, isCatchingUp: Bool = false) -> RegisterRecord {
        RegisterRecord(
            promise: S.ballot(7), base: S.version(3, 5), state: S.state(3), pending: pending, isCatchingUp: isCatchingUp)
    }

    private func record(_ base: RegisterRecord, _ change: (inout RegisterRecord) -> Void) -> RegisterRecord {
        var record = base
        change(&record)
        return record
    }

    // MARK: Prepare

    @Test func aHigherBallotIsPromisedAndNothingElseChanges() {
        let before = record(pending: S.change(4, on: S.version(3, 5), under: 6))
        #expect(Acceptor.prepare(S.ballot(8), before) == .yes(record(before) { $0.promise = S.ballot(8) }, folding: nil))
    }

    @Test func aReplicaThatKnowsNothingPromisesTheFirstBallot() {
        #expect(Acceptor.prepare(S.ballot(1), RegisterRecord()) == .yes(RegisterRecord(promise: S.ballot(1)), folding: nil))
    }

    @Test func thePromisedBallotIsPromisedAgainWithoutWriting() {
        #expect(Acceptor.prepare(S.ballot(7), record()) == .again)
    }

    @Test func aLowerBallotIsOutbidByThePromise() {
        #expect(Acceptor.prepare(S.ballot(6), record()) == .outbid(S.ballot(7)))
    }

    @Test func ofEqualCountersTheStoreDecides() {
        #expect(Acceptor.prepare(S.ballot(7, of: 0), record()) == .outbid(S.ballot(7)))
        let after = record(record()) { $0.promise = S.ballot(7, of: 2) }
        #expect(Acceptor.prepare(S.ballot(7, of: 2), record()) == .yes(after, folding: nil))
    }

    @Test func aReplicaThatCatchesUpPromisesAllTheSame() {
        let before = record(isCatchingUp: true)
        #expect(Acceptor.prepare(S.ballot(8), before) == .yes(record(before) { $0.promise = S.ballot(8) }, folding: nil))
    }

    // MARK: Accept

    @Test func aChangeOfTheBaseIsKeptOverItAndTheNextBallotIsPromised() {
        let change = S.change(4, on: S.version(3, 5), under: 7)
        let after = record(record()) { ($0.pending, $0.promise) = (change, S.ballot(9)) }
        #expect(Acceptor.accept(change, next: S.ballot(9), record()) == .yes(after, folding: nil))
    }

    @Test func aNextBallotThatIsLowerPromisesNoLessThanTheChangeItself() {
        let change = S.change(4, on: S.version(3, 5), under: 8)
        let after = record(record()) { ($0.pending, $0.promise) = (change, S.ballot(8)) }
        #expect(Acceptor.accept(change, next: .zero, record()) == .yes(after, folding: nil))
    }

    @Test func theFirstChangeOfARegisterIsAccepted() {
        let change = S.change(1, on: .none, under: 1)
        let after = RegisterRecord(promise: S.ballot(2), pending: change)
        #expect(Acceptor.accept(change, next: S.ballot(2), RegisterRecord()) == .yes(after, folding: nil))
    }

    @Test func aChangeUnderAHigherBallotReplacesTheOneThatIsKept() {
        let before = record(pending: S.change(4, on: S.version(3, 5), under: 6))
        let change = S.change(9, on: S.version(3, 5), under: 8)
        let after = record(before) { ($0.pending, $0.promise) = (change, S.ballot(8)) }
        #expect(Acceptor.accept(change, next: S.ballot(8), before) == .yes(after, folding: nil))
    }

    @Test func aRepeatedAcceptIsAYesAgainEvenWhenMoreWasPromisedSince() {
        let kept = S.change(4, on: S.version(3, 5), under: 6)
        #expect(Acceptor.accept(kept, next: S.ballot(9), record(pending: kept)) == .again)
    }

    @Test func aChangeBelowThePromiseIsOutbid() {
        let change = S.change(4, on: S.version(3, 5), under: 6)
        #expect(Acceptor.accept(change, next: S.ballot(9), record()) == .outbid(S.ballot(7)))
    }

    @Test func aReplicaThatCatchesUpIsBehindWhateverTheChangeBuildsOn() {
        let change = S.change(4, on: S.version(3, 5), under: 8)
        #expect(Acceptor.accept(change, next: S.ballot(9), record(isCatchingUp: true)) == .behind)
    }

    @Test func aChangeOnTheKeptOneProvesThatChosenAndItIsFolded() {
        let kept = S.change(4, on: S.version(3, 5), under: 6), change = S.change(5, on: S.version(4, 6), under: 8)
        let after = RegisterRecord(promise: S.ballot(9), base: S.version(4, 6), state: S.state(4), pending: change)
        #expect(Acceptor.accept(change, next: S.ballot(9), record(pending: kept)) == .yes(after, folding: kept))
    }

    @Test func aChangeOnAnotherProposalOfTheKeptNumberIsBehind() {
        let kept = S.change(4, on: S.version(3, 5), under: 6), change = S.change(5, on: S.version(4, 7), under: 8)
        #expect(Acceptor.accept(change, next: S.ballot(9), record(pending: kept)) == .behind)
    }

    @Test func aChangeOnAnEarlierNameOfTheKeptOneProvesThatChosenToo() {
        let kept = S.change(4, on: S.version(3, 5), under: 7), change = S.change(5, on: S.version(4, 6), under: 8)
        let after = RegisterRecord(
            promise: S.ballot(9), base: S.version(4, 7), state: S.state(4), pending: S.change(5, on: S.version(4, 7), under: 8))
        #expect(Acceptor.accept(change, next: S.ballot(9), record(pending: kept)) == .yes(after, folding: kept))
    }

    @Test func aChangeOnAVersionThatIsNotHereIsBehind() {
        let change = S.change(6, on: S.version(5, 7), under: 8)
        #expect(Acceptor.accept(change, next: S.ballot(9), record()) == .behind)
    }

    @Test func theBaseProposedAgainTakesTheNewName() {
        let again = S.change(3, on: S.version(2, 4), under: 8)
        let before = record(pending: S.change(4, on: S.version(3, 5), under: 6))
        let after = RegisterRecord(promise: S.ballot(9), base: S.version(3, 8), state: S.state(3))
        #expect(Acceptor.accept(again, next: S.ballot(9), before) == .yes(after, folding: nil))
    }

    @Test func aChangeOnALaterNameOfTheBaseGivesItThatName() {
        let change = S.change(4, on: S.version(3, 6), under: 8)
        let after = record(record()) { ($0.base, $0.pending, $0.promise) = (S.version(3, 6), change, S.ballot(9)) }
        #expect(Acceptor.accept(change, next: S.ballot(9), record()) == .yes(after, folding: nil))
    }

    /// Else a proposer that has not heard of the new name would be behind for ever, and with it everybody who meets its change.
    @Test func aChangeOnAnEarlierNameOfTheBaseIsOneOnTheBase() {
        let before = record(record()) { $0.base = S.version(3, 7) }
        let change = S.change(4, on: S.version(3, 5), under: 8)
        let after = record(before) { ($0.pending, $0.promise) = (S.change(4, on: S.version(3, 7), under: 8), S.ballot(9)) }
        #expect(Acceptor.accept(change, next: S.ballot(9), before) == .yes(after, folding: nil))
    }

    @Test func aLaterNameKeepsWhatWasAcceptedUnderAHigherBallotAndNothingElse() {
        let kept = record(pending: S.change(4, on: S.version(3, 5), under: 9))
        #expect(kept.renamed(S.version(3, 8))?.pending == S.change(4, on: S.version(3, 8), under: 9))
        let gone = record(pending: S.change(4, on: S.version(3, 5), under: 6))
        #expect(gone.renamed(S.version(3, 8)).map(\.pending) == .some(nil))
    }

    @Test func anotherStateUnderTheNumberOfTheBaseIsNotTheBaseAgain() {
        let other = S.change(9, on: S.version(2, 4), under: 8)
        #expect(Acceptor.accept(other, next: S.ballot(9), record()) == .behind)
    }

    // MARK: Confirm

    @Test func onlyTheBallotThatIsPromisedStillStands() {
        #expect(Acceptor.confirm(S.ballot(7), record()))
        #expect(!Acceptor.confirm(S.ballot(6), record()) && !Acceptor.confirm(S.ballot(8), record()))
    }

    // MARK: The record

    @Test func foldingMakesTheChangeTheBaseAndKeepsThePromise() {
        let kept = S.change(4, on: S.version(3, 5), under: 6)
        let after = RegisterRecord(promise: S.ballot(7), base: S.version(4, 6), state: S.state(4))
        #expect(record(pending: kept).folding(kept) == after)
    }

    @Test func aFoldedChangeNumbersItsRowsByItsVersion() {
        let change = RegisterDelta(
            base: S.version(3, 5), ballot: S.ballot(6), state: S.state(4),
            rows: [S.row(1, 9), RegisterRow(key: [2, 2], value: nil)])
        #expect(change.storedRows == [
            StoredRow(key: [2, 1], value: [9], changed: 4), StoredRow(key: [2, 2], value: nil, changed: 4),
        ])
    }

    struct Renaming: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let record: RegisterRecord
        let version: RegisterVersion
        /// Whether it is renamed.
        let isRenamed: Bool

        init(_ description: String, _ record: RegisterRecord, _ version: RegisterVersion, isRenamed: Bool) {
            (testDescription, self.record, self.version, self.isRenamed) = (description, record, version, isRenamed)
        }
    }

    private static let base = RegisterRecord(promise: Sample.ballot(7), base: Sample.version(3, 5), state: Sample.state(3))

    private static func over(_ counter: UInt64) -> RegisterRecord {
        var record = base
        record.pending = Sample.change(4, on: Sample.version(3, 5), under: counter)
        return record
    }

    @Test(arguments: [
        Renaming("a higher ballot of its number", base, S.version(3, 6), isRenamed: true),
        Renaming("a lower change on top is not chosen", over(6), S.version(3, 7), isRenamed: true),
        Renaming("a higher change on top stays", over(7), S.version(3, 6), isRenamed: true),
        Renaming("the same ballot", base, S.version(3, 5), isRenamed: false),
        Renaming("a lower ballot", base, S.version(3, 4), isRenamed: false),
        Renaming("a later number", base, S.version(4, 6), isRenamed: false),
        Renaming("an earlier number", base, S.version(2, 6), isRenamed: false),
        Renaming("nothing was ever chosen", RegisterRecord(), S.version(0, 6), isRenamed: false),
        Renaming("rows are mixed", RegisterRecord(base: S.version(3, 5), isCatchingUp: true), S.version(3, 6), isRenamed: false),
    ])
    func aBaseIsRenamed(_ renaming: Renaming) {
        let renamed = renaming.record.renamed(renaming.version)
        guard renaming.isRenamed else { return #expect(renamed == nil) }
        let version = renaming.version
        let kept = renaming.record.pending.flatMap { $0.ballot > version.ballot ? $0.proposed(on: version) : nil }
        #expect(renamed == record(renaming.record) { ($0.base, $0.pending) = (version, kept) })
    }

    @Test func aReplicaHoldsItsBaseAndWhatItKeepsOverIt() {
        let kept = record(pending: S.change(4, on: S.version(3, 5), under: 6))
        #expect(kept.holds(S.version(3, 5)) && kept.holds(S.version(4, 6)))
        #expect(!kept.holds(S.version(4, 7)) && !kept.holds(S.version(3, 6)) && !kept.holds(.none))
        #expect(RegisterRecord().holds(.none))
        #expect(!record(isCatchingUp: true).holds(S.version(3, 5)))
    }

    @Test func whatWasAcceptedLastIsTheKeptChangeOrTheBase() {
        #expect(record().accepted == S.version(3, 5))
        #expect(record(pending: S.change(4, on: S.version(3, 5), under: 6)).accepted == S.version(4, 6))
    }
}
