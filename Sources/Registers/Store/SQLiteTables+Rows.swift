import GRDB

extension SQLiteTables {
    func row(_ row: [UInt8], of register: Int64) throws -> StoredRow? {
        let statement = try SQLiteStatement(
            database, .rows, "SELECT key, changed, checksum, value FROM rows WHERE register = ?1 AND key = ?2")
        statement.bind(1, register)
        return try row.withUnsafeBytes {
            statement.bind(2, $0)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            return try Self.take(statement, register, changedAfter: nil)
        }
    }

    /// Goes through a register's rows in the order of their keys, from `start` to the last before `end`, as long as `visit` wants.
    ///
    /// Each row is held against its checksum, also one that is passed over because it is not changed after `changedAfter`: its
    /// `changed` may be what is damaged.
    ///
    /// - Parameter visit: is given a key, which is lent; and a function that makes the row, or nil when it is not wanted.
    func scan(
        _ register: Int64, from start: [UInt8], to end: [UInt8]?, changedAfter: UInt64?, _ visit: (Visit) -> Bool
    ) throws {
        let statement = try SQLiteStatement(
            database, .rows, "SELECT key, changed, checksum, value FROM rows WHERE register = ?1 AND key >= ?2 ORDER BY key")
        statement.bind(1, register)
        try start.withUnsafeBytes {
            statement.bind(2, $0)
            defer { statement.reset() }
            while try statement.step() {
                let key = statement.bytes(0)
                if let end, !key.lexicographicallyPrecedes(end) { return }
                let row = try Self.take(statement, register, changedAfter: changedAfter)
                let visit = visit(Visit(key: key, valueBytes: statement.bytes(3).count, changed: statement.changed, row: row))
                if !visit { return }
            }
        }
    }

    /// A row that a scan has come to.
    struct Visit {
        /// There until the visit ends.
        let key: UnsafeRawBufferPointer
        let valueBytes: Int
        let changed: UInt64
        /// Nil when it has not changed since.
        let row: StoredRow?
    }

    func writeRows(_ rows: [StoredRow], of register: Int64) throws {
        guard !rows.isEmpty else { return }
        let statement = try SQLiteStatement(
            database, .rows, "INSERT OR REPLACE INTO rows (register, key, changed, checksum, value) VALUES (?1, ?2, ?3, ?4, ?5)")
        statement.bind(1, register)
        for row in rows {
            statement.bind(3, Int64(bitPattern: row.changed))
            try row.key.withUnsafeBytes { key in
                statement.bind(2, key)
                guard let value = row.value else {
                    statement.bind(4, Self.checksum(register, key, row.changed, nil))
                    statement.bindNull(5)
                    return try statement.run()
                }
                try value.withUnsafeBytes { value in
                    statement.bind(4, Self.checksum(register, key, row.changed, value))
                    statement.bind(5, value)
                    try statement.run()
                }
            }
        }
    }

    func deleteRows(_ keys: [[UInt8]], of register: Int64) throws {
        guard !keys.isEmpty else { return }
        let statement = try SQLiteStatement(database, .rows, "DELETE FROM rows WHERE register = ?1 AND key = ?2")
        statement.bind(1, register)
        for key in keys {
            try key.withUnsafeBytes {
                statement.bind(2, $0)
                try statement.run()
            }
        }
    }

    /// Deletes up to `limit` rows of a register, and gives how many there were to delete.
    func deleteSomeRows(of register: Int64, limit: Int) throws -> Int {
        let statement = try SQLiteStatement(
            database, .rows, "DELETE FROM rows WHERE register = ?1 AND key IN (SELECT key FROM rows WHERE register = ?1 LIMIT ?2)")
        statement.bind(1, register)
        statement.bind(2, Int64(limit))
        try statement.run()
        return statement.changes
    }

    /// Whether any row has a key from `start` to the last before `end`.
    func hasRows(_ register: Int64, from start: [UInt8], to end: [UInt8]?) throws -> Bool {
        var found = false
        try scan(register, from: start, to: end, changedAfter: .max) { _ in
            found = true
            return false
        }
        return found
    }

    /// The present row of a statement whose columns are key, changed, checksum, value.
    private static func take(_ statement: SQLiteStatement, _ register: Int64, changedAfter: UInt64?) throws -> StoredRow? {
        let key = statement.bytes(0), changed = statement.changed, isMark = statement.isNull(3)
        let value = isMark ? nil : statement.bytes(3)
        guard checksum(register, key, changed, value) == statement.number(2) else {
            throw SQLiteTrouble(.rows, "the row \(hexadecimal(key)) of register number \(register) does not match its checksum")
        }
        if let changedAfter, changed <= changedAfter { return nil }
        return StoredRow(key: Array(key), value: value.map { Array($0) }, changed: changed)
    }

    private static func checksum(
        _ register: Int64, _ key: UnsafeRawBufferPointer, _ changed: UInt64, _ value: UnsafeRawBufferPointer?
    ) -> Int64 {
        var sum = StoreChecksum(.rows)
        sum.add(register)
        sum.add(changed)
        sum.add(key)
        sum.add(value == nil ? 0 as UInt64 : 1)
        if let value { sum.add(value) }
        return sum.value
    }

    /// The first bytes of a key, for a message.
    static func hexadecimal(_ key: some Collection<UInt8>) -> String {
        let digits = key.prefix(32).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return key.count > 32 ? digits + "... (\(key.count) bytes)" : digits
    }
}

extension SQLiteStatement {
    fileprivate var changed: UInt64 { UInt64(bitPattern: number(1)) }
}
