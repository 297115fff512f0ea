import Glibc
import Registers
import TestSupport
import Testing
import World

/// What every store does. A new kind of store is added to `StoreKind.all`.
@Suite struct RegisterStoreConformance {
    @Test(arguments: StoreKind.all)
    func aNewStoreKnowsNothing(_ kind: StoreKind) throws {
        let store = try kind.makeDisk().store
        #expect(store.commitNumber == 0)
        #expect(store.life == 1)
        #expect(store.record(of: registerKey("kv/a")) == nil)
        #expect(store.row([2], of: registerKey("kv/a")) == nil)
        #expect(store.rows(of: registerKey("kv/a"), from: [], changedAfter: 0, within: .piece) == RowRun(rows: [], next: nil))
        #expect(store.keys(ofShard: 0, madeUpTo: nil, after: nil, limit: 10).isEmpty)
        #expect(store.witnesses.isEmpty)
        #expect(store.horizons.isEmpty)
        #expect(store.fence == 0)
    }

    @Test(arguments: StoreKind.all)
    func idAndCommitNumberStayAndEachOpeningIsAnotherLife(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        let id = disk.store.id
        for life in 1...4 as ClosedRange<UInt64> {
            #expect(disk.store.id == id)
            #expect(disk.store.life == life)
            #expect(disk.store.commitNumber == life - 1)
            try disk.write([])
            #expect(disk.store.commitNumber == life)
            try disk.reopen()
        }
    }

    @Test(arguments: StoreKind.all)
    func storesHaveDifferentIds(_ kind: StoreKind) throws {
        #expect(try kind.makeDisk().store.id != kind.makeDisk().store.id)
    }

    @Test(arguments: StoreKind.all)
    func aRecordIsKeptWithAllItsFields(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a"), other = registerKey("kv/b")
        var bare = fullRecord(3)
        bare.pending = nil
        bare.isCatchingUp = false
        try disk.write([.init(key: key, record: fullRecord(.max - 5)), .init(key: other, record: RegisterRecord())])
        for _ in 0..<2 {
            #expect(disk.store.record(of: key) == fullRecord(.max - 5))
            #expect(disk.store.record(of: other) == RegisterRecord())
            try disk.reopen()
        }
        try disk.write([.init(key: key, record: bare)])
        #expect(disk.store.record(of: key) == bare)
        try disk.reopen()
        #expect(disk.store.record(of: key) == bare)
    }

    @Test(arguments: StoreKind.all)
    func theLargestOfEverythingFits(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        let key = try #require(RegisterKey(bytes: Array(repeating: 0xFF, count: RegisterKey.maximumBytes)))
        var record = fullRecord(1)
        record.state.bytes = Array(repeating: 5, count: RegisterLimits.stateBytes)
        record.pending = RegisterDelta(
            base: record.base, ballot: ballot(4), state: .empty,
            rows: (0..<4).map { RegisterRow(key: rowKey($0), value: Array(repeating: 6, count: RegisterLimits.rowBytes - 64)) })
        let row = StoredRow(
            key: Array(repeating: 0xFF, count: RegisterLimits.rowKeyBytes),
            value: Array(repeating: 7, count: RegisterLimits.rowBytes), changed: .max)
        try disk.write([.init(key: key, record: record, rows: [row])])
        try disk.reopen()
        #expect(disk.store.record(of: key) == record)
        #expect(disk.store.row(row.key, of: key) == row)
        #expect(allRows(disk.store, key, changedAfter: .max - 1) == [row])
    }

    @Test(arguments: StoreKind.all)
    func rowsWithoutBytesAndMarksOfRemovedRowsAreDifferent(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a")
        let rows = [
            StoredRow(key: [], value: [3], changed: 1), StoredRow(key: [2], value: [], changed: 2),
            StoredRow(key: [2, 0], value: nil, changed: 3),
        ]
        try disk.write([.init(key: key, record: RegisterRecord(), rows: rows)])
        for _ in 0..<2 {
            for row in rows { #expect(disk.store.row(row.key, of: key) == row) }
            #expect(disk.store.row([2, 0, 0], of: key) == nil)
            #expect(allRows(disk.store, key) == rows)
            try disk.reopen()
        }
    }

    @Test(arguments: StoreKind.all)
    func whatIsDueIsFoundTheEarliestFirst(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        let keys = (0..<6).map { registerKey("job/\($0)", hour: $0 % 2 == 0 ? nil : 7) }
        func record(_ due: UInt64?, pending: UInt64?? = .none) -> RegisterRecord {
            var record = RegisterRecord(state: RegisterState(bytes: [1], due: due))
            if let pending {
                record.pending = RegisterDelta(base: .none, ballot: ballot(1), state: RegisterState(due: pending), rows: [])
            }
            return record
        }
        // Of what is chosen and what may be, the earlier counts.
        let records = [record(30), record(10), record(nil), record(50, pending: 5), record(nil, pending: 20), record(40)]
        try disk.write(zip(keys, records).map { .init(key: $0, record: $1) })
        for _ in 0..<2 {
            #expect(disk.store.due(by: .max, limit: 10) == [keys[3], keys[1], keys[4], keys[0], keys[5]])
            #expect(disk.store.due(by: 20, limit: 10) == [keys[3], keys[1], keys[4]])
            #expect(disk.store.due(by: .max, limit: 2) == [keys[3], keys[1]])
            #expect(disk.store.due(by: 4, limit: 10).isEmpty)
            try disk.reopen()
        }
        try disk.write([.init(key: keys[3], record: record(nil)), .init(key: keys[1], record: nil), .init(key: keys[2], record: record(0))])
        #expect(disk.store.due(by: .max, limit: 10) == [keys[2], keys[4], keys[0], keys[5]])
    }

    @Test(arguments: StoreKind.all)
    func rowsOfOneRegisterAreNotAnothers(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        let keys = [registerKey("kv/a"), registerKey("kv/ab"), registerKey("kv/a", hour: 0), registerKey("kv/a", hour: 1)]
        try disk.write(
            keys.enumerated().map { index, key in
                .init(key: key, record: fullRecord(UInt64(index)), rows: [storedRow(index), storedRow(9, [UInt8(index)])])
            })
        for (index, key) in keys.enumerated() {
            #expect(disk.store.record(of: key) == fullRecord(UInt64(index)))
            #expect(allRows(disk.store, key) == [storedRow(index), storedRow(9, [UInt8(index)])])
        }
    }

    @Test(arguments: StoreKind.all)
    func freedRowsLeaveNoMark(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a")
        try disk.write([.init(key: key, record: RegisterRecord(), rows: (0..<5).map { storedRow($0) })])
        try disk.write([
            .init(
                key: key, record: RegisterRecord(), rows: [storedRow(1, nil, changed: 2)], freed: [rowKey(0), rowKey(3), rowKey(7)])
        ])
        #expect(allRows(disk.store, key) == [storedRow(1, nil, changed: 2), storedRow(2), storedRow(4)])
        #expect(disk.store.row(rowKey(3), of: key) == nil)
        // Freeing comes after writing, also of the same row.
        try disk.write([.init(key: key, record: RegisterRecord(), rows: [storedRow(6)], freed: [rowKey(6)])])
        #expect(disk.store.row(rowKey(6), of: key) == nil)
    }

    @Test(arguments: StoreKind.all)
    func aRemovedRegisterGoesWithItsRowsAndMayComeBackEmpty(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("kv/a"), other = registerKey("kv/b")
        for count in [3, 6_000] {
            let rows = (0..<count).map { storedRow($0, Array(repeating: 1, count: 20)) }
            try disk.write([
                .init(key: key, record: fullRecord(1), rows: rows), .init(key: other, record: fullRecord(2), rows: rows),
            ])
            try disk.write([.init(key: key, record: nil), .init(key: registerKey("kv/never"), record: nil)])
            #expect(disk.store.record(of: key) == nil)
            #expect(disk.store.row(rowKey(1), of: key) == nil)
            #expect(allRows(disk.store, key).isEmpty)
            #expect(disk.store.keys(ofShard: key.shard, madeUpTo: nil, after: nil, limit: 9).contains(key) == false)
            #expect(allRows(disk.store, other) == rows)
            try disk.reopen()
            try disk.write([.init(key: key, record: fullRecord(3), rows: [storedRow(2, [5])])])
            #expect(allRows(disk.store, key) == [storedRow(2, [5])])
            for _ in 0..<6 { try disk.write([]) }
            #expect(allRows(disk.store, key) == [storedRow(2, [5])])
            #expect(allRows(disk.store, other) == rows)
            try disk.write([.init(key: key, record: nil), .init(key: other, record: nil)])
        }
    }

    @Test(arguments: StoreKind.all)
    func witnessesAndHorizonsReplaceWhatWasKnown(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        let a = StoreID(high: .max, low: 1), b = StoreID(high: 1, low: .max)
        let hour = CreationHour(number: 10)
        try disk.write(
            [], witnesses: [Witness(store: a, commit: .max), Witness(store: b, commit: 5)],
            horizons: [ShardHorizon(shard: 3), ShardHorizon(shard: 1_023, closed: hour)])
        try disk.write(
            [], witnesses: [Witness(store: b, commit: 6)], horizons: [ShardHorizon(shard: 1_023, closed: hour, freed: hour)])
        for _ in 0..<2 {
            #expect(Set(disk.store.witnesses) == [Witness(store: a, commit: .max), Witness(store: b, commit: 6)])
            #expect(disk.store.witnesses.count == 2)
            #expect(
                Set(disk.store.horizons) == [ShardHorizon(shard: 3), ShardHorizon(shard: 1_023, closed: hour, freed: hour)])
            #expect(disk.store.horizons.count == 2)
            try disk.reopen()
        }
    }

    @Test(arguments: StoreKind.all)
    func keysAreListedByShardInOrderAndByHour(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        var model = StoreModel()
        var changes: [StoreCommit.Change] = []
        for shard in [4, 5] {
            for (index, name) in names("job", ofShard: shard, count: 40).enumerated() {
                let hour: UInt32? = index % 4 == 0 ? nil : UInt32(index % 7)
                changes.append(.init(key: registerKey(name, hour: hour), record: fullRecord(UInt64(index))))
                if index % 8 == 1 { changes.append(.init(key: registerKey(name, hour: 6), record: fullRecord(1))) }
            }
        }
        // Hour 6 and the name's own hour may be the same.
        changes = Dictionary(changes.map { ($0.key, $0) }) { first, _ in first }.values.sorted { $0.key < $1.key }
        try disk.write(changes)
        model.apply(changes)
        for shard in 3...6 {
            for hour in [nil, 0, 3, 6, .max] as [UInt32?] {
                let hour = hour.map(CreationHour.init(number:))
                for limit in [1, 7, 1_000] {
                    var after: RegisterKey?
                    var listed: [RegisterKey] = []
                    while true {
                        let page = disk.store.keys(ofShard: shard, madeUpTo: hour, after: after, limit: limit)
                        #expect(page == model.keys(ofShard: shard, madeUpTo: hour, after: after, limit: limit))
                        listed += page
                        guard let last = page.last, page.count == limit else { break }
                        after = last
                    }
                    #expect(listed == model.keys(ofShard: shard, madeUpTo: hour, after: nil, limit: .max))
                }
            }
        }
        // A place to begin behind need not be there, nor be of that shard.
        let stranger = registerKey(names("job", ofShard: 5, count: 41)[40])
        for shard in [4, 5, 6] {
            #expect(
                disk.store.keys(ofShard: shard, madeUpTo: nil, after: stranger, limit: 99)
                    == model.keys(ofShard: shard, madeUpTo: nil, after: stranger, limit: 99))
        }
    }

    /// Commit `n` gives two registers the number `n`, and the second a row that the commit before has not.
    @Test(arguments: StoreKind.all)
    func whatIsReadDuringACommitIsOfThatOneOrTheOneBefore(_ kind: StoreKind) async throws {
        let disk = try kind.makeDisk(), a = registerKey("kv/a"), b = registerKey("kv/b"), commits: UInt64 = 300
        let store = disk.store, writer = Flag(), reader = Flag()
        async let written: Void = onOwnThread {
            defer { writer.raise() }
            // Others read while this goes on, however busy the machine is.
            for _ in 0..<10_000 where !reader.isRaised { usleep(1_000) }
            for number in 1...commits {
                if number % 10 == 0 { usleep(200) }
                let row = StoredRow(key: rowKey(Int(number)), value: [1], changed: number)
                let changes = [
                    StoreCommit.Change(key: a, record: fullRecord(number), rows: [row]),
                    StoreCommit.Change(key: b, record: fullRecord(number), rows: [row], freed: [rowKey(Int(number) - 1)]),
                ]
                try store.write(StoreCommit(number: number, changes: changes))
            }
        }
        async let read: Int = onOwnThread {
            var reads = 0
            while !writer.isRaised {
                let least = store.commitNumber
                let first = store.record(of: a)?.base.number ?? 0, second = store.record(of: b)?.base.number ?? 0
                let rows = store.rows(of: a, from: [], changedAfter: 0, within: .piece).rows
                let moved = store.rows(of: b, from: [], changedAfter: 0, within: .piece).rows
                let most = store.commitNumber + 1
                let seen = [first, second, UInt64(rows.count), moved.last?.changed ?? 0]
                #expect(seen == seen.sorted() && seen[0] >= least && seen[3] <= most, "\(least) \(seen) \(most)")
                #expect(moved.count == (seen[3] == 0 ? 0 : 1))
                reads += 1
                reader.raise()
            }
            return reads
        }
        try await written
        #expect(try await read > 1)
    }
}
