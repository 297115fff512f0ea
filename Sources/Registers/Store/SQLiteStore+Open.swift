import CStoreFile
import GRDB
import GRDBSQLite
import World

extension SQLiteStore {
    /// What opening comes to.
    struct Opened {
        let path: String
        let lock: FileLock
        let writer: DatabaseQueue
        let reader: DatabaseQueue
        let meta: SQLiteTables.Meta
    }

    /// Opens a store, or makes a new one when there is no file or an empty one, and steps its life.
    ///
    /// Beside the database there will be files named like it: `-wal` and `-shm`, which are part of it, and `.lock`.
    ///
    /// - Parameters:
    ///   - path: of the database. Its directory must be there.
    ///   - random: gives the id of a new store.
    ///   - onDamage: is called when a read finds damage, or a write fails in a way after which nobody knows what the disk holds.
    ///     Ends the process. It is called in the middle of an operation, and must not use the store.
    public static func open(
        path: String, random: RandomStream, onDamage: @escaping @Sendable (StoreDamage) -> Never
    ) throws(StoreOpenError) -> SQLiteStore {
        let opening = SQLiteOpening(path: path)
        guard SQLiteOpening.pagesAreSealed else {
            throw StoreOpenError(.io, path, "SQLite takes no layer under its files; use a library of SQLite that the system brings")
        }
        let lock = try opening.lock()
        if try opening.isToBeMade() { try opening.make(random) }
        do {
            let writer = try opening.connect()
            let meta = try writer.inDatabase { database in
                try opening.bringUpToDate(database)
                return try opening.stepLife(database)
            }
            var configuration = opening.configuration
            configuration.readonly = true
            let reader = try DatabaseQueue(path: path, configuration: configuration)
            let opened = Opened(path: path, lock: lock, writer: writer, reader: reader, meta: meta)
            return SQLiteStore(opened, onDamage: onDamage)
        } catch {
            throw opening.failure(error)
        }
    }
}

/// The steps of opening, and their errors.
struct SQLiteOpening {
    let path: String

    /// Every page of a store has a checksum, which is in place once for the process, before the first store is opened.
    static let pagesAreSealed = gossamer_store_files(UInt32(SQLiteLayout.applicationID)) == SQLITE_OK

    func lock() throws(StoreOpenError) -> FileLock {
        let name = path + ".lock"
        do {
            if let lock = try FileLock(path: name) { return lock }
        } catch {
            throw failure(error)
        }
        let owner = String(decoding: ((try? SystemFileSystem().read(name)) ?? []).filter { $0 > 32 }, as: UTF8.self)
        let who = owner.isEmpty ? "another process" : "process \(owner)"
        throw StoreOpenError(.locked, path, "\(who) has this store open; stop it, or give this node another data directory")
    }

    /// Looks at the file without changing anything, there or beside it.
    func isToBeMade() throws(StoreOpenError) -> Bool {
        let files = SystemFileSystem()
        let isThere = files.exists(path)
        let header = isThere ? try header() : nil
        if let header, header.pages > 0 {
            try check(header)
            return false
        }
        for log in [path + "-wal", path + "-journal"] where files.exists(log) {
            throw StoreOpenError(
                .corrupt, path,
                "the database is \(isThere ? "empty" : "not there") but its log \(log) is; bring the database back, or move the "
                    + "log away and start as a new store")
        }
        return true
    }

    private struct Header {
        let application, version, pages: Int64
    }

    private func check(_ header: Header) throws(StoreOpenError) {
        guard header.application == SQLiteLayout.applicationID else {
            throw StoreOpenError(
                .foreign, path,
                "this is an SQLite database of another program (application id \(header.application), not "
                    + "\(SQLiteLayout.applicationID)); give another path, or move the file away")
        }
        guard header.version <= SQLiteLayout.version else {
            throw StoreOpenError(
                .newer, path,
                "this store has layout version \(header.version), and this release knows none above \(SQLiteLayout.version); run "
                    + "the release that wrote it, or a later one")
        }
        guard header.version >= 1 else {
            throw StoreOpenError(
                .corrupt, path,
                "this store has layout version \(header.version), which no release has written; move the file and what is named "
                    + "like it away and start as a new store")
        }
    }

    /// Opens the file as one that nobody changes, so that SQLite makes no lock, log or index of it.
    private func header() throws(StoreOpenError) -> Header {
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        guard sqlite3_open_v2("file:\(Self.escaped(path))?immutable=1", &connection, flags, nil) == SQLITE_OK else {
            throw failure(SQLiteTrouble(nil, of: connection))
        }
        // A process that dies in a checkpoint may leave a first page that counts more pages than the file has: the log has the
        // others, and is not looked at here. SQLite calls that file malformed, but for those who repair one.
        sqlite3_exec(connection, "PRAGMA writable_schema = ON", nil, nil, nil)
        func number(_ pragma: String) throws(StoreOpenError) -> Int64 {
            var statement: OpaquePointer?
            defer { sqlite3_finalize(statement) }
            guard sqlite3_prepare_v2(connection, "PRAGMA \(pragma)", -1, &statement, nil) == SQLITE_OK,
                sqlite3_step(statement) == SQLITE_ROW
            else { throw failure(SQLiteTrouble(nil, of: connection)) }
            return sqlite3_column_int64(statement, 0)
        }
        return Header(
            application: try number("application_id"), version: try number("user_version"), pages: try number("page_count"))
    }

    /// A path within an SQLite URI: all but letters, digits and what cannot be mistaken is escaped.
    private static func escaped(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~".utf8)
        return path.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    /// Makes a database in memory and puts it in its place whole, so that a crash leaves all of it or nothing.
    func make(_ random: RandomStream) throws(StoreOpenError) {
        var random = random
        let meta = SQLiteTables.Meta(id: StoreID(high: random.next(), low: random.next()), life: 0, commits: 0, next: 1, fence: 0)
        do {
            var image = try DatabaseQueue().inDatabase { database in
                var reserve = Int32(GOSSAMER_PAGE_RESERVE)
                guard sqlite3_file_control(database.sqliteConnection, nil, SQLITE_FCNTL_RESERVE_BYTES, &reserve) == SQLITE_OK else {
                    throw SQLiteTrouble(nil, of: database.sqliteConnection)
                }
                try database.execute(sql: SQLiteLayout.schema)
                try SQLiteTables(database: database).write(meta)
                var size: Int64 = 0
                guard let bytes = sqlite3_serialize(database.sqliteConnection, "main", &size, 0) else {
                    throw SQLiteTrouble(nil, of: database.sqliteConnection)
                }
                defer { sqlite3_free(bytes) }
                return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
            }
            image.withUnsafeMutableBufferPointer { image in
                for (index, start) in stride(from: 0, to: image.count, by: Int(GOSSAMER_PAGE_SIZE)).enumerated() {
                    gossamer_seal_page(image.baseAddress.unsafelyUnwrapped + start, Int64(index))
                }
            }
            try SystemFileSystem().writeDurably(image, to: path)
        } catch {
            throw failure(error)
        }
    }

    var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // Only the two connections of this process meet here, and only while the log begins anew.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // 16 MiB for each connection: pages that are read again and again. Past it the system's own cache answers.
            try database.execute(sql: "PRAGMA cache_size = -16384; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// The writer's connection, with all that durability rests on read back.
    func connect() throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 67108864
                    """)
            for (pragma, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("wal_autocheckpoint", "0")] {
                let found = try Row.fetchOne(database, sql: "PRAGMA \(pragma)").map { "\($0[0] as DatabaseValue)" } ?? "nothing"
                guard found.trimmed == wanted else {
                    throw StoreOpenError(
                        .io, path,
                        "SQLite was told \(pragma)=\(wanted) and has \(found), so acknowledged writes would not be safe; put the "
                            + "store on a local file system that supports memory-mapped files")
                }
            }
        }
        return queue
    }

    /// Makes this release's layout of an earlier one's: all of it, or nothing. An earlier release will not open it any more.
    func bringUpToDate(_ database: Database) throws {
        guard try Int64.fetchOne(database, sql: "PRAGMA user_version") == 1 else { return }
        try database.inTransaction(.immediate) {
            try database.execute(sql: SQLiteLayout.fromVersion1)
            return .commit
        }
    }

    /// The store's id and numbers, after its life was stepped.
    func stepLife(_ database: Database) throws -> SQLiteTables.Meta {
        let tables = SQLiteTables(database: database)
        var meta = try tables.meta()
        meta.life += 1
        try database.inTransaction(.immediate) {
            try tables.write(meta)
            return .commit
        }
        return meta
    }
}

extension String {
    /// Without the quotes in which GRDB describes text.
    fileprivate var trimmed: String { String(filter { $0 != "\"" }) }
}
