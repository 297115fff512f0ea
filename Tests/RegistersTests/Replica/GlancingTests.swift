import Registers
import Testing
import World

/// What one replica tells of a register without asking the others, and how it waits for a change.
@Suite struct GlancingTests {
    private typealias S = Sample
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third

    private let key = RegisterKey("count/1")!
    /// Not the home: the second store is.
    private let other = LoneReplica.voting(replicas: [second, own, third])
    private let home = LoneReplica.voting()

    private func look(
        _ replica: LoneReplica, seen: UInt64? = nil, of key: RegisterKey? = nil, within limit: Duration = .seconds(5)
    ) -> UInt64 {
        replica.wish(.glance([9], seen: seen), of: key ?? self.key, within: limit)
    }

    /// What came of a look; nil while there is no answer.
    private func told(_ replica: LoneReplica, _ token: UInt64) throws -> RegisterGlance? {
        try replica.answers[token].map { try RegisterGlance(unpacking: $0.get()) }
    }

    private func refusal(_ replica: LoneReplica, _ token: UInt64) -> RegisterError? {
        if case .failure(let error) = replica.answers[token] { error } else { nil }
    }

    private func put(
        _ number: UInt64, _ replica: LoneReplica, isFinished: Bool = false, due: UInt64? = nil, of key: RegisterKey? = nil
    ) {
        let base = S.version(number - 1, number), state = RegisterState(bytes: [UInt8(number)], isFinished: isFinished, due: due)
        replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: key ?? self.key)
    }

    private func glance(_ version: UInt64, isFinished: Bool = false, due: UInt64? = nil) -> RegisterGlance {
        RegisterGlance(version: version, isFinished: isFinished, due: due, answer: version == 0 ? [] : [UInt8(version)])
    }

    @Test(arguments: [
        RegisterGlance(version: 0, isFinished: false, due: nil, answer: []),
        RegisterGlance(version: 7, isFinished: false, due: 0, answer: [1, 2]),
        RegisterGlance(version: .max, isFinished: true, due: nil, answer: []),
    ])
    func aGlanceIsPackedAndReadAgain(_ glance: RegisterGlance) throws {
        #expect(try RegisterGlance(unpacking: glance.packed) == glance)
        #expect(throws: (any Error).self) { try RegisterGlance(unpacking: glance.packed + [0]) }
        for count in 0..<glance.packed.count {
            #expect(throws: (any Error).self) { try RegisterGlance(unpacking: Array(glance.packed.prefix(count))) }
        }
    }

    // MARK: Without waiting

    @Test func whatNobodyHasMadeIsNothing() throws {
        #expect(try told(home, look(home)) == glance(0))
    }

    @Test func whatIsNotKnownToBeChosenIsNotTold() throws {
        put(1, other, due: 5)
        #expect(try told(other, look(other)) == glance(0))
        put(2, other)
        #expect(try told(other, look(other)) == glance(1, due: 5))
    }

    @Test func nobodyIsAskedByWhoIsNotTheHome() throws {
        put(1, other)
        _ = other.takeSent()
        _ = look(other)
        #expect(other.takeSent().isEmpty)
    }

    @Test func whoHasProposedAChangeTellsOfItAsSoonAsItIsChosen() throws {
        let token = home.wish(.change(operation: nil, command: [4]), of: key)
        let prepare = home.takeRequests(to: Self.second).first
        home.answer(prepare, .promised(base: .none, pending: nil, closed: nil), from: Self.second)
        #expect(try told(home, look(home)) == glance(0))
        home.answer(home.takeRequests(to: Self.second).last, .accepted, from: Self.second)
        #expect(home.answers[token] != nil)
        _ = home.takeSent()
        #expect(try told(home, look(home)) == RegisterGlance(version: 1, isFinished: false, due: nil, answer: [4]))
        #expect(home.takeSent().isEmpty, "what is known is not asked for")
    }

    @Test func aQueryThatIsTooLargeIsRefusedWithItsSize() {
        let token = home.wish(.glance(Array(repeating: 0, count: RegisterLimits.commandBytes + 1), seen: nil), of: key)
        #expect(refusal(home, token)?.code == .tooLarge)
    }

    @Test func whileRowsAreOnTheirWayAnotherHasToBeAsked() throws {
        other.accept(S.change(3, on: S.version(2, 5), under: 6), of: key)
        let question = try #require(other.takeRequests(to: Self.second).first)
        let rows = [StoredRow(key: [2, 1], value: [1], changed: 2)]
        other.answer(
            question, .piece(RegisterPiece(version: S.version(2, 5), state: S.state(2), pending: nil, rows: rows, next: [2, 2])),
            from: Self.second)
        #expect(other.record(of: key)?.isCatchingUp == true)
        #expect(refusal(other, look(other))?.code == .notReady)
        // Who waits goes on waiting, and is told when the last piece is there.
        let waiting = look(other, seen: 0)
        #expect(other.answers[waiting] == nil)
        let last = try #require(other.takeRequests(to: Self.second).last)
        other.answer(
            last, .piece(RegisterPiece(version: S.version(2, 5), state: S.state(2), pending: nil, rows: [], next: nil)), from: Self.second)
        #expect(try told(other, waiting)?.version == 2)
    }

    @Test func aNewcomerThatIsBeingGivenItsCopySaysSo() {
        let fourth = S.store(4)
        func lists(_ stores: [StoreID]) -> [[StoreID]] { Array(repeating: stores, count: Shard.count) }
        let first = ReplicaMap(epoch: 1, replicas: lists([Self.second, Self.third, fourth]))
        let joint = first.joint(with: lists([Self.second, Self.third, Self.own]), keepers: [Self.second])
        let replica = LoneReplica.voting()
        replica.give(.map(joint))
        #expect(refusal(replica, look(replica))?.code == .notReady)
    }

    // MARK: Waiting

    @Test func whoHasSeenAVersionIsToldOfTheNext() throws {
        put(1, other)
        put(2, other)
        let token = look(other, seen: 1)
        #expect(other.answers[token] == nil)
        put(3, other)
        #expect(try told(other, token) == glance(2))
    }

    @Test func whoHasSeenLessIsToldAtOnce() throws {
        put(1, other)
        put(2, other)
        #expect(try told(other, look(other, seen: 0)) == glance(1))
    }

    @Test func whoWaitsAtTheHomeIsToldWhenTheChangeIsChosen() throws {
        let waiting = look(home, seen: 0)
        home.wish(.change(operation: nil, command: [4]), of: key)
        home.answer(home.takeRequests(to: Self.second).last, .promised(base: .none, pending: nil, closed: nil), from: Self.second)
        #expect(home.answers[waiting] == nil)
        home.answer(home.takeRequests(to: Self.second).last, .accepted, from: Self.second)
        #expect(try told(home, waiting)?.version == 1)
    }

    @Test func whenPatienceEndsWhatThereIsIsTold() throws {
        put(1, other)
        put(2, other)
        let token = look(other, seen: 4, within: .seconds(2))
        other.wait(.milliseconds(1_999))
        #expect(other.answers[token] == nil)
        other.wait(.milliseconds(1))
        #expect(try told(other, token) == glance(1))
    }

    @Test func whatHasEndedIsToldAtOnceToWhoHasSeenIt() throws {
        put(1, other, isFinished: true)
        put(2, other, isFinished: true)
        #expect(try told(other, look(other, seen: 1)) == glance(1, isFinished: true))
    }

    @Test func whoWaitsForWorkThatIsFreedIsToldThatItIsOver() throws {
        let hour = CreationHour(WallTime(millisecondsSince1970: 1_800_000_000_000)), work = try #require(RegisterKey("work/1", hour: hour))
        put(1, other, isFinished: false, of: work)
        put(2, other, isFinished: false, of: work)
        let token = look(other, seen: 1, of: work)
        #expect(other.answers[token] == nil)
        other.ask(.inherit(closed: hour, freed: hour), ofShard: work.shard)
        #expect(other.record(of: work) == nil)
        #expect(try told(other, token) == RegisterGlance(version: 0, isFinished: true, due: nil, answer: []))
        #expect(try told(other, look(other, seen: 1, of: work))?.isFinished == true)
    }

    @Test func whoWaitsWhereTheRegisterIsNoMoreIsSentAway() {
        let fourth = S.store(4), token = look(other, seen: 0)
        func lists(_ stores: [StoreID]) -> [[StoreID]] { Array(repeating: stores, count: Shard.count) }
        let first = ReplicaMap(epoch: 1, replicas: lists([Self.second, Self.own, Self.third]))
        let joint = first.joint(with: lists([Self.second, fourth, Self.third]), keepers: [Self.second])
        other.give(.map(joint))
        other.give(.map(joint.settled()))
        #expect(refusal(other, token)?.code == .notHere)
    }

    @Test func onlySoManyWait() {
        let most = RegisterLimits.waitingPerKey
        for _ in 0..<most { _ = look(other, seen: 0) }
        #expect(refusal(other, look(other, seen: 0))?.code == .overloaded)
        #expect(other.answers.count == 1)
        // Others have room, and so has whoever comes when those are gone.
        let token = look(other, seen: 0, of: RegisterKey("count/2"))
        #expect(other.answers[token] == nil)
        other.wait(.seconds(6))
        #expect(other.answers.count == most + 2)
        let late = look(other, seen: 0)
        #expect(other.answers[late] == nil)
    }

    // MARK: What nobody says

    /// The home has died after its last change. The next one would never know that it was chosen.
    @Test func theHomeAsksWhetherAChangeIsChosenAndTellsWhoLooksNext() throws {
        put(1, home)
        put(2, home)
        _ = home.takeSent()
        #expect(try told(home, look(home)) == glance(1))
        let waiting = look(home, seen: 1)
        let peek = home.takeRequests(to: Self.second)
        #expect(peek.map(\.action) == [.confirm] && peek.map(\.ballot) == [.zero], "one look asks, and who comes meanwhile waits for it")
        home.answer(peek.first, .promised(base: S.version(1, 2), pending: S.version(2, 3), closed: nil), from: Self.second)
        #expect(try told(home, waiting) == glance(2))
        #expect(home.record(of: key)?.pending == nil)
        #expect(try told(home, look(home)) == glance(2))
        #expect(home.takeSent().isEmpty)
    }

    @Test func whatIsNotChosenIsProposedOnceMore() throws {
        put(1, home)
        put(2, home)
        _ = home.takeSent()
        let waiting = look(home, seen: 1)
        let less = RegisterAnswer.Body.promised(base: S.version(1, 2), pending: nil, closed: nil)
        home.answer(home.takeRequests(to: Self.second).first, less, from: Self.second)
        let prepare = try #require(home.takeRequests(to: Self.second).last)
        #expect(prepare.action == .prepare)
        home.answer(prepare, .promised(base: S.version(1, 2), pending: nil, closed: nil), from: Self.second)
        let accept = try #require(home.takeRequests(to: Self.second).last)
        home.answer(accept, .accepted, from: Self.second)
        #expect(try told(home, waiting)?.version == 2)
    }

    @Test func whoCannotReachOthersTellsWhatItKnowsAndAsksNoMoreThanOnce() throws {
        put(1, home)
        put(2, home)
        _ = home.takeSent()
        _ = look(home)
        #expect(home.takeRequests(to: Self.second).count == 1)
        for _ in 0..<100 { home.wait(.milliseconds(100)) }
        #expect(home.takeRequests(to: Self.second).isEmpty)
        #expect(try told(home, look(home)) == glance(1))
    }
}
