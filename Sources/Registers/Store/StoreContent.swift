import World

/// All that a store holds, as plain values.
struct StoreContent: Sendable {
    private struct Register: Sendable {
        var record: RegisterRecord
        /// Sorted by key, without repetition.
        var rows: [StoredRow] = []
    }

    private(set) var commitNumber: UInt64 = 0
    private var registers: [RegisterKey: Register] = [:]
    /// Sorted.
    private var keys: [RegisterKey] = []
    private var heard: [StoreID: UInt64] = [:]
    private var freed: [Int: ShardHorizon] = [:]
    private(set) var fence: UInt64 = 0

    var witnesses: [Witness] { heard.map { Witness(store: $0.key, commit: $0.value) }.sorted { $0.store < $1.store } }
    var horizons: [ShardHorizon] { freed.values.sorted { $0.shard < $1.shard } }

    func record(of key: RegisterKey) -> RegisterRecord? { registers[key]?.record }

    func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow? {
        guard let rows = registers[key]?.rows else { return nil }
        let index = rows.partition { $0.key.lexicographicallyPrecedes(row) }
        return index < rows.count && rows[index].key == row ? rows[index] : nil
    }

    func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun {
        guard let rows = registers[key]?.rows else { return RowRun(rows: [], next: nil) }
        var run = RowRun(rows: [], next: nil), bytes = 0
        var index = rows.partition { $0.key.lexicographicallyPrecedes(start) }
        while index < rows.count {
            let row = rows[index]
            index += 1
            guard row.changed > changedAfter else { continue }
            if !run.rows.isEmpty && (run.rows.count >= bound.rows || bytes + row.size > bound.bytes) {
                run.next = row.key
                break
            }
            bytes += row.size
            run.rows.append(row)
        }
        return run
    }

    func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] {
        let start = keys.partition { other in key.map { !($0 < other) } ?? (other.shard < shard) }
        var found: [RegisterKey] = []
        for key in keys[start...] {
            guard key.shard == shard, found.count < limit else { break }
            if let hour, !(key.hour.map { $0 <= hour } ?? false) { continue }
            found.append(key)
        }
        return found
    }

    func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey] {
        let found = keys.filter { key in
            if key.bytes.lexicographicallyPrecedes(start) { return false }
            if let end, !key.bytes.lexicographicallyPrecedes(end) { return false }
            return registers[key].map { stages.contains($0.record.stage) } ?? false
        }
        return Array(found.sorted(by: RegisterKey.isNamedLater).prefix(limit))
    }

    func due(by time: UInt64, limit: Int) -> [RegisterKey] {
        let due = keys.compactMap { key in registers[key]?.record.due.flatMap { $0 <= time ? (at: $0, key: key) : nil } }
        return due.sorted { ($0.at, $0.key) < ($1.at, $1.key) }.prefix(limit).map(\.key)
    }

    mutating func apply(_ commit: StoreCommit) {
        precondition(commit.number == commitNumber + 1, "commit \(commit.number) cannot follow \(commitNumber)")
        commitNumber = commit.number
        if let fence = commit.fence { self.fence = fence }
        for shard in commit.dropped { drop(shard) }
        for change in commit.changes { apply(change) }
        for witness in commit.witnesses { heard[witness.store] = witness.commit }
        for horizon in commit.horizons { freed[horizon.shard] = horizon }
    }

    private mutating func drop(_ shard: Int) {
        keys.removeAll { key in
            guard key.shard == shard else { return false }
            registers[key] = nil
            return true
        }
    }

    private mutating func apply(_ change: StoreCommit.Change) {
        let place = keys.partition { $0 < change.key }
        guard let record = change.record else {
            if registers.removeValue(forKey: change.key) != nil { keys.remove(at: place) }
            return
        }
        if registers[change.key] == nil { keys.insert(change.key, at: place) }
        // Taken out while it changes, so that its rows are not copied.
        var register = registers.removeValue(forKey: change.key) ?? Register(record: record)
        register.record = record
        register.rows = LayeredRows.laying(change.rows, over: register.rows)
        if !change.freed.isEmpty {
            let gone = Set(change.freed)
            register.rows.removeAll { gone.contains($0.key) }
        }
        registers[change.key] = register
    }
}

extension Array {
    /// The index of the first element that does not belong to the front, in an array whose front comes first.
    func partition(isFront: (Element) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if isFront(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
