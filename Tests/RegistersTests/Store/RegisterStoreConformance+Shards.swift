import Registers
import Testing
import World

/// The fence, and shards that are taken away.
extension RegisterStoreConformance {
    @Test(arguments: StoreKind.all)
    func theFenceStaysWhereItWasPut(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        for fence in [1, 2, 300, UInt64(Int64.max)] {
            try disk.write([], fence: fence)
            #expect(disk.store.fence == fence)
            try disk.write([.init(key: registerKey("kv/a"), record: fullRecord(fence))])
            #expect(disk.store.fence == fence, "a commit that says nothing of it leaves it")
            try disk.reopen()
            #expect(disk.store.fence == fence)
        }
    }

    /// 6,000 rows are more than one commit takes away.
    @Test(arguments: StoreKind.all)
    func aDroppedShardIsGoneWithItsRowsAndNothingElseIs(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), shards = [0, 512, 1_023]
        var model = StoreModel(), changes: [StoreCommit.Change] = []
        for shard in shards {
            for (index, name) in names("job", ofShard: shard, count: 20).enumerated() {
                let rows = (0..<(index == 3 ? 6_000 : 4)).map { storedRow($0, [UInt8(index)]) }
                changes.append(.init(key: registerKey(name, hour: index % 2 == 0 ? nil : 9), record: fullRecord(UInt64(index)), rows: rows))
            }
        }
        changes.append(.init(key: .configuration, record: fullRecord(7), rows: [storedRow(1)]))
        let horizons = [ShardHorizon(shard: 512, closed: CreationHour(number: 4))]
        try disk.write(changes, horizons: horizons, fence: 3)
        model.apply(changes)
        func agree(_ place: SourceLocation = #_sourceLocation) {
            for change in changes {
                #expect(disk.store.record(of: change.key) == model.records[change.key], sourceLocation: place)
                #expect(allRows(disk.store, change.key) == model.sortedRows(of: change.key), sourceLocation: place)
            }
            for shard in shards + [Shard.configuration] {
                for hour in [nil, CreationHour(number: 9)] {
                    #expect(
                        disk.store.keys(ofShard: shard, madeUpTo: hour, after: nil, limit: 99)
                            == model.keys(ofShard: shard, madeUpTo: hour, after: nil, limit: 99), sourceLocation: place)
                }
            }
            #expect(disk.store.horizons == horizons, "hours stay closed", sourceLocation: place)
        }
        agree()
        // Shards of which nothing is there may be taken away as well.
        for dropped in [[512, 3], [], [512], [1_023, Shard.configuration]] {
            try disk.write([], fence: 4, dropped: dropped)
            model.apply([], dropped: dropped)
            agree()
            try disk.reopen()
            agree()
        }
        #expect(disk.store.keys(ofShard: 0, madeUpTo: nil, after: nil, limit: 99).count == 20)
        #expect(disk.store.fence == 4)
    }

    @Test(arguments: StoreKind.all)
    func whatIsWrittenWithTheDropOfItsShardStays(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a"), other = registerKey(names("kv", ofShard: key.shard, count: 1)[0])
        let rows = (0..<5_000).map { storedRow($0) }
        try disk.write([.init(key: key, record: fullRecord(1), rows: rows), .init(key: other, record: fullRecord(2), rows: rows)])
        try disk.write([.init(key: key, record: fullRecord(3), rows: [storedRow(7, [7])])], dropped: [key.shard])
        for _ in 0..<8 {
            #expect(disk.store.record(of: key) == fullRecord(3))
            #expect(allRows(disk.store, key) == [storedRow(7, [7])])
            #expect(disk.store.record(of: other) == nil && allRows(disk.store, other).isEmpty)
            #expect(disk.store.keys(ofShard: key.shard, madeUpTo: nil, after: nil, limit: 9) == [key])
            try disk.write([])
            try disk.reopen()
        }
    }
}
