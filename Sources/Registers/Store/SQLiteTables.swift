import GRDB
import MessagePack

/// Reads and writes single rows of a store's tables, each with its checksum. What several of them mean together is said elsewhere.
struct SQLiteTables {
    let database: Database

    /// Where a register's record and rows are.
    struct Place {
        let register: Int64
        /// How much has been written to its rows since somebody looked, as ``SQLiteSpans`` counts it. ``spanned`` when the register
        /// has spans, which count for themselves.
        var weight: Int64

        /// Where lists find the register.
        var stage: RegisterStage

        static let spanned: Int64 = -1
        var isSpanned: Bool { weight == Self.spanned }
    }

    // MARK: - Names and records

    func place(of key: RegisterKey) throws -> Place? { try at(key) { $0 } }

    /// Runs `body` with the place of a register, and within the statement that found it: what it reads is of the same commit.
    func at<Value>(_ key: RegisterKey, _ body: (Place) throws -> Value) throws -> Value? {
        let statement = try SQLiteStatement(
            database, .records,
            """
            SELECT n.register, n.checksum, n.stage, r.weight, r.seal FROM names n LEFT JOIN records r USING (register)
            WHERE n.shard = ?1 AND n.name = ?2 AND n.hour = ?3
            """)
        return try look(statement, up: key) { try body(place(of: key, in: statement)) }
    }

    func record(of key: RegisterKey) throws -> RegisterRecord? {
        let statement = try SQLiteStatement(
            database, .records,
            """
            SELECT n.register, n.checksum, n.stage, r.weight, r.seal, r.checksum, r.record FROM names n LEFT JOIN records r USING (register)
            WHERE n.shard = ?1 AND n.name = ?2 AND n.hour = ?3
            """)
        return try look(statement, up: key) {
            let place = try place(of: key, in: statement), bytes = statement.bytes(6)
            guard Self.checksum(of: bytes, in: place.register) == statement.number(5) else {
                throw SQLiteTrouble(.records, "the record of \(key) does not match its checksum")
            }
            do {
                var reader = MessagePackReader(Array(bytes))
                return try RegisterRecord(from: &reader)
            } catch {
                throw SQLiteTrouble(.records, "the record of \(key) matches its checksum and cannot be read: \(error)")
            }
        }
    }

    func insertName(_ key: RegisterKey, _ place: Place) throws {
        let statement = try SQLiteStatement(
            database, .names, "INSERT INTO names (shard, name, hour, register, checksum, stage) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        statement.bind(1, Int64(key.shard))
        statement.bind(3, key.storedHour)
        statement.bind(4, place.register)
        statement.bind(5, Self.checksum(of: key, place.register))
        statement.bind(6, Int64(place.stage.rawValue))
        try key.bytes.withUnsafeBytes {
            statement.bind(2, $0)
            try statement.run()
        }
    }

    func write(_ stage: RegisterStage, of key: RegisterKey) throws {
        let statement = try SQLiteStatement(
            database, .names, "UPDATE names SET stage = ?4 WHERE shard = ?1 AND name = ?2 AND hour = ?3")
        statement.bind(1, Int64(key.shard))
        statement.bind(3, key.storedHour)
        statement.bind(4, Int64(stage.rawValue))
        try key.bytes.withUnsafeBytes {
            statement.bind(2, $0)
            try statement.run()
        }
    }

    func deleteName(_ key: RegisterKey) throws {
        let statement = try SQLiteStatement(database, .names, "DELETE FROM names WHERE shard = ?1 AND name = ?2 AND hour = ?3")
        statement.bind(1, Int64(key.shard))
        statement.bind(3, key.storedHour)
        try key.bytes.withUnsafeBytes {
            statement.bind(2, $0)
            try statement.run()
        }
    }

    /// - Parameter due: when somebody has to look after the register, if ever. A copy of what the record says, to be found by.
    func writeRecord(_ record: borrowing MessagePackWriter, due: UInt64?, _ place: Place) throws {
        let statement = try SQLiteStatement(
            database, .records,
            "INSERT OR REPLACE INTO records (register, weight, seal, checksum, record, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        statement.bind(1, place.register)
        if let due { statement.bind(6, Int64(clamping: due)) } else { statement.bindNull(6) }
        statement.bind(2, place.weight)
        statement.bind(3, Self.seal(of: place))
        try record.withUnsafeBytes { bytes in
            statement.bind(4, Self.checksum(of: bytes, in: place.register))
            statement.bind(5, bytes)
            try statement.run()
        }
    }

    func deleteRecord(_ register: Int64) throws {
        let statement = try SQLiteStatement(database, .records, "DELETE FROM records WHERE register = ?1")
        statement.bind(1, register)
        try statement.run()
    }

    private func look<Value>(_ statement: SQLiteStatement, up key: RegisterKey, _ found: () throws -> Value) throws -> Value? {
        statement.bind(1, Int64(key.shard))
        statement.bind(3, key.storedHour)
        return try key.bytes.withUnsafeBytes {
            statement.bind(2, $0)
            defer { statement.reset() }
            return try statement.step() ? found() : nil
        }
    }

    private func place(of key: RegisterKey, in statement: SQLiteStatement) throws -> Place {
        let register = statement.number(0)
        guard Self.checksum(of: key, register) == statement.number(1) else {
            throw SQLiteTrouble(.names, "the entry of \(key) does not match its checksum")
        }
        let stage = UInt8(exactly: statement.number(2)).flatMap(RegisterStage.init(rawValue:)) ?? .open
        let place = Place(register: register, weight: statement.number(3), stage: stage)
        guard !statement.isNull(3), Self.seal(of: place) == statement.number(4) else {
            throw SQLiteTrouble(.records, "the record of \(key), number \(register), is not there or does not match its seal")
        }
        return place
    }

    // MARK: - Checksums

    static func checksum(of key: RegisterKey, _ register: Int64) -> Int64 {
        var sum = StoreChecksum(.names)
        sum.add(Int64(key.shard))
        sum.add(key.storedHour)
        sum.add(register)
        sum.add(key.bytes)
        return sum.value
    }

    private static func seal(of place: Place) -> Int64 {
        var sum = StoreChecksum(.records)
        sum.add(place.register)
        sum.add(place.weight)
        return sum.value
    }

    private static func checksum(of record: UnsafeRawBufferPointer, in register: Int64) -> Int64 {
        var sum = StoreChecksum(.records)
        sum.add(register)
        sum.add(record)
        return sum.value
    }
}

extension RegisterKey {
    var storedHour: Int64 { hour.map { Int64($0.number) } ?? SQLiteLayout.noHour }
}
