import GRDBSQLite
import World

/// The floor of `bench registers`: what SQLite alone writes in a second of that which a store writes for a change.
///
/// That is the register's record in place of the one before, and the row by which the operation is remembered; in the store's own tables,
/// read from a store that the mesh has written, so that both have the same bytes. Nobody is asked, nothing is checked, no page sealed.
struct RawCommits {
    /// Changes of one commit.
    static let batch = 64

    private let database: RawDatabase
    private let sample: [SampledChange]

    /// Makes a database at `path` with the tables of the store at `sample`.
    init(sample: String, path: String) throws(CommandFailure) {
        let store = try RawDatabase(sample)
        self.sample = try SampledChange.read(store)
        guard !self.sample.isEmpty else { throw CommandFailure(.software, "\(sample) holds no change to take as a sample") }
        let tables = try store.texts("SELECT sql FROM sqlite_schema WHERE name IN ('records', 'rows')")
        database = try RawDatabase(path)
        try database.run("PRAGMA journal_mode = WAL")
        try database.run("PRAGMA synchronous = FULL")
        for table in tables { try database.run(table) }
    }

    /// Changes in a second that are on the disk, over `span`.
    func rate(over span: Duration, world: any World) throws(CommandFailure) -> Double {
        let record = try database.prepare("INSERT OR REPLACE INTO records (register, weight, seal, checksum, record) VALUES (?1, ?2, ?3, ?4, ?5)")
        let row = try database.prepare("INSERT INTO rows (register, key, changed, checksum, value) VALUES (?1, ?2, ?3, ?4, ?5)")
        let begin = try database.prepare("BEGIN IMMEDIATE"), commit = try database.prepare("COMMIT")
        var count: UInt64 = 0
        let start = world.now, end = start + span
        while world.now < end {
            try begin.run()
            for _ in 0..<Self.batch {
                let change = sample[Int(count % UInt64(sample.count))]
                count += 1
                try write(change, number: count, record, row)
            }
            try commit.run()
        }
        return Double(count) / (world.now - start).seconds
    }

    private func write(_ change: SampledChange, number: UInt64, _ record: RawStatement, _ row: RawStatement) throws(CommandFailure) {
        record.bind(1, change.register)
        record.bind(2, change.weight)
        record.bind(3, change.seal)
        record.bind(4, change.recordChecksum)
        try record.run(binding: change.record, at: 5)
        row.bind(1, change.register)
        row.bind(3, Int64(bitPattern: number))
        row.bind(4, change.rowChecksum)
        try row.run(binding: change.key(numbered: number), at: 2, change.value, at: 5)
    }
}

/// What a store has written for one change.
private struct SampledChange {
    let register, weight, seal, recordChecksum, rowChecksum: Int64
    let record, key, value: [UInt8]

    static func read(_ store: RawDatabase) throws(CommandFailure) -> [SampledChange] {
        let statement = try store.prepare(
            """
            SELECT r.register, r.weight, r.seal, r.checksum, w.checksum, r.record, w.key, w.value
            FROM records r JOIN rows w USING (register) GROUP BY r.register
            """)
        var changes: [SampledChange] = []
        while try statement.step() {
            changes.append(
                SampledChange(
                    register: statement.number(0), weight: statement.number(1), seal: statement.number(2),
                    recordChecksum: statement.number(3), rowChecksum: statement.number(4), record: statement.bytes(5),
                    key: statement.bytes(6), value: statement.bytes(7)))
        }
        return changes
    }

    /// The key of another row, as long as this one, and behind those with lower numbers.
    func key(numbered number: UInt64) -> [UInt8] {
        key.dropLast(8) + withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
