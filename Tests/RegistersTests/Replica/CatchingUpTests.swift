import Registers
import Testing
import World

/// How a replica that lacks the base of a change comes by it, piece by piece, and how it gives to others.
@Suite struct CatchingUpTests {
    private typealias S = Sample
    private static let second = LoneReplica.second, third = LoneReplica.third

    private let key: RegisterKey
    private let replica = LoneReplica.voting()

    init() throws { key = try #require(RegisterKey("of/people")) }

    private func stored(_ key: UInt8, _ value: UInt8?, changed: UInt64) -> StoredRow {
        StoredRow(key: [2, key], value: value.map { [$0] }, changed: changed)
    }

    private func piece(
        _ version: RegisterVersion, rows: [StoredRow] = [], next: UInt8? = nil, pending: RegisterDelta? = nil
    ) -> RegisterAnswer.Body {
        .piece(
            RegisterPiece(
                version: version, state: S.state(UInt8(version.number)), pending: pending, rows: rows, next: next.map { [2, $0] }))
    }

    /// Has the second peer ask for a change on top of a version that is not here. The question that comes of it.
    private func fallBehind(_ version: RegisterVersion) throws -> RegisterRequest {
        let change = S.change(UInt8(version.number) + 1, on: version, under: version.ballot.counter + 1)
        replica.accept(change, of: key, round: 50)
        let said = replica.takeSent()
        #expect(said.contains { $0.item == .answer(RegisterAnswer(round: 50, body: .behind(.none))) })
        return try #require(
            said.compactMap { if case .request(let request) = $0.item, $0.peer == Self.second { request } else { nil } }.first)
    }

    private func fetches(to peer: StoreID) -> [RegisterRequest] {
        replica.takeRequests(to: peer).filter { if case .fetch = $0.action { true } else { false } }
    }

    // MARK: Taking

    @Test func whoMissesTheBaseOfAChangeAsksItsProposerForAllOfIt() throws {
        let question = try fallBehind(S.version(4, 6))
        #expect(question.action == .fetch(after: 0, from: []) && question.ballot == S.ballot(6) && question.key == key)
    }

    @Test func onePieceIsInstalledAndTheHeldChangeIsAcceptedAfterAll() throws {
        let question = try fallBehind(S.version(4, 6))
        replica.answer(question, piece(S.version(4, 6), rows: [stored(1, 9, changed: 3)]), from: Self.second)
        #expect(replica.takeAnswers(round: 50) == [.accepted])
        let record = try #require(replica.record(of: key))
        #expect(record.base == S.version(4, 6) && record.state == S.state(4) && !record.isCatchingUp)
        #expect(record.pending == S.change(5, on: S.version(4, 6), under: 7))
        #expect(replica.rows(of: key) == [stored(1, 9, changed: 3)])
    }

    /// It may have been chosen with this replica's yes, and the giver be the one that did not hear of it.
    @Test func whatWasAcceptedStaysWhenWhoGivesIsAsFarBehind() throws {
        let base = S.version(1, 2), accepted = S.change(2, on: base, under: 9)
        replica.accept(S.change(1, on: .none, under: 2), of: key)
        replica.accept(accepted, of: key)
        _ = replica.takeSent()
        // It begins to catch up with a much later version, of which nobody gives the rest.
        replica.accept(S.change(6, on: S.version(5, 20), under: 21), of: key, round: 50)
        let first = try #require(fetches(to: Self.second).first)
        replica.answer(first, piece(S.version(5, 20), rows: [stored(1, 9, changed: 3)], next: 2), from: Self.second)
        for _ in 0..<10 { replica.wait(.seconds(1)) }
        #expect(try #require(replica.record(of: key)).isCatchingUp)
        // A read finds the accepted change open, and fetches its base from a peer that has no more than that.
        _ = replica.takeSent()
        replica.wish(.read([]), of: key)
        for _ in 0..<10 {
            for word in replica.takeSent() where word.peer == Self.second {
                guard case .request(let request) = word.item else { continue }
                switch request.action {
                case .prepare, .confirm: replica.answer(request, .promised(base: base, pending: nil, closed: nil), from: Self.second)
                case .fetch: replica.answer(request, piece(base), from: Self.second)
                case .accept(let delta, _, _):
                    #expect(delta.version.number == 2 && delta.state == accepted.state, "it is proposed once more, and nothing else is")
                    return
                }
            }
        }
        Issue.record("the accepted change is not proposed again")
    }

    @Test func severalPiecesAreReadableOnlyWithTheLast() throws {
        let first = try fallBehind(S.version(4, 6))
        replica.answer(first, piece(S.version(4, 6), rows: [stored(1, 9, changed: 3)], next: 2), from: Self.second)
        #expect(replica.record(of: key)?.isCatchingUp == true && replica.record(of: key)?.base == RegisterVersion.none)
        let second = try #require(fetches(to: Self.second).first)
        #expect(second.action == .fetch(after: 0, from: [2, 2]) && second.round != first.round)
        replica.answer(second, piece(S.version(4, 6), rows: [stored(2, 8, changed: 4)]), from: Self.second)
        #expect(replica.record(of: key)?.isCatchingUp == false && replica.record(of: key)?.base == S.version(4, 6))
        #expect(replica.rows(of: key) == [stored(1, 9, changed: 3), stored(2, 8, changed: 4)])
        #expect(replica.takeAnswers(round: 50) == [.accepted])
    }

    @Test func betweenTwoPiecesItPromisesAndNeitherAcceptsNorGives() throws {
        let question = try fallBehind(S.version(4, 6))
        replica.answer(question, piece(S.version(4, 6), rows: [stored(1, 9, changed: 3)], next: 2), from: Self.second)
        _ = replica.takeSent()
        replica.ask(.prepare, S.ballot(20), of: key, from: Self.third)
        #expect(replica.takeAnswers() == [.promised(base: .none, pending: nil, closed: nil)])
        replica.accept(S.change(1, on: .none, under: 20), of: key, from: Self.third)
        #expect(replica.takeAnswers() == [.behind(.none)])
        replica.ask(.fetch(after: 0, from: []), .zero, of: key, from: Self.third)
        #expect(replica.takeAnswers() == [.unable])
    }

    @Test func aGiverThatMovesOnIsAskedAgainForWhatChangedSince() throws {
        let first = try fallBehind(S.version(4, 6))
        replica.answer(first, piece(S.version(4, 6), rows: [stored(1, 9, changed: 3)], next: 2), from: Self.second)
        let second = try #require(fetches(to: Self.second).first)
        // The last piece is of the next version, which has changed the first row too.
        replica.answer(second, piece(S.version(5, 8), rows: [stored(2, 8, changed: 5)]), from: Self.second)
        #expect(replica.record(of: key)?.isCatchingUp == true)
        let third = try #require(fetches(to: Self.second).first)
        #expect(third.action == .fetch(after: 4, from: []))
        replica.answer(third, piece(S.version(5, 8), rows: [stored(1, 7, changed: 5), stored(2, 8, changed: 5)]), from: Self.second)
        #expect(replica.record(of: key)?.base == S.version(5, 8) && replica.record(of: key)?.isCatchingUp == false)
        #expect(replica.rows(of: key) == [stored(1, 7, changed: 5), stored(2, 8, changed: 5)])
        // What was held builds on a version that is gone.
        #expect(replica.takeAnswers(round: 50).isEmpty)
    }

    @Test func aSilentSourceIsGivenUpForAnotherAndAPassBeginsAnew() throws {
        let first = try fallBehind(S.version(4, 6))
        replica.answer(first, piece(S.version(4, 6), rows: [stored(1, 9, changed: 3)], next: 2), from: Self.second)
        let unanswered = try #require(fetches(to: Self.second).first)
        replica.wait(ReplicaConfiguration().fetchTimeout)
        let elsewhere = try #require(fetches(to: Self.third).first)
        #expect(elsewhere.action == .fetch(after: 0, from: []) && elsewhere.ballot == S.ballot(6))
        // Its answer comes too late, and to a question that is not asked any more.
        replica.answer(unanswered, piece(S.version(4, 6), rows: [stored(2, 8, changed: 4)]), from: Self.second)
        #expect(replica.record(of: key)?.isCatchingUp == true)
        let rows = [stored(1, 9, changed: 3), stored(2, 8, changed: 4)]
        replica.answer(elsewhere, piece(S.version(4, 6), rows: rows), from: Self.third)
        #expect(replica.record(of: key)?.base == S.version(4, 6))
        #expect(replica.rows(of: key) == rows)
    }

    @Test func aSourceThatHasItNotIsLeftAtOnce() throws {
        let question = try fallBehind(S.version(4, 6))
        replica.answer(question, .unable, from: Self.second)
        #expect(fetches(to: Self.third).map(\.action) == [.fetch(after: 0, from: [])])
    }

    @Test func aPieceOfAnOlderVersionThanIsWantedIsNotTaken() throws {
        let question = try fallBehind(S.version(4, 6))
        replica.answer(question, piece(S.version(3, 5), rows: [stored(1, 9, changed: 3)]), from: Self.second)
        #expect(replica.record(of: key) == nil && replica.rows(of: key).isEmpty)
        #expect(fetches(to: Self.third).count == 1)
    }

    @Test func whenNobodyHasItTheAskingEnds() throws {
        var question: RegisterRequest? = try fallBehind(S.version(4, 6)), asked = 1, source = Self.second
        while let open = question, asked < 100 {
            replica.answer(open, .unable, from: source)
            source = source == Self.second ? Self.third : Self.second
            question = fetches(to: source).first
            if question != nil { asked += 1 }
        }
        #expect(asked == 5)
        #expect(replica.takeAnswers(round: 50).isEmpty)
    }

    @Test func aPieceFromSomebodyElseThanWhoWasAskedIsNotTaken() throws {
        let question = try fallBehind(S.version(4, 6))
        replica.answer(question, piece(S.version(4, 6)), from: Self.third)
        #expect(replica.record(of: key) == nil)
        replica.answer(question, piece(S.version(4, 6)), from: Self.second)
        #expect(replica.record(of: key)?.base == S.version(4, 6))
    }

    @Test func catchingUpPromisesWhatTheVersionWasAcceptedUnderAndDropsWhatWasKept() throws {
        let kept = S.change(1, on: .none, under: 2)
        replica.accept(kept, of: key)
        _ = replica.takeSent()
        replica.accept(S.change(5, on: S.version(4, 6), under: 7), of: key, round: 51)
        let question = try #require(fetches(to: Self.second).first)
        replica.answer(question, piece(S.version(5, 9)), from: Self.second)
        #expect(replica.record(of: key) == RegisterRecord(promise: S.ballot(9), base: S.version(5, 9), state: S.state(5)))
    }

    /// The second peer has given the first rows of version 6 and falls silent; the third has version 4, which is what is wanted.
    @Test func rowsOfALaterVersionAreNotReadUnderTheNameOfAnEarlierOne() throws {
        let first = try fallBehind(S.version(4, 6))
        replica.answer(first, piece(S.version(6, 9), rows: [stored(1, 66, changed: 6)], next: 2), from: Self.second)
        replica.wait(ReplicaConfiguration().fetchTimeout)
        let elsewhere = try #require(fetches(to: Self.third).first)
        replica.answer(elsewhere, piece(S.version(4, 6), rows: [stored(2, 8, changed: 4)]), from: Self.third)
        #expect(replica.record(of: key)?.base == S.version(4, 6) && replica.record(of: key)?.isCatchingUp == false)
        #expect(replica.rows(of: key) == [stored(2, 8, changed: 4)])
    }

    /// The same, with a row that was here before and that the later version has removed: the third has not changed it, so it is not
    /// among what changed since.
    @Test func whatALaterVersionHadRemovedIsFetchedOnceMore() throws {
        let own = S.change(1, on: .none, under: 2)
        replica.accept(own, of: key)
        replica.ask(.fetch(after: 0, from: []), own.ballot, of: key)
        _ = replica.takeSent()
        replica.accept(S.change(5, on: S.version(4, 6), under: 7), of: key, round: 50)
        let first = try #require(fetches(to: Self.second).first)
        #expect(first.action == .fetch(after: 1, from: []))
        replica.answer(first, piece(S.version(6, 9), rows: [stored(1, nil, changed: 6)], next: 2), from: Self.second)
        replica.wait(ReplicaConfiguration().fetchTimeout)
        let since = try #require(fetches(to: Self.third).first)
        #expect(since.action == .fetch(after: 1, from: []))
        replica.answer(since, piece(S.version(4, 6), rows: [stored(2, 8, changed: 4)]), from: Self.third)
        #expect(replica.record(of: key)?.isCatchingUp == true)
        let all = try #require(fetches(to: Self.third).first)
        #expect(all.action == .fetch(after: 0, from: []))
        replica.answer(all, piece(S.version(4, 6), rows: [stored(1, 1, changed: 1), stored(2, 8, changed: 4)]), from: Self.third)
        #expect(replica.record(of: key)?.base == S.version(4, 6) && replica.record(of: key)?.isCatchingUp == false)
        #expect(replica.rows(of: key) == [stored(1, 1, changed: 1), stored(2, 8, changed: 4)])
        #expect(replica.takeAnswers(round: 50) == [.accepted])
    }

    // MARK: Giving

    @Test func whoIsAskedForTheChangeThatItKeepsKnowsItToBeChosen() throws {
        replica.accept(S.change(1, on: .none, under: 2), of: key)
        _ = replica.takeSent()
        replica.ask(.fetch(after: 0, from: []), S.ballot(2), of: key, from: Self.third)
        #expect(replica.takeAnswers() == [piece(S.version(1, 2), rows: [stored(1, 1, changed: 1)])])
        #expect(replica.record(of: key)?.base == S.version(1, 2) && replica.record(of: key)?.pending == nil)
    }

    @Test func whatIsKeptOverTheBaseTravelsWithIt() throws {
        replica.accept(S.change(1, on: .none, under: 2), of: key)
        let second = S.change(2, on: S.version(1, 2), under: 3)
        replica.accept(second, of: key)
        _ = replica.takeSent()
        replica.ask(.fetch(after: 0, from: []), S.ballot(2), of: key, from: Self.third)
        #expect(replica.takeAnswers() == [piece(S.version(1, 2), rows: [stored(1, 1, changed: 1)], pending: second)])
    }

    @Test func onlyRowsThatChangedSinceAreGiven() throws {
        for number in UInt8(1)...3 {
            replica.accept(S.change(number, on: S.version(UInt64(number) - 1, UInt64(number)), under: UInt64(number) + 1), of: key)
        }
        _ = replica.takeSent()
        replica.ask(.fetch(after: 1, from: []), S.ballot(3), of: key, from: Self.third)
        guard case .piece(let piece) = try #require(replica.takeAnswers().first) else {
            Issue.record("no piece")
            return
        }
        #expect(piece.version == S.version(2, 3) && piece.rows == [stored(2, 2, changed: 2)] && piece.next == nil)
    }

    @Test func whoHasAnOlderVersionThanIsWantedGivesNothing() throws {
        replica.accept(S.change(1, on: .none, under: 2), of: key)
        _ = replica.takeSent()
        replica.ask(.fetch(after: 0, from: []), S.ballot(9), of: key, from: Self.third)
        #expect(replica.takeAnswers() == [.unable])
        replica.ask(.fetch(after: 0, from: []), S.ballot(9), of: try #require(RegisterKey("unknown")), from: Self.third)
        #expect(replica.takeAnswers() == [.unable])
    }
}
