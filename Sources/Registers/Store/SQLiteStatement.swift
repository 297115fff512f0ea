import GRDB
import GRDBSQLite
import Glibc

/// Something that SQLite could not do, or that did not read as it was written.
struct SQLiteTrouble: Error {
    /// Nil when no table in particular was in use.
    let table: StoreTable?
    /// SQLite's extended result code; 0 for a wrong checksum and the like.
    let code: Int32
    /// `errno` of the system call that failed, or 0.
    let system: Int32
    let what: String

    init(_ table: StoreTable?, code: Int32, system: Int32, what: String) {
        self.table = table
        self.code = code
        self.system = system
        self.what = what
    }

    /// A row that SQLite read well, and that is not what was written.
    init(_ table: StoreTable, _ what: String) { self.init(table, code: 0, system: 0, what: what) }

    /// What the connection said last.
    init(_ table: StoreTable?, of connection: OpaquePointer?) {
        let code = sqlite3_extended_errcode(connection)
        let isSystems = code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN
        let system = isSystems ? sqlite3_system_errno(connection) : 0
        let cause = system == 0 ? "" : ", system: \(String(cString: strerror(system)))"
        let words = code == Self.brokenSeal ? "a page does not match its checksum" : String(cString: sqlite3_errmsg(connection))
        self.init(table, code: code, system: system, what: "\(words) (SQLite \(code)\(cause))")
    }

    init(_ error: any Error) {
        switch error {
        case let trouble as SQLiteTrouble: self = trouble
        case let error as DatabaseError:
            let code = error.extendedResultCode.rawValue
            self.init(nil, code: code, system: 0, what: "\(error.message ?? "no message") (SQLite \(code))")
        default: self.init(nil, code: SQLITE_ERROR, system: 0, what: "\(error)")
        }
    }

    /// No room. Nothing of the transaction counts, and it may succeed later. Not so when `fsync` said it: after that nobody knows
    /// what the disk holds.
    var isFull: Bool {
        if code & 0xFF == SQLITE_FULL { return true }
        return Self.growing.contains(code) && (system == ENOSPC || system == EDQUOT)
    }

    /// Writing (3), setting a file's size (6), enlarging the log's index (19).
    private static let growing = [3, 6, 19].map { SQLITE_IOERR | $0 << 8 }

    /// A page that was read does not match its checksum; see `CStoreFile`.
    static let brokenSeal = SQLITE_IOERR | 32 << 8
}

/// A statement that its connection keeps, bound and read without copies.
///
/// GRDB's own bindings and rows box each value. Here a value's bytes are lent to SQLite, and read where SQLite has them.
struct SQLiteStatement {
    private let handle: OpaquePointer
    private let table: StoreTable?

    /// - Throws: ``SQLiteTrouble``
    init(_ database: Database, _ table: StoreTable?, _ sql: String) throws {
        do {
            handle = try database.cachedStatement(sql: sql).sqliteStatement
        } catch {
            let trouble = SQLiteTrouble(error)
            throw SQLiteTrouble(table, code: trouble.code, system: trouble.system, what: trouble.what)
        }
        self.table = table
    }

    func bind(_ index: Int32, _ number: Int64) { sqlite3_bind_int64(handle, index, number) }

    /// Lends bytes to the statement, until it is reset.
    func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        // A null pointer would be bound as NULL, which is not the same as no bytes.
        if let start = bytes.baseAddress, bytes.count > 0 {
            sqlite3_bind_blob(handle, index, start, Int32(bytes.count), nil)
        } else {
            sqlite3_bind_zeroblob(handle, index, 0)
        }
    }

    func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    /// True when there is a row, false at the end.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteTrouble(table, of: sqlite3_db_handle(handle))
        }
    }

    /// Lets go of the rows and of the lent bytes, for the next use.
    func reset() { sqlite3_reset(handle) }

    /// Runs it to its end.
    func run() throws {
        defer { reset() }
        while try step() {}
    }

    /// What was inserted, changed or deleted by the last of the connection's statements that did.
    var changes: Int { Int(sqlite3_changes(sqlite3_db_handle(handle))) }

    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// Bytes of the present row; they are there until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }
}
