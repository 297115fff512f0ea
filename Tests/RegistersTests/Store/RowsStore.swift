import Registers
import World

/// A store with the rows of one register, for what only reads them.
final class RowsStore: RegisterStore {
    let id = StoreID(high: 1, low: 1)
    let life: UInt64 = 1
    let commitNumber: UInt64 = 0
    let witnesses: [Witness] = []
    let horizons: [ShardHorizon] = []
    let fence: UInt64 = 0
    /// Sorted by key.
    private let all: [StoredRow]

    init(_ rows: [[UInt8]: StoredRow]) {
        all = rows.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    func record(of key: RegisterKey) -> RegisterRecord? { nil }
    func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow? { all.first { $0.key == row } }

    func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun {
        var run = RowRun(rows: [], next: nil), bytes = 0
        for row in all where !row.key.lexicographicallyPrecedes(start) && row.changed > changedAfter {
            if run.rows.count == bound.rows || !run.rows.isEmpty && bytes + row.size > bound.bytes {
                run.next = row.key
                break
            }
            run.rows.append(row)
            bytes += row.size
        }
        return run
    }

    func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] { [] }
    func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey] { [] }
    func due(by time: UInt64, limit: Int) -> [RegisterKey] { [] }
    func write(_ commit: StoreCommit) throws(StoreRefusal) { throw StoreRefusal(reason: "this store is only read") }
}

extension RandomStream {
    /// A short key of few letters, so that two are often equal.
    mutating func rowKey() -> [UInt8] { (0...below(3)).map { _ in UInt8(below(6)) } }

    mutating func rowValue() -> [UInt8]? { chance(0.25) ? nil : [UInt8](repeating: UInt8(below(256)), count: below(40)) }
}
