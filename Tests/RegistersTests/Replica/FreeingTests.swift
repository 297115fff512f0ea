import Registers
import Testing
import World

/// How an hour of a shard passes: every replica closes it, and when nothing is in its way at any of them, every one frees it.
@Suite struct FreeingTests {
    private typealias S = Sample
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third

    /// The hour that the clocks show at first, and that is freed here. Work is kept for ten minutes.
    private static let hour = CreationHour(WallTime(millisecondsSince1970: 1_800_000_000_000))
    private static let configuration: ReplicaConfiguration = {
        var configuration = ReplicaConfiguration()
        configuration.retention = .seconds(600)
        configuration.horizonInterval = .seconds(1)
        return configuration
    }()

    /// Work of that hour, and a register that lives on, in one shard.
    private let work: RegisterKey
    private let named: RegisterKey
    /// The second store is the home.
    private let replica = LoneReplica.voting(configuration, replicas: [second, own, third])
    private let home = LoneReplica.voting(configuration)

    init() throws {
        work = try #require(RegisterKey("work/1", hour: Self.hour))
        let shard = work.shard
        named = try #require((0..<100_000).lazy.compactMap { RegisterKey("of/people/\($0)") }.first { $0.shard == shard })
    }

    /// The hour is over, and so is the time for which it is kept.
    private func pass(hours: Int64 = 2) { replica.wait(.seconds(3_600 * hours)) }

    private func take(_ step: HorizonStep, _ hour: CreationHour = hour, from peer: StoreID = second) -> [RegisterAnswer.Body] {
        _ = replica.takeSent()
        replica.ask(.horizon(hour: hour, step: step), ofShard: named.shard, from: peer)
        return replica.takeAnswers()
    }

    /// Accepts a change of the work as the only one that there ever was.
    private func put(_ key: RegisterKey, isFinished: Bool, under counter: UInt64 = 2, operation: WorkID? = nil) {
        var rows = [RegisterRow(key: [2, 1], value: [1])]
        if let operation { rows.insert(RegisterRow(key: [1] + operation.bytes, value: [5]), at: 0) }
        let change = RegisterDelta(base: .none, ballot: S.ballot(counter), state: S.state(1, isFinished: isFinished), rows: rows)
        replica.accept(change, of: key)
    }

    /// Has what is kept of a register turn out to be chosen.
    private func choose(_ key: RegisterKey) {
        guard let ballot = replica.record(of: key)?.pending?.ballot else { return }
        replica.ask(.fetch(after: 0, from: []), ballot, of: key)
    }

    private func operation(_ milliseconds: Int64) -> WorkID {
        WorkID(milliseconds: UInt64(1_800_000_000_000 + milliseconds), randomA: 0, randomB: 1)
    }

    // MARK: Closing

    @Test func anHourThatIsNotOldEnoughHereIsNotClosed() {
        #expect(take(.close) == [.unable])
        replica.wait(.seconds(3_600 + 599))
        #expect(take(.close) == [.unable])
        replica.wait(.seconds(1))
        #expect(take(.close) == [.horizon(inTheWay: nil)])
    }

    @Test func aReplicaThatKeepsEverythingClosesNothing() {
        var configuration = ReplicaConfiguration()
        configuration.retention = nil
        let replica = LoneReplica.voting(configuration)
        replica.wait(.seconds(360_000))
        _ = replica.takeSent()
        replica.ask(.horizon(hour: Self.hour, step: .close), ofShard: named.shard)
        #expect(replica.takeAnswers() == [.unable])
    }

    @Test func closingNamesWorkThatHasNotEnded() {
        put(work, isFinished: false)
        pass()
        #expect(take(.close) == [.horizon(inTheWay: work)])
        #expect(take(.free) == [.unable])
        #expect(replica.record(of: work) != nil)
    }

    @Test func workOfALaterHourIsNotInTheWay() throws {
        put(try #require(RegisterKey("work/1", hour: CreationHour(number: Self.hour.number + 1))), isFinished: false)
        pass()
        #expect(take(.close) == [.horizon(inTheWay: nil)])
    }

    @Test func workWhoseEndIsNotYetChosenIsNotInTheWay() {
        put(work, isFinished: true)
        pass()
        #expect(replica.record(of: work)?.pending != nil)
        #expect(take(.close) == [.horizon(inTheWay: nil)])
    }

    @Test func aPromiseAloneIsNotInTheWay() {
        replica.ask(.prepare, S.ballot(3), of: work)
        pass()
        #expect(take(.close) == [.horizon(inTheWay: nil)])
    }

    @Test func closingIsAnsweredWhenItIsDurable() {
        pass()
        replica.writesAtOnce = false
        #expect(take(.close).isEmpty)
        replica.write()
        #expect(replica.takeAnswers() == [.horizon(inTheWay: nil)])
        #expect(replica.store.horizons == [ShardHorizon(shard: named.shard, closed: Self.hour)])
    }

    @Test func inAClosedHourNoWorkBeginsAnyMoreAndWhatIsThereGoesOn() throws {
        put(work, isFinished: false)
        choose(work)
        pass()
        _ = take(.close)
        let other = try #require((0..<100_000).lazy.compactMap { RegisterKey("work/\($0)", hour: Self.hour) }.first {
            $0.shard == work.shard && $0 != work
        })
        replica.ask(.prepare, S.ballot(9), of: other)
        replica.accept(S.change(1, on: .none, under: 9), of: other)
        replica.ask(.confirm, .zero, of: other)
        // A promise harms nothing, and tells that the hour is closed.
        let nothing = RegisterAnswer.Body.promised(base: .none, pending: nil, closed: Self.hour)
        #expect(replica.takeAnswers() == [nothing, .closed(Self.hour), nothing])
        replica.ask(.prepare, S.ballot(9), of: work)
        #expect(replica.takeAnswers() == [.promised(base: S.version(1, 2), pending: nil, closed: Self.hour)])
    }

    @Test func whatWasPerhapsBegunBeforeTheHourWasClosedMayStillBegin() {
        pass()
        _ = take(.close)
        replica.accept(S.change(1, on: .none, under: 9), isRepeated: true, of: work)
        #expect(replica.takeAnswers() == [.accepted])
        #expect(take(.close) == [.horizon(inTheWay: work)])
    }

    /// What the home is asked to do with the work, and the question that comes of it.
    private func endWork() throws -> (token: UInt64, questions: [RegisterRequest]) {
        let token = home.wish(.change(operation: operation(3_600_000), command: Array("end".utf8)), of: work)
        let said = home.takeSent()
        return (token, said.compactMap { if case .request(let request) = $0.item, request.key == work { request } else { nil } })
    }

    @Test func aReplicaThatNeverHadTheWorkDoesNotSpeakForTheOthers() throws {
        beginWork(at: home, isFinished: false)
        let (token, questions) = try endWork()
        try #require(questions.count == 2)
        home.answer(questions[1], .outbid(S.ballot(99)), from: Self.third)
        home.answer(questions[0], .closed(Self.hour), from: Self.second)
        #expect(home.answers[token] == nil)
        home.wait(.milliseconds(500))
        let again = home.takeRequests(to: Self.third).filter { $0.key == work }
        #expect(again.contains { $0.action == .prepare && $0.ballot > S.ballot(99) })
    }

    @Test func workThatAMajorityDoesNotHaveInAClosedHourIsExpired() throws {
        beginWork(at: home, isFinished: false)
        let (token, questions) = try endWork()
        try #require(questions.count == 2)
        home.answer(questions[0], .closed(Self.hour), from: Self.second)
        home.answer(questions[1], .closed(Self.hour), from: Self.third)
        guard case .failure(let error) = home.answers[token] else {
            Issue.record("it goes on")
            return
        }
        #expect(error.code == .expired && error.outcome == .unknown)
    }

    @Test func anOperationOfAClosedHourIsExpiredAndOneOfTheNextIsNot() {
        pass()
        _ = take(.close)
        let old = replica.wish(.change(operation: operation(0), command: [1]), of: named)
        guard case .failure(let error) = replica.answers[old] else {
            Issue.record("it was not refused")
            return
        }
        #expect(error.code == .expired && error.outcome == .unknown)
        let new = replica.wish(.change(operation: operation(3_600_000), command: [1]), of: named)
        #expect(replica.answers[new] == nil)
    }

    // MARK: Freeing

    @Test func nothingIsFreedBeforeItIsClosed() {
        put(work, isFinished: true)
        pass()
        #expect(take(.free) == [.unable])
        #expect(replica.record(of: work) != nil)
    }

    @Test func freeingTakesEndedWorkWithItsRowsAndLeavesWhatLivesOn() {
        put(work, isFinished: true)
        choose(work)
        put(named, isFinished: false)
        choose(named)
        pass()
        _ = take(.close)
        #expect(take(.free) == [.horizon(inTheWay: nil)])
        #expect(replica.record(of: work) == nil && replica.rows(of: work).isEmpty)
        #expect(replica.record(of: named)?.base == S.version(1, 2) && replica.rows(of: named).count == 1)
        #expect(replica.store.horizons == [ShardHorizon(shard: named.shard, closed: Self.hour, freed: Self.hour)])
    }

    @Test func freeingIsRepeatedWithoutHarm() {
        put(work, isFinished: true)
        pass()
        _ = take(.close)
        let commits = replica.commits
        #expect(take(.free) == [.horizon(inTheWay: nil)])
        #expect(take(.free) == [.horizon(inTheWay: nil)])
        #expect(replica.commits == commits + 1)
    }

    @Test func whatWasFreedDoesNotComeBack() {
        put(work, isFinished: true)
        pass()
        _ = take(.close)
        _ = take(.free)
        replica.accept(S.change(1, on: .none, under: 20), of: work)
        replica.ask(.prepare, S.ballot(20), of: work)
        #expect(replica.takeAnswers() == [.closed(Self.hour), .closed(Self.hour)])
        #expect(replica.record(of: work) == nil)
    }

    @Test func aPieceThatIsStillOnItsWayDoesNotBringFreedWorkBack() throws {
        put(work, isFinished: true)
        pass()
        _ = take(.close)
        replica.accept(S.change(3, on: S.version(2, 5), under: 6), of: work)
        let question = try #require(replica.takeRequests(to: Self.second).first { $0.key == work })
        #expect(take(.free) == [.horizon(inTheWay: nil)])
        replica.answer(
            question, .piece(RegisterPiece(version: S.version(2, 5), state: S.state(2), pending: nil, rows: [], next: nil)),
            from: Self.second)
        #expect(replica.record(of: work) == nil)
    }

    @Test func operationsOfFreedHoursGoBitByBitAndLaterOnesStay() {
        put(named, isFinished: false, operation: operation(0))
        choose(named)
        let change = RegisterDelta(
            base: S.version(1, 2), ballot: S.ballot(3), state: S.state(2),
            rows: [RegisterRow(key: [1] + operation(3_600_000).bytes, value: [6])])
        replica.accept(change, of: named)
        choose(named)
        pass()
        _ = take(.close)
        _ = take(.free)
        replica.wait(.seconds(1))
        #expect(replica.rows(of: named).map(\.key) == [[1] + operation(3_600_000).bytes, [2, 1]])
    }

    @Test func aPieceBringsNoOperationsOfFreedHours() throws {
        pass()
        _ = take(.close)
        _ = take(.free)
        replica.accept(S.change(3, on: S.version(2, 5), under: 6), of: named)
        let question = try #require(replica.takeRequests(to: Self.second).first)
        let rows = [operation(0), operation(3_600_000)].map { StoredRow(key: [1] + $0.bytes, value: [5], changed: 2) }
        replica.answer(
            question, .piece(RegisterPiece(version: S.version(2, 5), state: S.state(2), pending: nil, rows: rows, next: nil)),
            from: Self.second)
        #expect(replica.rows(of: named).map(\.key) == [[1] + operation(3_600_000).bytes])
    }

    /// It has its place since lately, and would bring back what it kept with one that was not told.
    @Test func whoIsToldHowFarItsShardWasFreedFreesItAndCreatesNothingOfIt() {
        put(work, isFinished: true)
        choose(work)
        _ = replica.takeSent()
        replica.ask(.inherit(closed: Self.hour, freed: Self.hour), ofShard: work.shard)
        #expect(replica.takeAnswers() == [.horizon(inTheWay: nil)])
        #expect(replica.record(of: work) == nil)
        #expect(replica.store.horizons == [ShardHorizon(shard: work.shard, closed: Self.hour, freed: Self.hour)])
        replica.accept(S.change(1, on: .none, under: 20), of: work)
        #expect(replica.takeAnswers() == [.closed(Self.hour)])
    }

    // MARK: The home

    /// What the home has asked for since, of its peers.
    private func steps(_ sent: [LoneReplica.Sent]) -> [(peer: StoreID, round: UInt64, step: HorizonStep)] {
        sent.compactMap { word in
            guard case .shardRequest(let request) = word.item, case .horizon(Self.hour, let step) = request.action else { return nil }
            return (word.peer, request.round, step)
        }
    }

    private func beginWork(at replica: LoneReplica, isFinished: Bool = true) {
        replica.accept(
            RegisterDelta(base: .none, ballot: S.ballot(2), state: S.state(1, isFinished: isFinished), rows: []), of: work)
        _ = replica.takeSent()
    }

    @Test func theHomeAsksForTheNextStepWhenAllHaveTakenTheOneBefore() throws {
        beginWork(at: home)
        home.wait(.seconds(7_200))
        let look = steps(home.takeSent())
        #expect(look.map(\.peer) == [Self.second, Self.third] && look.allSatisfy { $0.step == .look })
        for question in look { home.answer(round: question.round, .horizon(inTheWay: nil), from: question.peer) }
        let close = steps(home.takeSent())
        try #require(close.count == 2)
        #expect(close.map(\.peer) == [Self.second, Self.third] && close.allSatisfy { $0.step == .close })
        home.answer(round: close[0].round, .horizon(inTheWay: nil), from: Self.second)
        #expect(steps(home.takeSent()).isEmpty)
        home.answer(round: close[1].round, .horizon(inTheWay: nil), from: Self.third)
        let free = steps(home.takeSent())
        #expect(free.map(\.peer) == [Self.second, Self.third] && free.allSatisfy { $0.step == .free })
        #expect(home.record(of: work) == nil)
    }

    /// A clock that is ahead would otherwise close the present, for all who hear of it.
    @Test func theHomeClosesNothingWhoseHourIsNotOverForAll() {
        beginWork(at: home)
        home.wait(.seconds(7_200))
        let look = steps(home.takeSent())
        home.answer(round: look.first?.round ?? 0, .horizon(inTheWay: nil), from: Self.second)
        home.answer(round: look.first?.round ?? 0, .unable, from: Self.third)
        #expect(home.store.horizons.isEmpty)
        #expect(steps(home.takeSent()).allSatisfy { $0.step == .look })
    }

    /// However late it shows: what it says of hours is worth nothing.
    @Test func byAClockThatIsOffNoHourIsOver() {
        beginWork(at: home)
        home.give(.seen(live: [Self.own, Self.second, Self.third], gone: [], astray: [Self.own]))
        home.wait(.seconds(7_200))
        #expect(steps(home.takeSent()).isEmpty, "it asks nobody")
        home.give(.seen(live: [Self.own, Self.second, Self.third], gone: []))
        home.wait(.seconds(1))
        #expect(steps(home.takeSent()).map(\.step) == [.look, .look], "but does when it is right again")
        pass()
        replica.give(.seen(live: [Self.own, Self.second, Self.third], gone: [], astray: [Self.own]))
        #expect(take(.look) == [.unable] && take(.close) == [.unable])
        #expect(replica.store.horizons.isEmpty)
    }

    @Test func lookingWritesNothing() {
        pass()
        let commits = replica.commits
        #expect(take(.look) == [.horizon(inTheWay: nil)])
        #expect(take(.look, CreationHour(number: Self.hour.number + 2)) == [.unable])
        #expect(replica.commits == commits && replica.store.horizons.isEmpty)
    }

    /// The home's peers have said that the hour is over.
    private func close() -> [(peer: StoreID, round: UInt64, step: HorizonStep)] {
        home.wait(.seconds(7_200))
        for question in steps(home.takeSent()) { home.answer(round: question.round, .horizon(inTheWay: nil), from: question.peer) }
        return steps(home.takeSent())
    }

    @Test func aReplicaThatIsSilentHoldsFreeingUp() {
        beginWork(at: home)
        let close = close()
        home.answer(round: close.first?.round ?? 0, .horizon(inTheWay: nil), from: Self.second)
        for _ in 0..<10 {
            home.wait(.seconds(1))
            #expect(steps(home.takeSent()).allSatisfy { $0.step != .free })
        }
        #expect(home.record(of: work) != nil)
    }

    @Test func aReplicaThatNamesUnfinishedWorkHoldsFreeingUp() {
        beginWork(at: home)
        let close = close()
        for question in close { home.answer(round: question.round, .horizon(inTheWay: work), from: question.peer) }
        #expect(steps(home.takeSent()).isEmpty)
        #expect(home.record(of: work) != nil)
    }

    @Test func whoIsNotTheHomeAsksNobodyUntilTheHomeIsDead() {
        beginWork(at: replica)
        pass()
        #expect(steps(replica.takeSent()).isEmpty)
        replica.give(.seen(live: [Self.own, Self.third], gone: [Self.second]))
        replica.wait(.seconds(1))
        #expect(steps(replica.takeSent()).map(\.peer) == [Self.second, Self.third])
    }
}
