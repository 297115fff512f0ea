/// Takes up rows until a bound is reached.
struct SQLiteRun {
    private let bound: RowBound
    private let changedAfter: UInt64
    private var rows: [StoredRow] = []
    private var bytes = 0
    private var looked: Int64 = 0
    private var next: [UInt8]?

    init(_ bound: RowBound, _ changedAfter: UInt64) {
        self.bound = bound
        self.changedAfter = changedAfter
    }

    /// There is a row, and to look for more would take too long.
    private var hasLookedEnough: Bool { !rows.isEmpty && looked > SQLiteSpans.lookLimit }

    /// Takes the rows from `start` to `end`. False when it is full.
    @discardableResult
    mutating func read(_ tables: SQLiteTables, _ register: Int64, from start: [UInt8], to end: [UInt8]?) throws -> Bool {
        try tables.scan(register, from: start, to: end, changedAfter: changedAfter) { visit in
            looked += SQLiteSpans.weight(keyBytes: visit.key.count, valueBytes: visit.valueBytes)
            guard let row = visit.row else { return true }
            guard rows.isEmpty || (rows.count < bound.rows && bytes + row.size <= bound.bytes) else {
                next = row.key
                return false
            }
            rows.append(row)
            bytes += row.size
            return true
        }
        return next == nil
    }

    /// Takes the rows from `start` on, of those spans in which something has changed.
    mutating func read(_ spans: SQLiteSpans, from start: [UInt8]) throws {
        try spans.forEach(from: start) { span, end in
            guard span.changed > changedAfter else { return true }
            let first = start.lexicographicallyPrecedes(span.first) ? span.first : start
            guard !hasLookedEnough else {
                next = first
                return false
            }
            return try read(spans.tables, spans.register, from: first, to: end)
        }
    }

    func end() -> RowRun { RowRun(rows: rows, next: next) }
}
