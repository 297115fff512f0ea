import GRDB

// Finding what has changed
// ========================
// A replica that is behind asks for the rows that changed after its version, in the order of their keys, piece by piece. A register
// may have ten million rows of which one has changed, or every second one, or a million in one place.
//
// An index on (register, changed) finds the one at once. But its order is not that of the keys: for each piece all that has changed
// would be read and sorted, up to the whole register; and it would be written with every row of every register, which costs
// as much as the rows themselves. A scan in the order of keys is right for every second row, and reads ten million for the one.
//
// So a large register's rows are divided into spans, ranges of keys, and of each span the store keeps the last version that
// changed anything in it, or a later one. A reader goes through the spans and passes over those that did not change. A span's
// weight is between `cut` and `limit` when it is made, about 1,000 small rows or 128 KiB; and a piece ends when it has a row and
// has looked at more than `lookLimit`. Of ten million rows of 50 bytes, in ten thousand spans, on a busy machine with two cores:
//
//     one changed                 found in 3 to 8 ms
//     1,000, strewn               105 pieces, 10 ms each, 22 ms at most
//     every second                1,290 pieces, 5 ms each, 30 ms at most
//     a row written               by no time that could be told from that of a small register
//
// A register whose rows weigh less than `limit` has no spans and costs nothing beyond a count: it is read whole.
//
// Weight counts what is *written*, so a row that is written a thousand times weighs a thousand rows. When a span's weight exceeds
// the limit, the rows are looked at: if they are too many the span is cut, and in any case its weight is then what it is. That
// makes one row looked at for every row written. A span whose last row is freed joins the one in front, so that a queue
// does not leave a trail of empty spans.

/// The spans of one register. Together they cover all keys: the first begins at the empty key, each ends where the next begins.
struct SQLiteSpans {
    struct Span {
        let first: [UInt8]
        /// No row of the span has changed after this version.
        var changed: UInt64
        var weight: Int64
    }

    /// More than this is looked at, and cut if it is true.
    static let limit: Int64 = 2_048
    /// A cut is made as soon as this much is in front of it.
    static let cut: Int64 = 1_024
    /// A reader that has a row looks no further after this much.
    static let lookLimit: Int64 = 8_192

    /// One for the row, and one for every 128 bytes.
    static func weight(keyBytes: Int, valueBytes: Int) -> Int64 { Int64(1 + (keyBytes + valueBytes) / 128) }

    static func weight(of row: StoredRow) -> Int64 { weight(keyBytes: row.key.count, valueBytes: row.value?.count ?? 0) }

    let tables: SQLiteTables
    let register: Int64

    // MARK: - Reading

    /// Calls `visit` for each span from the one that holds `start`, with the first key behind it, as long as `visit` wants.
    func forEach(from start: [UInt8], _ visit: (Span, _ end: [UInt8]?) throws -> Bool) throws {
        let statement = try SQLiteStatement(
            tables.database, .spans,
            """
            SELECT first, changed, weight, checksum FROM spans WHERE register = ?1 AND first >=
            (SELECT first FROM spans WHERE register = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1) ORDER BY first
            """)
        statement.bind(1, register)
        try start.withUnsafeBytes {
            statement.bind(2, $0)
            defer { statement.reset() }
            guard try statement.step() else {
                throw SQLiteTrouble(.spans, "no span of register number \(register) holds key \(SQLiteTables.hexadecimal(start))")
            }
            var span = try take(statement)
            while try statement.step() {
                let next = try take(statement)
                guard try visit(span, next.first) else { return }
                span = next
            }
            _ = try visit(span, nil)
        }
    }

    /// The span that holds `key`, and the first key behind it.
    func span(holding key: [UInt8]) throws -> (Span, end: [UInt8]?) {
        var found: (Span, [UInt8]?)?
        try forEach(from: key) { span, end in
            found = (span, end)
            return false
        }
        guard let found else { throw SQLiteTrouble(.spans, "register number \(register) has no spans") }
        return found
    }

    // MARK: - Writing

    /// Takes note of rows that were written and freed.
    func note(_ rows: [StoredRow], freed: [[UInt8]]) throws {
        var left = rows[...]
        while let row = left.first {
            var (span, end) = try span(holding: row.key)
            let covered = left.prefix { Self.holds(span, end, $0.key) }
            for row in covered {
                span.changed = max(span.changed, row.changed)
                span.weight += Self.weight(of: row)
            }
            left = left.dropFirst(covered.count)
            if span.weight > Self.limit { try survey(span, end) } else { try write(span) }
        }
        var emptied = freed[...]
        while let key = emptied.first {
            let (span, end) = try span(holding: key)
            emptied = emptied.drop { Self.holds(span, end, $0) }
            if !span.first.isEmpty, try !tables.hasRows(register, from: span.first, to: end) { try delete(span) }
        }
    }

    /// Gives a register its first spans if its rows are too many to be read whole, or else their weight.
    func begin() throws -> Int64 {
        let spans = try survey(Span(first: [], changed: 0, weight: 0), nil, keepingOne: false)
        return spans.count > 1 ? SQLiteTables.Place.spanned : spans.first?.weight ?? 0
    }

    func deleteAll() throws {
        let statement = try SQLiteStatement(tables.database, .spans, "DELETE FROM spans WHERE register = ?1")
        statement.bind(1, register)
        try statement.run()
    }

    /// Looks at the rows of a span and writes what it finds: the span with its true weight, or several.
    @discardableResult
    private func survey(_ span: Span, _ end: [UInt8]?, keepingOne: Bool = true) throws -> [Span] {
        var spans: [Span] = [], current = Span(first: span.first, changed: 0, weight: 0)
        try tables.scan(register, from: span.first, to: end, changedAfter: .max) { row in
            if current.weight >= Self.cut {
                spans.append(current)
                current = Span(first: Array(row.key), changed: 0, weight: 0)
            }
            current.changed = max(current.changed, row.changed)
            current.weight += Self.weight(keyBytes: row.key.count, valueBytes: row.valueBytes)
            return true
        }
        // A small rest stays with the span in front of it.
        if let last = spans.last, current.weight + last.weight <= Self.limit {
            spans.removeLast()
            current = Span(first: last.first, changed: max(last.changed, current.changed), weight: last.weight + current.weight)
        }
        spans.append(current)
        if spans.count > 1 || keepingOne { for span in spans { try write(span) } }
        return spans
    }

    private static func holds(_ span: Span, _ end: [UInt8]?, _ key: [UInt8]) -> Bool {
        if key.lexicographicallyPrecedes(span.first) { return false }
        return end.map { key.lexicographicallyPrecedes($0) } ?? true
    }

    private func write(_ span: Span) throws {
        let statement = try SQLiteStatement(
            tables.database, .spans,
            "INSERT OR REPLACE INTO spans (register, first, changed, weight, checksum) VALUES (?1, ?2, ?3, ?4, ?5)")
        statement.bind(1, register)
        statement.bind(3, Int64(bitPattern: span.changed))
        statement.bind(4, span.weight)
        try span.first.withUnsafeBytes { first in
            statement.bind(2, first)
            statement.bind(5, checksum(first, span.changed, span.weight))
            try statement.run()
        }
    }

    private func delete(_ span: Span) throws {
        let statement = try SQLiteStatement(tables.database, .spans, "DELETE FROM spans WHERE register = ?1 AND first = ?2")
        statement.bind(1, register)
        try span.first.withUnsafeBytes {
            statement.bind(2, $0)
            try statement.run()
        }
    }

    private func take(_ statement: SQLiteStatement) throws -> Span {
        let first = statement.bytes(0), changed = UInt64(bitPattern: statement.number(1)), weight = statement.number(2)
        guard checksum(first, changed, weight) == statement.number(3) else {
            let key = SQLiteTables.hexadecimal(first)
            throw SQLiteTrouble(.spans, "the span of register number \(register) from key \(key) does not match its checksum")
        }
        return Span(first: Array(first), changed: changed, weight: weight)
    }

    private func checksum(_ first: UnsafeRawBufferPointer, _ changed: UInt64, _ weight: Int64) -> Int64 {
        var sum = StoreChecksum(.spans)
        sum.add(register)
        sum.add(changed)
        sum.add(weight)
        sum.add(first)
        return sum.value
    }
}
