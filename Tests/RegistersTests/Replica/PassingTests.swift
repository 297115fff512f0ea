import Registers
import Testing
import World

/// What living registers keep of work in other shards: it goes when nothing of that hour is left anywhere, and not before.
@Suite struct PassingTests {
    private static let stores = (1...4).map(Sample.store)
    private static let start: Int64 = 1_800_000_000_000
    private static let hour = CreationHour(WallTime(millisecondsSince1970: start))

    private static let configuration: ReplicaConfiguration = {
        var configuration = ReplicaConfiguration()
        configuration.retention = .seconds(600)
        configuration.horizonInterval = .seconds(16)
        return configuration
    }()

    /// Even shards are held by the first three stores, odd ones by the last three.
    private let ring = ReplicaRing(Self.stores, configuration: Self.configuration) { shard in
        shard % 2 == 0 ? Array(Self.stores.prefix(3)) : Array(Self.stores.suffix(3))
    }
    /// One that lives on, in an even shard, and work of the first hour, in an odd one.
    private let named: RegisterKey
    private let work: RegisterKey

    init() throws {
        named = try #require((0..<999).lazy.compactMap { RegisterKey("account/\($0)") }.first { $0.shard % 2 == 0 })
        work = try #require((0..<999).lazy.compactMap { RegisterKey("order/\($0)", hour: Self.hour) }.first { $0.shard % 2 == 1 })
    }

    /// The keys of a pair with a sender of that hour: see ``LoneReplica``'s machine.
    private func mark(_ kind: UInt8, _ hour: CreationHour) -> [UInt8] { [kind] + withUnsafeBytes(of: hour.number.bigEndian) { Array($0) } }

    /// Has the living register take note of work of an hour.
    private func note(_ hour: CreationHour) {
        #expect(ring.change(named, Array("note".utf8) + mark(3, hour).dropFirst()) != nil)
    }

    /// Which stores of those that hold the living register remember that hour; both kinds of rows go together.
    private func remember(_ hour: CreationHour) -> [StoreID] {
        Self.stores.prefix(3).filter { store in
            let rows = ring[store].rows(of: named)
            let found = [3, 8].map { kind in rows.contains { $0.key == mark(kind, hour) } }
            #expect(found[0] == found[1])
            return found[0]
        }
    }

    private func pass(hours: Int64) {
        ring.wait(.seconds(3_600 * hours))
        ring.wait(.seconds(16), steps: 400)
    }

    private func end(_ key: RegisterKey) { #expect(ring.change(key, Array("end".utf8)) != nil) }

    @Test func whatIsKeptOfWorkGoesWhenItsHourHasPassedEverywhere() {
        ring.change(work, [1])
        note(Self.hour)
        // So that it is part of what is chosen everywhere.
        ring.change(named, [1])
        end(work)
        ring.wait(.seconds(16), steps: 20)
        #expect(remember(Self.hour) == Array(Self.stores.prefix(3)))
        pass(hours: 2)
        #expect(Self.stores.suffix(3).allSatisfy { ring[$0].record(of: work) == nil })
        #expect(remember(Self.hour).isEmpty)
        #expect(ring[Self.stores[0]].record(of: named) != nil)
    }

    @Test func whatIsKeptOfALaterHourStays() {
        let later = CreationHour(number: Self.hour.number + 5)
        note(Self.hour)
        note(later)
        ring.change(named, [1])
        pass(hours: 2)
        #expect(remember(Self.hour).isEmpty)
        #expect(remember(later) == Array(Self.stores.prefix(3)))
    }

    /// Its own shard has long passed; that of the work has not, and the work may send again.
    @Test func whatIsKeptOfWorkThatGoesOnStays() {
        ring.change(work, [1])
        note(Self.hour)
        ring.change(named, [1])
        pass(hours: 3)
        #expect(ring[Self.stores[0]].store.horizons.contains { $0.shard == named.shard && $0.freed != nil }, "its own shard has passed")
        #expect(remember(Self.hour) == Array(Self.stores.prefix(3)))
        end(work)
        pass(hours: 1)
        #expect(remember(Self.hour).isEmpty)
    }

    /// It does not hold the living register, and might hold the work alone.
    @Test func aStoreThatIsSilentHoldsAllUp() {
        note(Self.hour)
        ring.change(named, [1])
        ring.deaf = [Self.stores[3]]
        pass(hours: 3)
        #expect(remember(Self.hour) == Array(Self.stores.prefix(3)))
        ring.deaf = []
        pass(hours: 1)
        #expect(remember(Self.hour).isEmpty)
    }

    /// Nothing was ever in its shard, so the hour of that shard was never closed there.
    @Test func afterwardsNoWorkOfThatHourBeginsInAShardThatHadNone() throws {
        note(Self.hour)
        ring.change(named, [1])
        let before = try #require(ring.change(work, [1], at: Self.stores[1]))
        #expect(throws: Never.self) { try before.get() }
        end(work)
        pass(hours: 2)
        #expect(remember(Self.hour).isEmpty)
        let other = try #require((0..<9_999).lazy.compactMap { RegisterKey("late/\($0)", hour: Self.hour) }.first { key in
            key.shard % 2 == 1 && key.shard != work.shard
        })
        let token = ring[Self.stores[1]].wish(.change(operation: nil, command: [1]), of: other)
        ring.carry()
        ring.wait(.seconds(1), steps: 8)
        guard case .failure(let error)? = ring[Self.stores[1]].answers[token] else {
            Issue.record("work of an hour that has passed has begun")
            return
        }
        #expect(error.code == .expired)
        #expect(Self.stores.allSatisfy { ring[$0].record(of: other)?.accepted ?? RegisterVersion.none == RegisterVersion.none })
    }

    @Test func whatHasPassedIsKnownToMachinesAndToTheNextLife() throws {
        note(Self.hour)
        ring.change(named, [1])
        pass(hours: 2)
        let answer = try #require(ring.change(named, Array("passed".utf8))).get()
        #expect(answer.count == 4 && answer.reduce(0) { $0 << 8 | UInt32($1) } >= Self.hour.number)
        let horizon = try #require(ring[Self.stores[3]].store.horizons.first { $0.shard == Shard.configuration })
        #expect(horizon.freed.map { $0 >= Self.hour } == true && horizon.freed == horizon.closed)
    }

    // MARK: One store

    private func ask(_ replica: LoneReplica, _ step: HorizonStep, _ hour: CreationHour = hour) -> [RegisterAnswer.Body] {
        _ = replica.takeSent()
        replica.ask(.horizon(hour: hour, step: step), ofShard: Shard.configuration)
        return replica.takeAnswers()
    }

    @Test func aStoreTakesTheStepsInTheirOrder() {
        let replica = LoneReplica.voting(Self.configuration)
        #expect(ask(replica, .look) == [.unable], "the hour is not over")
        replica.wait(.seconds(7_200))
        #expect(ask(replica, .free) == [.unable])
        #expect(ask(replica, .look) == [.horizon(inTheWay: nil)])
        #expect(replica.store.horizons.isEmpty, "looking writes nothing")
        replica.writesAtOnce = false
        #expect(ask(replica, .close).isEmpty)
        replica.write()
        #expect(replica.takeAnswers() == [.horizon(inTheWay: nil)])
        replica.writesAtOnce = true
        #expect(replica.store.horizons.count == Shard.count + 1)
        #expect(replica.store.horizons.allSatisfy { $0.closed == Self.hour && $0.freed == nil })
        #expect(ask(replica, .free) == [.horizon(inTheWay: nil)])
        #expect(replica.store.horizons.allSatisfy { $0.closed == Self.hour && $0.freed == Self.hour })
    }

    /// Else each of a thousand shards would be written hour by hour, though there is nothing in them.
    @Test func aShardThatIsEmptyIsNotAskedAboutByItself() {
        let replica = LoneReplica.voting(Self.configuration)
        replica.wait(.seconds(7_200))
        for step in [HorizonStep.look, .close, .free] { #expect(ask(replica, step) == [.horizon(inTheWay: nil)]) }
        replica.wait(.seconds(3_600))
        for _ in 0..<8 { replica.wait(.seconds(16)) }
        let asked = replica.takeSent().compactMap { word in if case .shardRequest(let request) = word.item { request.shard } else { nil } }
        #expect(!asked.isEmpty && asked.allSatisfy { $0 == Shard.configuration })
    }

    @Test func aStoreNamesWhatIsLeft() {
        let replica = LoneReplica.voting(Self.configuration)
        replica.accept(Sample.change(1, on: .none, under: 2), of: work)
        replica.wait(.seconds(7_200))
        #expect(ask(replica, .look) == [.horizon(inTheWay: work)])
        #expect(ask(replica, .close) == [.horizon(inTheWay: work)])
        #expect(replica.store.horizons.isEmpty)
    }
}
