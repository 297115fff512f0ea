import GRDB
import World

extension SQLiteTables {
    /// What the one row of table meta says.
    struct Meta: Hashable {
        var id: StoreID
        var life: UInt64
        /// The number of the last commit.
        var commits: UInt64
        /// The number that the next register gets.
        var next: Int64
        /// The epoch below which nobody is served.
        var fence: UInt64
    }

    func meta() throws -> Meta {
        let statement = try SQLiteStatement(database, .meta, "SELECT id, life, commits, next, fence, checksum FROM meta WHERE one = 1")
        defer { statement.reset() }
        guard try statement.step() else { throw SQLiteTrouble(.meta, "the row with the store's id is not there") }
        guard let id = StoreID(bytes: statement.bytes(0)) else {
            throw SQLiteTrouble(.meta, "the store's id has \(statement.bytes(0).count) bytes instead of 16")
        }
        let meta = Meta(
            id: id, life: UInt64(bitPattern: statement.number(1)), commits: UInt64(bitPattern: statement.number(2)),
            next: statement.number(3), fence: UInt64(bitPattern: statement.number(4)))
        guard Self.checksum(of: meta) == statement.number(5) else {
            throw SQLiteTrouble(.meta, "id, life and commit number do not match their checksum")
        }
        return meta
    }

    func write(_ meta: Meta) throws {
        let statement = try SQLiteStatement(
            database, .meta, "INSERT OR REPLACE INTO meta (one, id, life, commits, next, fence, checksum) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)")
        statement.bind(2, Int64(bitPattern: meta.life))
        statement.bind(3, Int64(bitPattern: meta.commits))
        statement.bind(4, meta.next)
        statement.bind(5, Int64(bitPattern: meta.fence))
        statement.bind(6, Self.checksum(of: meta))
        try meta.id.bytes.withUnsafeBytes {
            statement.bind(1, $0)
            try statement.run()
        }
    }

    // MARK: - Keys

    func keys(ofShard shard: Int, after key: RegisterKey?, limit: Int) throws -> [RegisterKey] {
        let statement = try SQLiteStatement(
            database, .names,
            """
            SELECT name, hour, register, checksum FROM names WHERE shard = ?1 AND (name, hour) > (?2, ?3)
            ORDER BY name, hour LIMIT ?4
            """)
        return try keys(statement, shard, after: key, limit)
    }

    /// Reads all that is of the shard and that hour, or an earlier one, to find the first in the order of keys. That is what is
    /// about to be freed: one hour's work, divided by the number of shards.
    func keys(ofShard shard: Int, madeUpTo hour: CreationHour, after key: RegisterKey?, limit: Int) throws -> [RegisterKey] {
        let statement = try SQLiteStatement(
            database, .names,
            """
            SELECT n.name, n.hour, n.register, n.checksum FROM (
                SELECT name, hour FROM names INDEXED BY hours
                WHERE shard = ?1 AND hour >= 0 AND hour <= ?5 AND (name, hour) > (?2, ?3) ORDER BY name, hour LIMIT ?4
            ) AS found JOIN names n ON n.shard = ?1 AND n.name = found.name AND n.hour = found.hour ORDER BY n.name, n.hour
            """)
        statement.bind(5, Int64(hour.number))
        return try keys(statement, shard, after: key, limit)
    }

    /// The registers at a stage with names from `start` on and before `end`, the last first.
    func keys(at stage: RegisterStage, from start: [UInt8], before end: [UInt8]?, limit: Int) throws -> [RegisterKey] {
        let statement = try SQLiteStatement(
            database, .names,
            """
            SELECT name, hour, register, checksum FROM names INDEXED BY stages WHERE stage = ?1 AND name >= ?2 AND name < ?3
            ORDER BY name DESC, hour DESC LIMIT ?4
            """)
        statement.bind(1, Int64(stage.rawValue))
        statement.bind(4, Int64(max(limit, 0)))
        return try start.withUnsafeBytes { start in
            statement.bind(2, start)
            return try (end ?? Self.behindAllNames).withUnsafeBytes { end in
                statement.bind(3, end)
                defer { statement.reset() }
                var keys: [RegisterKey] = []
                while try statement.step() { keys.append(try self.key(statement)) }
                return keys
            }
        }
    }

    private static let behindAllNames = [UInt8](repeating: .max, count: RegisterKey.maximumBytes + 1)

    /// The registers that are due by then, the earliest first.
    func due(by time: UInt64, limit: Int) throws -> [RegisterKey] {
        let statement = try SQLiteStatement(
            database, .names,
            """
            SELECT n.name, n.hour, n.register, n.checksum FROM (
                SELECT register, due FROM records INDEXED BY dues WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, register LIMIT ?2
            ) AS found JOIN names n INDEXED BY numbers ON n.register = found.register ORDER BY found.due, found.register
            """)
        statement.bind(1, Int64(clamping: time))
        statement.bind(2, Int64(max(limit, 0)))
        defer { statement.reset() }
        var keys: [RegisterKey] = []
        while try statement.step() { keys.append(try self.key(statement)) }
        return keys
    }

    private func keys(_ statement: SQLiteStatement, _ shard: Int, after key: RegisterKey?, _ limit: Int) throws -> [RegisterKey] {
        statement.bind(1, Int64(shard))
        statement.bind(3, key?.storedHour ?? SQLiteLayout.noHour)
        statement.bind(4, Int64(max(limit, 0)))
        return try (key?.bytes ?? []).withUnsafeBytes {
            statement.bind(2, $0)
            defer { statement.reset() }
            var keys: [RegisterKey] = []
            while try statement.step() {
                let key = try self.key(statement)
                guard key.shard == shard else {
                    throw SQLiteTrouble(.names, "entry \(Self.hexadecimal(key.bytes)) is not of shard \(shard), where it was found")
                }
                keys.append(key)
            }
            return keys
        }
    }

    /// The present row of a statement whose columns are name, hour, register, checksum.
    private func key(_ statement: SQLiteStatement) throws -> RegisterKey {
        let hour = statement.number(1), name = Array(statement.bytes(0))
        let stored = hour == SQLiteLayout.noHour ? nil : UInt32(exactly: hour).map(CreationHour.init(number:))
        guard let key = RegisterKey(bytes: name, hour: stored), key.storedHour == hour,
            Self.checksum(of: key, statement.number(2)) == statement.number(3)
        else { throw SQLiteTrouble(.names, "entry \(Self.hexadecimal(name)) does not match its checksum") }
        return key
    }

    // MARK: - Witnesses and horizons

    func witnesses() throws -> [Witness] {
        let statement = try SQLiteStatement(database, .witnesses, "SELECT store, heard, checksum FROM witnesses ORDER BY store")
        defer { statement.reset() }
        var witnesses: [Witness] = []
        while try statement.step() {
            let commit = UInt64(bitPattern: statement.number(1))
            guard let store = StoreID(bytes: statement.bytes(0)),
                Self.checksum(of: Witness(store: store, commit: commit)) == statement.number(2)
            else { throw SQLiteTrouble(.witnesses, "what was heard of store \(Self.hexadecimal(statement.bytes(0))) is damaged") }
            witnesses.append(Witness(store: store, commit: commit))
        }
        return witnesses
    }

    func write(_ witness: Witness) throws {
        let statement = try SQLiteStatement(
            database, .witnesses, "INSERT OR REPLACE INTO witnesses (store, heard, checksum) VALUES (?1, ?2, ?3)")
        statement.bind(2, Int64(bitPattern: witness.commit))
        statement.bind(3, Self.checksum(of: witness))
        try witness.store.bytes.withUnsafeBytes {
            statement.bind(1, $0)
            try statement.run()
        }
    }

    func horizons() throws -> [ShardHorizon] {
        let statement = try SQLiteStatement(
            database, .horizons, "SELECT shard, closed, freed, checksum FROM horizons ORDER BY shard")
        defer { statement.reset() }
        var horizons: [ShardHorizon] = []
        while try statement.step() {
            let horizon = ShardHorizon(
                shard: Int(statement.number(0)), closed: hour(statement.number(1)), freed: hour(statement.number(2)))
            guard Self.checksum(of: horizon) == statement.number(3) else {
                throw SQLiteTrouble(.horizons, "the hours of shard \(horizon.shard) do not match their checksum")
            }
            horizons.append(horizon)
        }
        return horizons
    }

    func write(_ horizon: ShardHorizon) throws {
        let statement = try SQLiteStatement(
            database, .horizons, "INSERT OR REPLACE INTO horizons (shard, closed, freed, checksum) VALUES (?1, ?2, ?3, ?4)")
        statement.bind(1, Int64(horizon.shard))
        statement.bind(2, horizon.closed.stored)
        statement.bind(3, horizon.freed.stored)
        statement.bind(4, Self.checksum(of: horizon))
        try statement.run()
    }

    private func hour(_ number: Int64) -> CreationHour? { UInt32(exactly: number).map(CreationHour.init(number:)) }

    // MARK: - Leftovers

    /// The numbers of up to `limit` removed registers that have rows left.
    func leftovers(limit: Int) throws -> [Int64] {
        let statement = try SQLiteStatement(
            database, .leftovers, "SELECT register, checksum FROM leftovers ORDER BY register LIMIT ?1")
        statement.bind(1, Int64(limit))
        defer { statement.reset() }
        var registers: [Int64] = []
        while try statement.step() {
            guard Self.checksum(ofLeftover: statement.number(0)) == statement.number(1) else {
                throw SQLiteTrouble(.leftovers, "entry \(statement.number(0)) does not match its checksum")
            }
            registers.append(statement.number(0))
        }
        return registers
    }

    func writeLeftover(_ register: Int64) throws {
        let statement = try SQLiteStatement(database, .leftovers, "INSERT INTO leftovers (register, checksum) VALUES (?1, ?2)")
        statement.bind(1, register)
        statement.bind(2, Self.checksum(ofLeftover: register))
        try statement.run()
    }

    func deleteLeftover(_ register: Int64) throws {
        let statement = try SQLiteStatement(database, .leftovers, "DELETE FROM leftovers WHERE register = ?1")
        statement.bind(1, register)
        try statement.run()
    }

    // MARK: - Checksums

    private static func checksum(of meta: Meta) -> Int64 {
        var sum = StoreChecksum(.meta)
        sum.add(meta.id.high)
        sum.add(meta.id.low)
        sum.add(meta.life)
        sum.add(meta.commits)
        sum.add(meta.next)
        sum.add(meta.fence)
        return sum.value
    }

    private static func checksum(of witness: Witness) -> Int64 {
        var sum = StoreChecksum(.witnesses)
        sum.add(witness.store.high)
        sum.add(witness.store.low)
        sum.add(witness.commit)
        return sum.value
    }

    private static func checksum(of horizon: ShardHorizon) -> Int64 {
        var sum = StoreChecksum(.horizons)
        sum.add(Int64(horizon.shard))
        sum.add(horizon.closed.stored)
        sum.add(horizon.freed.stored)
        return sum.value
    }

    private static func checksum(ofLeftover register: Int64) -> Int64 {
        var sum = StoreChecksum(.leftovers)
        sum.add(register)
        return sum.value
    }
}

extension Optional<CreationHour> {
    fileprivate var stored: Int64 { map { Int64($0.number) } ?? SQLiteLayout.noHour }
}
