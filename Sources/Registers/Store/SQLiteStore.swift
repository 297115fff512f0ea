import GRDB
import Synchronization
import World

// A store on a disk
// =================
// Why `synchronous=FULL`. A promise or an accept counts from the moment somebody hears of it. If the disk forgets it afterwards,
// two majorities need no longer share a replica that remembers, and an acknowledged write is gone without anybody noticing. In WAL
// mode SQLite's usual setting, NORMAL, does not sync the log at a commit: the database stays whole in a power cut and loses its
// last commits, which is what most programs can bear and this one cannot. FULL syncs the log with every commit. The setting is read
// back before the store is used, because SQLite ignores a setting that it does not know without a word.
//
// Why checksums. SQLite believes what its pages say. A flipped bit in a value is a value, in a ballot it is a broken promise; and a
// replica would pass either on to the others. So each row of each table carries a checksum of its key and its value, and each read
// holds it against them. A flipped bit in what leads to a row hides it, and a promise that is not found was not made; so each page
// carries one as well (`CStoreFile`). Damage ends the process: the others have what it knew, if they are a majority, and a store
// that may have lost something must not take part. The same after a failed fsync: the system may have dropped the pages that it
// could not write, and a second fsync says nothing about them. What no checksum shows is a page that the disk claimed to have
// written, and that is whole and old. Commit numbers that other stores have heard of (witnesses) catch a disk that went back
// in time as a whole, or a log that lost its end; a single old page is outside the promise.
//
// Why a life. A ballot must name one proposal for all time, or an acceptor's "yes, I have that one" confirms the wrong value. A
// process counts its ballots in memory, and one that starts again may count from where it was before. The life, stepped durably at
// every opening before anything else, is part of the ballot and makes them different. The id does the same for a disk that was
// wiped: it has forgotten its promises, and must not be counted as the one that made them.
//
// Two connections. The replica reads on one while a commit is written on the other; in WAL mode neither waits. Each read is one
// statement, or stays within one while it runs others, so it sees what one commit has left. Nothing that a program holds between
// two calls keeps SQLite from moving the log into the database, and the writer does it, between commits: see `SQLiteStore+Write`.

/// A ``RegisterStore`` in a file, by SQLite.
public final class SQLiteStore: RegisterStore {
    /// The database.
    public let path: String
    public let id: StoreID
    public let life: UInt64

    let writer: DatabaseQueue
    let reader: DatabaseQueue
    let onDamage: @Sendable (StoreDamage) -> Never
    /// What only ``write(_:)`` uses.
    let writing: Mutex<Writing>
    private let commits: Atomic<UInt64>
    /// Held until both connections are closed.
    private let lock: FileLock

    init(_ opened: Opened, onDamage: @escaping @Sendable (StoreDamage) -> Never) {
        path = opened.path
        id = opened.meta.id
        life = opened.meta.life
        writer = opened.writer
        reader = opened.reader
        lock = opened.lock
        writing = Mutex(Writing(next: opened.meta.next, fence: opened.meta.fence))
        commits = Atomic(opened.meta.commits)
        self.onDamage = onDamage
    }

    deinit {
        // The last to close moves the log into the database. When that fails, the log is still there for the next opening.
        try? reader.close()
        try? writer.close()
    }

    public var commitNumber: UInt64 { commits.load(ordering: .acquiring) }

    func committed(_ number: UInt64) { commits.store(number, ordering: .releasing) }

    // MARK: - Reading

    public func record(of key: RegisterKey) -> RegisterRecord? { read { try $0.record(of: key) } }

    public func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow? {
        read { tables in try tables.at(key) { try tables.row(row, of: $0.register) } ?? nil }
    }

    public func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun {
        read { tables in
            var run = SQLiteRun(bound, changedAfter)
            try tables.at(key) { place in
                if place.isSpanned, changedAfter > 0 {
                    try run.read(SQLiteSpans(tables: tables, register: place.register), from: start)
                } else {
                    try run.read(tables, place.register, from: start, to: nil)
                }
            }
            return run.end()
        }
    }

    public func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] {
        // Keys are ordered by shard first.
        if let key, key.shard > shard { return [] }
        let after = key?.shard == shard ? key : nil
        return read { tables in
            guard let hour else { return try tables.keys(ofShard: shard, after: after, limit: limit) }
            return try tables.keys(ofShard: shard, madeUpTo: hour, after: after, limit: limit)
        }
    }

    public func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey] {
        read { tables in
            let found = try stages.flatMap { try tables.keys(at: $0, from: start, before: end, limit: limit) }
            // Each stage is in order by itself.
            return stages.count == 1 ? found : Array(found.sorted(by: RegisterKey.isNamedLater).prefix(limit))
        }
    }

    public func due(by time: UInt64, limit: Int) -> [RegisterKey] { read { try $0.due(by: time, limit: limit) } }

    public var witnesses: [Witness] { read { try $0.witnesses() } }

    public var horizons: [ShardHorizon] { read { try $0.horizons() } }

    public var fence: UInt64 { read { try $0.meta().fence } }

    private func read<Value>(_ body: (SQLiteTables) throws -> Value) -> Value {
        do {
            return try reader.inDatabase { try body(SQLiteTables(database: $0)) }
        } catch {
            damaged(SQLiteTrouble(error), "cannot be read")
        }
    }

    func damaged(_ trouble: SQLiteTrouble, _ verb: String) -> Never {
        onDamage(
            StoreDamage(file: path, table: trouble.table, what: trouble.code == 0 ? trouble.what : "it \(verb): \(trouble.what)"))
    }
}
