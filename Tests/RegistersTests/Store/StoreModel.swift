import Registers
import Testing
import World

/// What a store has to say, kept in the plainest way.
struct StoreModel: Sendable {
    var records: [RegisterKey: RegisterRecord] = [:]
    var rows: [RegisterKey: [[UInt8]: StoredRow]] = [:]
    var witnesses: [StoreID: Witness] = [:]
    var horizons: [Int: ShardHorizon] = [:]

    mutating func apply(
        _ changes: [StoreCommit.Change], witnesses: [Witness] = [], horizons: [ShardHorizon] = [], dropped: [Int] = []
    ) {
        for key in records.keys where dropped.contains(key.shard) { (records[key], rows[key]) = (nil, nil) }
        for change in changes {
            records[change.key] = change.record
            if change.record == nil {
                rows[change.key] = nil
                continue
            }
            for row in change.rows { rows[change.key, default: [:]][row.key] = row }
            for key in change.freed { rows[change.key]?[key] = nil }
        }
        for witness in witnesses { self.witnesses[witness.store] = witness }
        for horizon in horizons { self.horizons[horizon.shard] = horizon }
    }

    func sortedRows(of key: RegisterKey, from start: [UInt8] = [], changedAfter: UInt64 = 0) -> [StoredRow] {
        (rows[key] ?? [:]).values
            .filter { !$0.key.lexicographicallyPrecedes(start) && $0.changed > changedAfter }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] {
        let keys = records.keys.filter { candidate in
            guard candidate.shard == shard, key.map({ $0 < candidate }) ?? true else { return false }
            guard let hour else { return true }
            return candidate.hour.map { $0 <= hour } ?? false
        }
        return Array(keys.sorted().prefix(limit))
    }
}

/// All rows that a store gives for a question, run by run; each run is held against what the protocol says of runs.
func allRows(
    _ store: any RegisterStore, _ key: RegisterKey, from start: [UInt8] = [], changedAfter: UInt64 = 0,
    within bound: RowBound = .piece, sourceLocation: SourceLocation = #_sourceLocation
) -> [StoredRow] {
    var rows: [StoredRow] = [], from = start
    while true {
        let run = store.rows(of: key, from: from, changedAfter: changedAfter, within: bound)
        #expect(run.rows.count <= bound.rows, sourceLocation: sourceLocation)
        let bytes = run.rows.reduce(0) { $0 + $1.size }
        #expect(run.rows.count == 1 || bytes <= bound.bytes, sourceLocation: sourceLocation)
        rows += run.rows
        guard let next = run.next else { return rows }
        #expect(!run.rows.isEmpty, "a run that is not the last has a row", sourceLocation: sourceLocation)
        guard let last = run.rows.last, last.key.lexicographicallyPrecedes(next) else {
            Issue.record("the next key does not follow the last row's", sourceLocation: sourceLocation)
            return rows
        }
        from = next
    }
}

// MARK: - Samples

func registerKey(_ name: String, hour: UInt32? = nil) -> RegisterKey {
    guard let key = RegisterKey(name, hour: hour.map(CreationHour.init(number:))) else {
        preconditionFailure("\(name) is no name of a register")
    }
    return key
}

/// `count` names of one shard.
func names(_ prefix: String, ofShard shard: Int, count: Int) -> [String] {
    var names: [String] = [], number = 0
    while names.count < count {
        let name = "\(prefix)/\(number)"
        if registerKey(name).shard == shard { names.append(name) }
        number += 1
    }
    return names
}

func storedRow(_ number: Int, _ value: [UInt8]? = [1], changed: UInt64 = 1) -> StoredRow {
    StoredRow(key: rowKey(number), value: value, changed: changed)
}

/// Row keys in the order of their numbers.
func rowKey(_ number: Int) -> [UInt8] { [2, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)] }

func ballot(_ counter: UInt64) -> Ballot { Ballot(counter: counter, store: StoreID(high: 7, low: .max), life: 3) }

/// A record in which no field has its usual value.
func fullRecord(_ number: UInt64) -> RegisterRecord {
    let base = RegisterVersion(number: number, ballot: ballot(number))
    let delta = RegisterDelta(
        base: base, ballot: ballot(number + 1), state: RegisterState(bytes: [9, 8, 7], isFinished: true),
        rows: [
            RegisterRow(key: [2, 1], value: [1, 2, 3]), RegisterRow(key: [2, 2], value: []), RegisterRow(key: [2, 3], value: nil),
        ])
    return RegisterRecord(
        promise: ballot(number + 2), base: base, state: RegisterState(bytes: Array(0..<200), isFinished: false), pending: delta,
        isCatchingUp: true)
}
