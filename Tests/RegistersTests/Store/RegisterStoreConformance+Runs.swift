import Registers
import TestSupport
import Testing
import World

extension RegisterStoreConformance {
    @Test(arguments: StoreKind.all)
    func aRunEndsAtItsBoundAndSaysWhereToGoOn(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a")
        let rows = (0..<20).map { storedRow($0, Array(repeating: 1, count: 80)) }  // 100 bytes each
        try disk.write([.init(key: key, record: RegisterRecord(), rows: rows)])
        func run(_ start: [UInt8], _ count: Int, _ bytes: Int) -> RowRun {
            disk.store.rows(of: key, from: start, changedAfter: 0, within: RowBound(rows: count, bytes: bytes))
        }
        #expect(run([], 5, .max) == RowRun(rows: Array(rows[..<5]), next: rows[5].key))
        #expect(run([], 99, 300) == RowRun(rows: Array(rows[..<3]), next: rows[3].key))
        #expect(run([], 99, 299) == RowRun(rows: Array(rows[..<2]), next: rows[2].key))
        #expect(run([], 99, 1) == RowRun(rows: [rows[0]], next: rows[1].key), "one row is given, whatever its size")
        #expect(run(rows[17].key, 3, .max) == RowRun(rows: Array(rows[17...]), next: nil))
        #expect(run(rows[17].key + [0], 99, .max) == RowRun(rows: Array(rows[18...]), next: nil))
        #expect(run([3], 99, .max) == RowRun(rows: [], next: nil))
    }

    @Test(arguments: StoreKind.all)
    func aRunHasOnlyWhatChangedAfterAVersionMarksIncluded(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a")
        try disk.write([.init(key: key, record: RegisterRecord(), rows: (0..<10).map { storedRow($0, changed: 4) })])
        try disk.write([
            .init(key: key, record: RegisterRecord(), rows: [storedRow(2, nil, changed: 5), storedRow(7, [9], changed: 6)])
        ])
        #expect(allRows(disk.store, key, changedAfter: 3).count == 10)
        #expect(allRows(disk.store, key, changedAfter: 4) == [storedRow(2, nil, changed: 5), storedRow(7, [9], changed: 6)])
        #expect(allRows(disk.store, key, from: rowKey(3), changedAfter: 4) == [storedRow(7, [9], changed: 6)])
        #expect(allRows(disk.store, key, changedAfter: 6).isEmpty)
        // A bound counts what is given, not what is passed over.
        let first = disk.store.rows(of: key, from: [], changedAfter: 4, within: RowBound(rows: 1, bytes: 1))
        #expect(first.rows == [storedRow(2, nil, changed: 5)])
    }

    @Test(arguments: StoreKind.all)
    func fewChangesAreFoundAmongManyRows(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("account/many")
        var model = StoreModel(), version: UInt64 = 0
        func write(_ rows: [StoredRow], freed: [[UInt8]] = []) throws {
            let change = StoreCommit.Change(key: key, record: fullRecord(version), rows: rows, freed: freed)
            try disk.write([change])
            model.apply([change])
        }
        // In the order of keys, as work is added; and strewn over them.
        for batch in 0..<10 {
            version += 1
            try write((0..<1_500).map { storedRow((batch % 2 == 0 ? batch : 9 - batch) * 1_500 + $0, changed: version) })
        }
        let settled = version
        for number in [0, 7_777, 14_999] {
            version += 1
            try write([storedRow(number, [8], changed: version)])
        }
        func agree() {
            for since in [settled - 5, settled, settled + 1, version] {
                for (start, rows) in [(0, 1), (0, 4_096), (7_000, 100), (14_999, 2)] {
                    let bound = RowBound(rows: rows, bytes: 64 << 10)
                    #expect(
                        allRows(disk.store, key, from: rowKey(start), changedAfter: since, within: bound)
                            == model.sortedRows(of: key, from: rowKey(start), changedAfter: since))
                }
            }
        }
        agree()
        // Rows that go in front, as in a queue, take nothing else with them.
        version += 1
        try write([storedRow(3_000, nil, changed: version)], freed: (0..<2_500).map { rowKey($0) })
        agree()
        try disk.reopen()
        agree()
        // A row that is written again and again.
        for _ in 0..<50 {
            version += 1
            try write((5_000..<5_100).map { storedRow($0, changed: version) })
        }
        agree()
        #expect(allRows(disk.store, key) == model.sortedRows(of: key))
    }

    @Test(arguments: StoreKind.all, [1, 2, 3] as [UInt64])
    func anyHistoryReadsAsTheModelDoes(_ kind: StoreKind, _ seed: UInt64) throws {
        let disk = try kind.makeDisk()
        var history = RandomHistory(seed: seed), model = StoreModel()
        for step in 1...150 {
            let (changes, witnesses, horizons) = history.next()
            try disk.write(changes, witnesses: witnesses, horizons: horizons)
            model.apply(changes, witnesses: witnesses, horizons: horizons)
            if step % 40 == 0 { try disk.reopen() }
            guard step % 10 == 0 else { continue }
            #expect(disk.store.commitNumber == UInt64(step))
            #expect(Set(disk.store.witnesses) == Set(model.witnesses.values))
            #expect(Set(disk.store.horizons) == Set(model.horizons.values))
            for key in history.keys {
                #expect(disk.store.record(of: key) == model.records[key])
                let since = UInt64(history.random.below(step + 1)), start = rowKey(history.random.below(history.rowCount))
                let bound = RowBound(rows: 1 + history.random.below(300), bytes: 1 + history.random.below(20_000))
                #expect(
                    allRows(disk.store, key, from: start, changedAfter: since, within: bound)
                        == model.sortedRows(of: key, from: start, changedAfter: since))
                #expect(disk.store.row(start, of: key) == model.rows[key]?[start])
                let hour = history.hour()
                #expect(
                    disk.store.keys(ofShard: key.shard, madeUpTo: hour, after: nil, limit: 5)
                        == model.keys(ofShard: key.shard, madeUpTo: hour, after: nil, limit: 5))
            }
        }
        for key in history.keys { #expect(allRows(disk.store, key) == model.sortedRows(of: key)) }
    }
}

/// Commits at random: few registers, of which some get many rows.
struct RandomHistory {
    var random: SeededRandom
    let keys: [RegisterKey]
    /// Numbers of rows are below.
    let rowCount = 9_000
    private var version: UInt64 = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        let names = names("job", ofShard: 2, count: 4) + ["kv/a", "kv/b", "kv/c"]
        keys = names.enumerated().map { registerKey($1, hour: $0 < 4 ? UInt32($0 / 2) : nil) }
    }

    mutating func hour() -> CreationHour? {
        random.below(3) == 0 ? nil : CreationHour(number: UInt32(random.below(3)))
    }

    mutating func next() -> ([StoreCommit.Change], [Witness], [ShardHorizon]) {
        version += 1
        var changes: [StoreCommit.Change] = []
        for key in keys where random.below(2) == 0 {
            if random.below(25) == 0 {
                changes.append(.init(key: key, record: nil))
            } else {
                changes.append(.init(key: key, record: fullRecord(version), rows: rows(), freed: freed()))
            }
        }
        let witness = Witness(store: StoreID(high: UInt64(random.below(3)), low: 1), commit: version)
        let closed = CreationHour(number: UInt32(version))
        return (
            changes.shuffled(using: &random), random.below(2) == 0 ? [witness] : [],
            random.below(5) == 0 ? [ShardHorizon(shard: random.below(4), closed: closed, freed: hour())] : []
        )
    }

    private mutating func rows() -> [StoredRow] {
        let many = random.below(4) == 0
        let start = random.below(rowCount), count = many ? random.below(1_500) : random.below(4), stride = 1 + random.below(3)
        return (0..<count).map { start + $0 * stride }.filter { $0 < rowCount }.map { number in
            let size = random.below(30) == 0 ? random.below(3_000) : random.below(40)
            let value: [UInt8]? = random.below(10) == 0 ? nil : Array(repeating: UInt8(random.below(256)), count: size)
            return storedRow(number, value, changed: version)
        }
    }

    private mutating func freed() -> [[UInt8]] {
        guard random.below(3) == 0 else { return [] }
        let start = random.below(rowCount), count = random.below(3) == 0 ? random.below(3_000) : 2
        return (start..<min(start + count, rowCount)).map(rowKey)
    }
}
