import GRDBSQLite

/// A connection to SQLite, with nothing between.
final class RawDatabase {
    private var connection: OpaquePointer?
    private let path: String

    init(_ path: String) throws(CommandFailure) {
        self.path = path
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &connection, flags, nil) == SQLITE_OK else { throw failure() }
        // The first to open a store that was killed reads its log, and the others wait for that.
        sqlite3_busy_timeout(connection, 10_000)
    }

    deinit { sqlite3_close_v2(connection) }

    func prepare(_ sql: String) throws(CommandFailure) -> RawStatement {
        var handle: OpaquePointer?
        guard sqlite3_prepare_v2(connection, sql, -1, &handle, nil) == SQLITE_OK, let handle else { throw failure() }
        return RawStatement(handle, of: self)
    }

    func run(_ sql: String) throws(CommandFailure) {
        let statement = try prepare(sql)
        while try statement.step() {}
    }

    /// The first column of each row.
    func texts(_ sql: String) throws(CommandFailure) -> [String] {
        let statement = try prepare(sql)
        var texts: [String] = []
        while try statement.step() { texts.append(String(decoding: statement.bytes(0), as: UTF8.self)) }
        return texts
    }

    fileprivate func failure() -> CommandFailure { CommandFailure(.ioError, "\(path): \(String(cString: sqlite3_errmsg(connection)))") }
}

/// A prepared statement of a ``RawDatabase``.
final class RawStatement {
    private let handle: OpaquePointer
    private let database: RawDatabase

    fileprivate init(_ handle: OpaquePointer, of database: RawDatabase) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ index: Int32, _ number: Int64) { sqlite3_bind_int64(handle, index, number) }

    /// True when there is a row, false at the end.
    func step() throws(CommandFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.failure()
        }
    }

    /// Runs it to its end, and makes it ready for the next time.
    func run() throws(CommandFailure) {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Lends bytes to it and runs it.
    func run(binding bytes: [UInt8], at index: Int32) throws(CommandFailure) {
        let code = bytes.withUnsafeBytes { lent in
            lend(lent, at: index)
            return finish()
        }
        guard code == SQLITE_DONE else { throw database.failure() }
    }

    /// Lends bytes for two columns to it and runs it.
    func run(binding first: [UInt8], at firstIndex: Int32, _ second: [UInt8], at secondIndex: Int32) throws(CommandFailure) {
        let code = first.withUnsafeBytes { first in
            second.withUnsafeBytes { second in
                lend(first, at: firstIndex)
                lend(second, at: secondIndex)
                return finish()
            }
        }
        guard code == SQLITE_DONE else { throw database.failure() }
    }

    private func lend(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        // A null pointer would be bound as NULL.
        if bytes.isEmpty { sqlite3_bind_zeroblob(handle, index, 0) } else { sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil) }
    }

    private func finish() -> Int32 {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        return code
    }

    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func bytes(_ column: Int32) -> [UInt8] {
        let start = sqlite3_column_blob(handle, column)
        return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
    }
}
