import MessagePack
import Registers
import Testing
import World

/// The steps of a reconfiguration.
@Suite struct ReplicaMapTests {
    private static func store(_ number: UInt64) -> StoreID { StoreID(high: 5, low: number) }
    private static func stores(_ numbers: [UInt64]) -> [StoreID] { numbers.map(store) }

    /// Every shard with these stores, the second with others.
    private static func lists(_ usual: [UInt64], second: [UInt64]) -> [[StoreID]] {
        (0..<Shard.count).map { stores($0 == 1 ? second : usual) }
    }

    private let first = ReplicaMap(replicas: lists([1, 2, 3], second: [3, 4, 5]))

    private func joint() -> ReplicaMap {
        first.joint(with: Self.lists([2, 1, 3], second: [3, 4, 6]), keepers: Self.stores([1, 2, 3, 4, 6]))
    }

    @Test func aMapBeginsSettledInEpochOneAndTheFirstStoresKeepIt() {
        #expect(first.epoch == 1 && !first.isJoint && first.moving.isEmpty)
        #expect(first.stores == Self.stores([1, 2, 3, 4, 5]))
        #expect(first.electorate(of: Shard.configuration) == Electorate(epoch: 1, sets: [Self.stores([1, 2, 3, 4, 5])]))
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 3), (4, 3), (5, 5), (6, 5), (200, 5)])
    func anOddNumberOfStoresKeepsTheConfiguration(stores: Int, keepers: Int) {
        let all = Self.stores((0..<UInt64(stores)).map { $0 })
        #expect(ReplicaMap.keepers(among: all) == Array(all.prefix(keepers)))
    }

    @Test func thoseWhoseClocksAreOffStandBehindAllThatAreRight() {
        let stores = Self.stores([1, 2, 3])
        func ranks(live: [UInt64] = [1, 2, 3], astray: [UInt64] = []) -> [Int?] {
            stores.map { first.rank(of: $0, in: 0, live: Self.stores(live).contains, astray: Self.stores(astray).contains) }
        }
        #expect(ranks() == [0, 1, 2])
        #expect(ranks(live: [2, 3]) == [0, 0, 1])
        #expect(ranks(astray: [1]) == [2, 0, 1])
        #expect(ranks(astray: [1, 2]) == [1, 2, 0])
        #expect(ranks(astray: [1, 2, 3]) == [0, 1, 2])
        #expect(ranks(live: [1, 3], astray: [1]) == [1, 0, 0])
        #expect(first.rank(of: Self.store(9), in: 0, live: { _ in true }) == nil)
    }

    @Test func whileJointMajoritiesOfOldAndNewDecide() {
        let map = joint()
        #expect(map.epoch == 2 && map.isJoint && map.moving == [1, Shard.configuration])
        #expect(map.electorate(of: 1) == Electorate(epoch: 2, sets: [Self.stores([3, 4, 5]), Self.stores([3, 4, 6])]))
        #expect(map.seatings[1].seats.map(\.since) == [1, 1, 2] && map.seatings[Shard.configuration].seats.map(\.since) == [1, 1, 1, 1, 2])
        #expect(map.has(Self.store(5), in: 1) && map.has(Self.store(6), in: 1) && !map.has(Self.store(6), in: 0))
        // A shard that keeps its stores takes on their order, and needs no second majority.
        #expect(map.electorate(of: 0) == Electorate(epoch: 2, sets: [Self.stores([2, 1, 3])]))
        #expect(map.seatings[0].seats.allSatisfy { $0.since == 1 })
        #expect(map.stores == Self.stores([1, 2, 3, 4, 5, 6]))
    }

    @Test func aShardIsDecidableWhereAMajorityOfItsStoresLives() {
        func decidable(_ map: ReplicaMap, _ live: [UInt64]) -> Int { map.decidableShards(by: Set(Self.stores(live))) }
        #expect(decidable(first, [1, 2, 3, 4, 5]) == Shard.count)
        #expect(decidable(first, [1, 2, 4]) == Shard.count - 1, "the second shard lies on 3, 4 and 5")
        #expect(decidable(first, [4, 5]) == 1 && decidable(first, [1, 4]) == 0 && decidable(first, []) == 0)
        // Those who keep the configuration are no shard of keys.
        #expect(decidable(first, [1, 2]) == Shard.count - 1)
        #expect(decidable(joint(), [1, 2, 3, 4]) == Shard.count && decidable(joint(), [1, 2, 4, 6]) == Shard.count - 1, "of old and of new")
    }

    @Test func settledTheNewOnesDecideAlone() {
        let map = joint().settled()
        #expect(map.epoch == 3 && !map.isJoint)
        #expect(map.electorate(of: 1) == Electorate(epoch: 3, sets: [Self.stores([3, 4, 6])]))
        #expect(map.electorate(of: 0) == Electorate(epoch: 3, sets: [Self.stores([2, 1, 3])]))
        #expect(!map.stores.contains(Self.store(5)))
        // The place is as old as it is.
        #expect(map.seatings[1].seats == [.init(store: Self.store(3), since: 1), .init(store: Self.store(4), since: 1), .init(store: Self.store(6), since: 2)])
    }

    @Test func abandonedTheOldOnesDecideAsBefore() {
        let map = joint().abandoned()
        #expect(map.epoch == 3 && !map.isJoint)
        #expect(map.electorate(of: 1) == Electorate(epoch: 3, sets: [Self.stores([3, 4, 5])]))
        #expect(map.electorate(of: Shard.configuration) == first.electorate(of: Shard.configuration).under(epoch: 3))
        #expect(map.stores == first.stores)
    }

    /// One that comes, is taken back and comes again has another place: what it kept of the first one counts for nothing.
    @Test func aPlaceThatIsGivenAgainIsANewOne() {
        let again = joint().abandoned().joint(with: Self.lists([2, 1, 3], second: [3, 4, 6]), keepers: Self.stores([1, 2, 3, 4, 6]))
        #expect(again.epoch == 4 && again.seatings[1].seats.last == .init(store: Self.store(6), since: 4))
        let back = joint().settled().joint(with: Self.lists([2, 1, 3], second: [3, 4, 5]), keepers: Self.stores([1, 2, 3, 4, 5]))
        #expect(back.seatings[1].seats.last == .init(store: Self.store(5), since: 4))
    }

    @Test func nothingMovesWhenNothingChanges() {
        let map = first.joint(with: Self.lists([1, 2, 3], second: [3, 4, 5]), keepers: Self.stores([1, 2, 3, 4, 5]))
        #expect(map.epoch == 2 && !map.isJoint)
        #expect(map.seatings == first.seatings)
    }

    @Test func theMutationSkipsTheJointEpoch() {
        let map = first.joint(with: Self.lists([1, 2, 3], second: [3, 4, 6]), keepers: Self.stores([1, 2, 3]), mutations: [.oneJump])
        #expect(!map.isJoint && map.electorate(of: 1) == Electorate(epoch: 2, sets: [Self.stores([3, 4, 6])]))
    }

    @Test func aSchemaIsRaisedInAStepOfItsOwnAndStays() {
        #expect(first.schema == 1 && joint().settled().schema == 1)
        let raised = first.raised(to: 3)
        #expect(raised.epoch == 2 && raised.schema == 3 && !raised.isJoint && raised.seatings == first.seatings)
        let next = raised.joint(with: Self.lists([2, 1, 3], second: [3, 4, 6]), keepers: Self.stores([1, 2, 3, 4, 6]))
        #expect(next.epoch == 3 && [next, next.settled(), next.abandoned()].allSatisfy { $0.schema == 3 })
        #expect(raised.raised(to: 4).epoch == 3)
    }

    // MARK: Bytes

    @Test func aMapSurvivesItsBytes() throws {
        for map in [first, joint(), joint().settled(), joint().abandoned(), first.raised(to: 2), first.raised(to: .max)] {
            #expect(ReplicaMap(document: map.packed()) == map)
            let bytes = [9, 9] + map.packed() + [8]
            var reader = MessagePackReader(bytes[2...])
            #expect(try ReplicaMap(unpacking: &reader) == map)
            #expect(!reader.isAtEnd)
            #expect(ReplicaMap(document: map.packed() + [0]) == nil, "a byte behind the end")
        }
    }

    /// So an earlier release reads it as long as it can go by it.
    @Test func ofSchemaOneAMapSaysNothing() {
        #expect(first.packed().first == 0x93 && first.raised(to: 2).packed().first == 0x94)
        #expect(ReplicaMap(document: [0x94] + first.packed().dropFirst() + [0]) == nil, "there is no schema 0")
        #expect(ReplicaMap(document: [0x94] + first.packed().dropFirst() + [5])?.schema == 5)
        #expect(ReplicaMap(document: [0x94] + first.packed().dropFirst() + [0xC0]) == nil)
    }

    @Test func aMapThatIsCutOrChangedNeverTraps() {
        let bytes = joint().settled().raised(to: 2).packed()
        var refused = 0
        for length in stride(from: 0, to: bytes.count, by: 61) { #expect(ReplicaMap(document: Array(bytes[..<length])) == nil) }
        for place in bytes.indices where place < 200 || place % 37 == 0 || place > bytes.count - 40 {
            for bit in [0x01, 0x10, 0x80] as [UInt8] {
                var changed = bytes
                changed[place] ^= bit
                guard let map = ReplicaMap(document: changed) else {
                    refused += 1
                    continue
                }
                #expect(ReplicaMap(document: map.packed()) == map)
            }
        }
        #expect(refused > 100)
    }

    /// What a peer can write and no map says.
    @Test func whatNoMapSaysIsRefusedByName() throws {
        func map(epoch: UInt64 = 2, stores: [[UInt8]]? = nil, seats: [UInt64] = [0, 1], before: [UInt64]? = nil, shards: Int = 1_025) -> [UInt8] {
            var writer = MessagePackWriter()
            let stores = stores ?? [Self.store(1).bytes, Self.store(2).bytes]
            writer.packArrayHeader(3)
            writer.pack(epoch)
            writer.packArrayHeader(stores.count)
            for store in stores { writer.packBinary(store) }
            writer.packArrayHeader(shards)
            for _ in 0..<shards {
                writer.packArrayHeader(2)
                for list in [seats, before] {
                    guard let list else {
                        writer.packNil()
                        continue
                    }
                    writer.packArrayHeader(list.count)
                    for field in list { writer.pack(field) }
                }
            }
            return writer.finish()
        }
        func refusal(_ bytes: [UInt8]) -> String? {
            var reader = MessagePackReader(bytes[...])
            do throws(ReplicaMapError) {
                _ = try ReplicaMap(unpacking: &reader)
                return nil
            } catch { return error.description }
        }
        #expect(refusal(map()) == nil)
        #expect(refusal(map(before: [1, 1])) == nil)
        #expect(refusal(map(epoch: 0, seats: [0, 0]))?.contains("epoch from 1 on") == true)
        #expect(refusal(map(epoch: 1 << 63))?.contains("epoch from 1 on") == true)
        #expect(refusal(map(stores: [Self.store(1).bytes, Self.store(1).bytes]))?.contains("every store once") == true)
        #expect(refusal(map(stores: [[1, 2, 3]]))?.contains("16 bytes") == true)
        #expect(refusal(map(shards: 1_024))?.contains("1025 shards, not 1024") == true)
        for seats in [[], [0], [0, 1, 1]] as [[UInt64]] { #expect(refusal(map(seats: seats))?.contains("1 to 7 stores") == true, "\(seats)") }
        #expect(refusal(map(seats: [2, 1]))?.contains("store 2 of 2") == true)
        #expect(refusal(map(seats: [0, 3]))?.contains("since epoch 3 of 2") == true)
        #expect(refusal(map(seats: [0, 1, 0, 1]))?.contains("twice") == true)
        #expect(refusal(map(before: [7, 1]))?.contains("store 7 of 2") == true)
    }
}

extension Electorate {
    fileprivate func under(epoch: UInt64) -> Electorate { Electorate(epoch: epoch, sets: sets) }
}
