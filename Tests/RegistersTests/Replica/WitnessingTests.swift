import Registers
import Testing
import World

/// What a store that has just been opened asks of its peers, and what it tells them.
@Suite struct WitnessingTests {
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third

    private let key: RegisterKey

    init() throws { key = try #require(RegisterKey("of/people")) }

    /// A disk on which so many commits were written.
    private func disk(commits: UInt64, witnesses: [Witness] = []) throws -> MemoryDisk {
        let store = MemoryStore(MemoryDisk(id: Self.own))
        for number in 1...commits { try store.write(StoreCommit(number: number, witnesses: number == commits ? witnesses : [])) }
        return store.cut(keepsPending: false)
    }

    private func questions(_ replica: LoneReplica) -> [StoreID] {
        replica.takeSent().filter { $0.item == .witnessQuestion }.map(\.peer)
    }

    // MARK: Asking

    @Test func anOpenedStoreAsksAllWhoShareAShardWithIt() {
        let replica = LoneReplica()
        #expect(replica.standing == .asking)
        #expect(questions(replica) == [Self.second, Self.third])
    }

    @Test func itVotesWhenAllWhoLiveHaveHeardOfNoMore() throws {
        let replica = LoneReplica(try disk(commits: 5))
        replica.give(.seen(live: [Self.own, Self.second, Self.third], gone: []))
        replica.hear(.witnessAnswer(5), from: Self.second)
        #expect(replica.standing == .asking)
        replica.hear(.witnessAnswer(4), from: Self.third)
        #expect(replica.standing == .voting)
    }

    @Test func whoIsDeadIsNotWaitedForButOneHasToAnswer() {
        let replica = LoneReplica()
        replica.give(.seen(live: [Self.own], gone: [Self.second, Self.third]))
        #expect(replica.standing == .asking)
        replica.give(.seen(live: [Self.own, Self.third], gone: [Self.second]))
        #expect(replica.standing == .asking)
        replica.hear(.witnessAnswer(0), from: Self.third)
        #expect(replica.standing == .voting)
    }

    @Test func aWordFromOneThatIsBelievedDeadCounts() {
        let replica = LoneReplica()
        replica.give(.seen(live: [Self.own], gone: [Self.second, Self.third]))
        replica.hear(.witnessAnswer(0), from: Self.second)
        #expect(replica.standing == .voting)
    }

    @Test func oneOfWhichGossipSaysNothingIsWaitedForAWhile() {
        let replica = LoneReplica()
        replica.hear(.witnessAnswer(0), from: Self.second)
        replica.wait(ReplicaConfiguration().witnessPatience - .milliseconds(1))
        #expect(replica.standing == .asking)
        replica.wait(ReplicaConfiguration().witnessInterval)
        #expect(replica.standing == .voting)
    }

    @Test func whoKnowsLessAndAnswersFirstDoesNotClearAnOlderCopy() throws {
        let replica = LoneReplica(try disk(commits: 5))
        replica.give(.seen(live: [Self.own, Self.second], gone: []))
        replica.hear(.witnessAnswer(4), from: Self.second)
        replica.hear(.witnessAnswer(6), from: Self.third)
        #expect(replica.standing == .rolledBack(heard: 6, holds: 5, by: Self.third))
    }

    @Test func oneThatComesLateIsAskedTooAndCondemnsAnOlderCopyThatVotes() throws {
        let replica = LoneReplica(try disk(commits: 5))
        replica.give(.seen(live: [Self.own, Self.second], gone: [Self.third]))
        replica.hear(.witnessAnswer(5), from: Self.second)
        #expect(replica.standing == .voting)
        let token = replica.wish(.read([]), of: key)
        _ = replica.takeSent()
        replica.wait(ReplicaConfiguration().lateWitnessInterval)
        #expect(questions(replica) == [Self.third])
        replica.hear(.witnessAnswer(9), from: Self.third)
        #expect(replica.standing == .rolledBack(heard: 9, holds: replica.store.commitNumber - 1, by: Self.third))
        guard case .failure(let error) = replica.answers[token] else {
            Issue.record("the wish waits on")
            return
        }
        #expect(error.code == .notReady || error.code == .noMajority)
    }

    @Test func whoHasNotAnsweredIsAskedAgainAndTheOthersAreNot() {
        let replica = LoneReplica()
        replica.give(.seen(live: [Self.second, Self.third], gone: []))
        replica.hear(.witnessAnswer(0), from: Self.second)
        _ = replica.takeSent()
        replica.wait(ReplicaConfiguration().witnessInterval)
        #expect(questions(replica) == [Self.third])
    }

    @Test func aStoreThatSharesNoShardVotesAtOnce() {
        #expect(LoneReplica(replicas: [Self.own]).standing == .voting)
    }

    @Test func aWordFromAStrangerDoesNotCount() {
        let replica = LoneReplica()
        replica.hear(.witnessAnswer(9), from: Sample.store(8))
        #expect(replica.standing == .asking)
    }

    @Test func whileItAsksItSaysYesToNobodyAndWritesNothing() {
        let replica = LoneReplica()
        _ = replica.takeSent()
        replica.ask(.prepare, Sample.ballot(3), of: key)
        replica.accept(Sample.change(1, on: .none, under: 3), of: key)
        #expect(replica.takeAnswers() == [.unable, .unable])
        let token = replica.wish(.read([]), of: key)
        guard case .failure(let error) = replica.answers[token] else {
            Issue.record("the wish was not refused")
            return
        }
        #expect(error.code == .notReady && error.outcome == .failed)
        #expect(replica.commits == 0)
    }

    // MARK: An older copy

    @Test func aStoreOfWhichMoreWasHeardNeverVotesAgain() throws {
        let replica = LoneReplica(try disk(commits: 5))
        replica.give(.seen(live: [Self.own, Self.second, Self.third], gone: []))
        replica.hear(.witnessAnswer(6), from: Self.second)
        #expect(replica.standing == .rolledBack(heard: 6, holds: 5, by: Self.second))
        replica.hear(.witnessAnswer(5), from: Self.third)
        #expect(replica.standing == .rolledBack(heard: 6, holds: 5, by: Self.second))
        _ = replica.takeSent()
        replica.ask(.prepare, Sample.ballot(3), of: key)
        #expect(replica.takeAnswers() == [.unable])
    }

    @Test func itKnowsSoInItsNextLifeThoughNobodyIsThereWhoSaysIt() throws {
        let replica = LoneReplica(try disk(commits: 5))
        replica.hear(.witnessAnswer(6), from: Self.second)
        let next = LoneReplica(replica.store.cut(keepsPending: false))
        guard case .rolledBack(_, _, Self.own) = next.standing else {
            Issue.record("it is \(next.standing)")
            return
        }
    }

    // MARK: Telling

    @Test func whatWasHeardIsToldOnlyWhenItIsDurable() {
        let replica = LoneReplica.voting()
        replica.writesAtOnce = false
        replica.hear(.witnessQuestion, from: Self.third, commit: 7)
        #expect(replica.takeSent().map(\.item) == [.witnessAnswer(0)])
        replica.wait(ReplicaConfiguration().witnessDelay)
        #expect(replica.commits == 1)
        replica.hear(.witnessQuestion, from: Self.third)
        #expect(replica.takeSent().map(\.item) == [.witnessAnswer(0)])
        replica.write()
        replica.hear(.witnessQuestion, from: Self.third)
        #expect(replica.takeSent().map(\.item) == [.witnessAnswer(7)])
        #expect(replica.store.witnesses == [Witness(store: Self.third, commit: 7)])
    }

    @Test func whatWasHeardTravelsWithTheNextCommit() {
        let replica = LoneReplica.voting()
        replica.hear(.witnessQuestion, from: Self.third, commit: 7)
        replica.ask(.prepare, Sample.ballot(3), of: key)
        #expect(replica.commits == 1)
        #expect(replica.store.witnesses == [Witness(store: Self.third, commit: 7)])
    }

    @Test func aLowerNumberThanWasHeardIsNoNews() {
        let replica = LoneReplica.voting()
        replica.hear(.witnessQuestion, from: Self.third, commit: 7)
        replica.wait(ReplicaConfiguration().witnessDelay)
        replica.hear(.witnessQuestion, from: Self.third, commit: 6)
        replica.wait(ReplicaConfiguration().witnessDelay)
        #expect(replica.commits == 1)
        #expect(replica.store.witnesses == [Witness(store: Self.third, commit: 7)])
    }

    @Test func aFrameTellsTheLastDurableCommitAndNotTheOneThatIsBeingWritten() {
        let replica = LoneReplica.voting()
        replica.writesAtOnce = false
        replica.ask(.prepare, Sample.ballot(3), of: key)
        replica.hear(.witnessQuestion, from: Self.third)
        #expect(replica.takeSent().map(\.commit) == [1])
        replica.write()
        #expect(replica.takeSent().map(\.commit) == [2])
    }

    @Test func aPromiseIsToldWhenItIsDurable() {
        let replica = LoneReplica.voting()
        replica.writesAtOnce = false
        replica.ask(.prepare, Sample.ballot(3), of: key)
        #expect(replica.takeAnswers().isEmpty)
        replica.write()
        #expect(replica.takeAnswers() == [.promised(base: .none, pending: nil, closed: nil)])
    }
}
