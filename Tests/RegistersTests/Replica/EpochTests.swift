import Registers
import Testing
import World

/// What a replica does when it goes by a newer configuration: it fences the older one off, and begins its new shards with nothing.
@Suite struct EpochTests {
    private typealias S = Sample
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third, fourth = Sample.store(4)

    private let key: RegisterKey

    init() throws { key = try #require(RegisterKey("of/people")) }

    private func lists(_ stores: [StoreID]) -> [[StoreID]] { Array(repeating: stores, count: Shard.count) }

    /// A store that was one of three and had a register, left, and is brought in again in the place of the fourth.
    private func returned() -> (replica: LoneReplica, again: ReplicaMap) {
        let stores = [Self.own, Self.second, Self.third], others = [Self.fourth, Self.second, Self.third]
        let replica = LoneReplica.voting()
        replica.accept(S.change(1, on: .none, under: 2), of: key)
        let first = ReplicaMap(replicas: lists(stores))
        let left = first.joint(with: lists(others), keepers: others).settled()
        for map in [first.joint(with: lists(others), keepers: others), left] { replica.give(.map(map)) }
        return (replica, left.joint(with: lists(stores), keepers: stores))
    }

    @Test func machinesAreToldTheActiveSchema() throws {
        let stores = [Self.own, Self.second, Self.third]
        let ring = ReplicaRing(stores, configuration: .init()) { _ in stores }
        func schema() throws -> [UInt8]? { try ring.change(key, Array("schema".utf8))?.get() }
        #expect(try schema() == [1])
        for store in stores { ring[store].give(.map(ring.map.raised(to: 7))) }
        ring.wait(.milliseconds(50), steps: 5)
        #expect(try schema() == [7])
    }

    @Test func nobodyIsServedBeforeTheFenceIsDurableAndNobodyOfAnOlderEpochAfterwards() {
        let replica = LoneReplica.voting(), stores = [Self.own, Self.second, Self.third]
        replica.writesAtOnce = false
        replica.give(.map(ReplicaMap(replicas: lists(stores)).joint(with: lists([Self.own, Self.second, Self.fourth]), keepers: stores)))
        _ = replica.takeSent()
        replica.ask(.prepare, S.ballot(3), of: key, epoch: 2)
        replica.ask(.prepare, S.ballot(3), of: key, epoch: 1)
        #expect(replica.takeAnswers() == [.unable, .wrongEpoch(2)])
        replica.write()
        #expect(replica.store.fence == 2)
        replica.ask(.prepare, S.ballot(3), of: key, epoch: 1)
        #expect(replica.takeAnswers() == [.wrongEpoch(2)])
        replica.writesAtOnce = true
        replica.ask(.prepare, S.ballot(3), of: key, epoch: 2)
        #expect(replica.takeAnswers() == [.promised(base: .none, pending: nil, closed: nil)])
    }

    @Test func whatANewcomerKeptOfItsShardIsGoneWithTheFence() {
        let (replica, again) = returned()
        #expect(replica.record(of: key) != nil)
        replica.give(.map(again))
        #expect(replica.record(of: key) == nil && replica.store.fence == again.epoch)
    }

    /// Or it would fetch only what has changed since a version whose rows go in the next moment.
    @Test func whatIsBeingTakenAwayIsNotBuiltUpon() throws {
        let (replica, again) = returned()
        replica.writesAtOnce = false
        replica.give(.map(again))
        replica.wish(.change(operation: WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: 1), command: [1]), of: key)
        let prepare = try #require(replica.takeRequests(to: Self.second).first { $0.action == .prepare })
        let chosen = RegisterAnswer.Body.promised(base: S.version(2, 9), pending: nil, closed: nil)
        for peer in [Self.second, Self.third, Self.fourth] { replica.answer(prepare, chosen, from: peer) }
        let fetches = replica.sent.compactMap { word -> RegisterRequest.Action? in
            if case .request(let request) = word.item, case .fetch = request.action { request.action } else { nil }
        }
        #expect(fetches == [.fetch(after: 0, from: [])])
    }

    /// Who shares no shard has nobody to ask when it is opened.
    @Test func aStoreThatIsBroughtInAsksItsNewNeighboursWhatTheyHaveHeardOfIt() {
        let others = [Self.second, Self.third, Self.fourth]
        let replica = LoneReplica(replicas: others)
        #expect(replica.standing == .voting)
        let map = ReplicaMap(replicas: lists(others)).joint(with: lists([Self.own, Self.second, Self.third]), keepers: others)
        replica.give(.map(map))
        #expect(Set(replica.takeSent().filter { $0.item == .witnessQuestion }.map(\.peer)) == Set(others))
        replica.hear(.witnessAnswer(90), from: Self.third)
        guard case .rolledBack(heard: 90, _, by: Self.third) = replica.standing else {
            Issue.record("it is \(replica.standing)")
            return
        }
    }
}
