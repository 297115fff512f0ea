import GRDB
import GRDBSQLite
import MessagePack
import World

// Commits of 64 changes, each of a record and a row of 100 bytes, of 20,000 registers at random, on a busy machine with two cores:
// 7,000 changes a second. The same bytes put into two plain tables by SQLite alone: 6,000, because there rows are ordered by name,
// and here by the number of the register; the rows alone, without records: 11,000. In memory, where a sync costs nothing: 18,600,
// 21,200 and 43,600.

extension SQLiteStore {
    /// What the writer remembers from one commit to the next.
    struct Writing {
        /// The number that the next register gets.
        var next: Int64
        var fence: UInt64
        /// Where registers are that were written lately. Nobody else writes, so it stays true until a commit comes to nothing.
        var places: [RegisterKey: SQLiteTables.Place] = [:]
        /// Pages written to the log since it was last moved into the database.
        var logged = 0

        init(next: Int64, fence: UInt64) {
            self.next = next
            self.fence = fence
        }
    }

    /// As many pages are written to the log, 8 MiB of them, before the writer moves them into the database. Fewer would write a
    /// page that changes often more often, more would make the commit that has to wait for it wait longer.
    static let logPages = 2_048
    /// When a reader has kept the log from being emptied until it has this many pages, the writer waits for the reader.
    static let logLimit = 16_384
    /// Registers whose places the writer remembers; then it begins anew.
    static let placeLimit = 8_192
    /// Rows of removed registers that one commit takes away beside what it is for.
    static let leftoverRows = 2_048

    public func write(_ commit: StoreCommit) throws(StoreRefusal) {
        precondition(
            commit.number == commitNumber + 1, "commit \(commit.number) cannot follow commit \(commitNumber) of store \(id)")
        let refusal: StoreRefusal? = writing.withLock { writing in
            writer.inDatabase { database in
                do {
                    try emptyLog(database, &writing)
                    var done = try transaction(database) {
                        var new = SQLiteCommit(tables: SQLiteTables(database: database), next: writing.next, fence: writing.fence)
                        swap(&new.places, &writing.places)
                        try new.write(commit, id, life)
                        return new
                    }
                    (writing.next, writing.fence) = (done.next, done.fence)
                    swap(&writing.places, &done.places)
                    writing.logged += Self.pagesWritten(database)
                    return nil
                } catch {
                    let trouble = SQLiteTrouble(error)
                    guard trouble.isFull else { damaged(trouble, "cannot be written") }
                    return StoreRefusal(reason: "\(path): the disk is full: \(trouble.what)")
                }
            }
        }
        if let refusal { throw refusal }
        committed(commit.number)
    }

    private func transaction<Value>(_ database: Database, _ body: () throws -> Value) throws -> Value {
        try SQLiteStatement(database, nil, "BEGIN IMMEDIATE").run()
        do {
            let value = try body()
            try SQLiteStatement(database, nil, "COMMIT").run()
            return value
        } catch {
            // SQLite may have rolled back by itself.
            if sqlite3_get_autocommit(database.sqliteConnection) == 0 { try SQLiteStatement(database, nil, "ROLLBACK").run() }
            throw error
        }
    }

    /// Moves the log into the database when it is long. The log is then overwritten from its beginning by the commits that follow.
    private func emptyLog(_ database: Database, _ writing: inout Writing) throws {
        guard writing.logged >= Self.logPages else { return }
        var length: Int32 = 0, moved: Int32 = 0
        let connection = database.sqliteConnection
        var code = sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_PASSIVE, &length, &moved)
        if code == SQLITE_OK, length > Self.logLimit, moved < length {
            code = sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_RESTART, &length, &moved)
        }
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw SQLiteTrouble(nil, of: connection) }
        writing.logged = 0
    }

    /// Pages that the connection has written to the log since this was asked last.
    private static func pagesWritten(_ database: Database) -> Int {
        var pages: Int32 = 0, highest: Int32 = 0
        sqlite3_db_status(database.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1)
        return Int(pages)
    }
}

/// Writes one commit, within a transaction.
struct SQLiteCommit {
    let tables: SQLiteTables
    /// The number that the next register gets.
    var next: Int64
    var fence: UInt64
    var places: [RegisterKey: SQLiteTables.Place] = [:]

    mutating func write(_ commit: StoreCommit, _ id: StoreID, _ life: UInt64) throws {
        try clearLeftovers()
        for shard in commit.dropped { try drop(shard) }
        var record = MessagePackWriter(capacity: 1 << 10)
        for change in commit.changes {
            guard let new = change.record else {
                try remove(change.key)
                continue
            }
            record.removeAll()
            new.pack(into: &record)
            try write(change, record, due: new.due, new.stage)
        }
        for witness in commit.witnesses { try tables.write(witness) }
        for horizon in commit.horizons { try tables.write(horizon) }
        fence = commit.fence ?? fence
        try tables.write(SQLiteTables.Meta(id: id, life: life, commits: commit.number, next: next, fence: fence))
    }

    private mutating func write(
        _ change: StoreCommit.Change, _ record: borrowing MessagePackWriter, due: UInt64?, _ stage: RegisterStage
    ) throws {
        var place: SQLiteTables.Place
        if let known = try places[change.key] ?? tables.place(of: change.key) {
            place = known
            if place.stage != stage {
                place.stage = stage
                try tables.write(stage, of: change.key)
            }
        } else {
            place = SQLiteTables.Place(register: next, weight: 0, stage: stage)
            next += 1
            try tables.insertName(change.key, place)
        }
        try tables.writeRows(change.rows, of: place.register)
        try tables.deleteRows(change.freed, of: place.register)
        let spans = SQLiteSpans(tables: tables, register: place.register)
        if place.isSpanned {
            try spans.note(change.rows, freed: change.freed)
        } else {
            place.weight += change.rows.reduce(0) { $0 + SQLiteSpans.weight(of: $1) }
            if place.weight > SQLiteSpans.limit { place.weight = try spans.begin() }
        }
        try tables.writeRecord(record, due: due, place)
        if places.count >= SQLiteStore.placeLimit { places.removeAll(keepingCapacity: true) }
        places[change.key] = place
    }

    private mutating func drop(_ shard: Int) throws {
        while true {
            let keys = try tables.keys(ofShard: shard, after: nil, limit: 256)
            if keys.isEmpty { return }
            for key in keys { try remove(key) }
        }
    }

    private mutating func remove(_ key: RegisterKey) throws {
        places[key] = nil
        guard let place = try tables.place(of: key) else { return }
        try tables.deleteName(key)
        try tables.deleteRecord(place.register)
        if place.isSpanned {
            // Too many for one commit. Nothing leads to them any more, and their number is not used again.
            try SQLiteSpans(tables: tables, register: place.register).deleteAll()
            try tables.writeLeftover(place.register)
        } else {
            _ = try tables.deleteSomeRows(of: place.register, limit: .max)
        }
    }

    private func clearLeftovers() throws {
        for register in try tables.leftovers(limit: 1) {
            let deleted = try tables.deleteSomeRows(of: register, limit: SQLiteStore.leftoverRows)
            if deleted < SQLiteStore.leftoverRows { try tables.deleteLeftover(register) }
        }
    }
}
