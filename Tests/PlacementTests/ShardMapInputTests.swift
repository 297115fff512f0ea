import World
import Placement
import Testing

@Suite struct ShardMapInputTests {
    func code(_ body: () throws -> ShardMap) -> ShardMapError.Code? {
        do { _ = try body() } catch { return (error as? ShardMapError)?.code }
        return nil
    }

    @Test func aMapSurvivesBeingWrittenDown() throws {
        let map = try ShardMap.genesis(of: Meshes.stores(5, zones: 3))
        let read = try ShardMap(epoch: map.epoch, stores: map.stores.reversed(), replicaIDs: map.replicaIDs)
        #expect(read == map)
    }

    @Test func whatIsNoMapIsRefusedByName() throws {
        let map = try ShardMap.genesis(of: Meshes.stores(5))
        let stores = map.stores
        let ids = map.replicaIDs
        func changed(_ change: (inout [StoreID]) -> Void) -> [[StoreID]] {
            var copy = ids
            change(&copy[17])
            return copy
        }
        #expect(code { try ShardMap(epoch: 0, stores: stores, replicaIDs: ids) } == .epochZero)
        #expect(code { try ShardMap(epoch: 1, stores: [], replicaIDs: ids) } == .noStores)
        #expect(code { try ShardMap(epoch: 1, stores: stores, replicaIDs: Array(ids.dropLast())) } == .wrongShardCount)
        #expect(
            code { try ShardMap(epoch: 1, stores: stores, replicaIDs: changed { $0.removeLast() }) } == .wrongReplication)
        #expect(
            code { try ShardMap(epoch: 1, stores: stores, replicaIDs: changed { $0[0] = StoreID(high: 0, low: 0) }) }
                == .unknownStore)
        #expect(
            code { try ShardMap(epoch: 1, stores: stores, replicaIDs: changed { $0[0] = $0[1] }) } == .repeatedReplica)
        #expect(code { try ShardMap.genesis(of: [stores[0], stores[0]]) } == .duplicateStore)
        #expect(
            code { try ShardMap.genesis(of: [stores[0], ShardStore(id: stores[0].id, name: "copy")]) } == .duplicateStore)
        #expect(
            code { try ShardMap(epoch: .max, stores: stores, replicaIDs: ids).rebalanced(stores: stores) }
                == .epochExhausted)
    }

    @Test func aShardOutsideTheMapHasNoReplicas() throws {
        let map = try ShardMap.genesis(of: Meshes.stores(3))
        #expect(map.replicas(of: -1).isEmpty && map.replicas(of: 1_024).isEmpty)
    }

    @Test func aStoreIDIsWrittenWithAllItsDigits() {
        #expect(StoreID(high: 0xAB, low: 1).description == "00000000000000ab0000000000000001")
    }
}
