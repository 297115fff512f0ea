import Foundation
import Registers
import TestSupport
import Testing
import World

/// What happens when a store's file is not what was written.
@Suite struct SQLiteDamageTests {
    /// Something that is done to the file, and the read that has to find it.
    struct Damage: Sendable, CustomStringConvertible {
        let table: StoreTable
        let sql: String
        let read: Read

        enum Read: String, Codable { case record, row, rows, changed, keys, hours, witnesses, horizons, write }

        var description: String { "\(read): \(sql)" }
    }

    static let damages: [Damage] = [
        .init(table: .names, sql: "UPDATE names SET register = 2 WHERE register = 1", read: .record),
        .init(table: .names, sql: "UPDATE names SET register = 2 WHERE register = 1", read: .row),
        .init(table: .names, sql: "UPDATE names SET register = register + 10", read: .write),
        .init(table: .names, sql: "UPDATE names SET checksum = checksum + 1", read: .keys),
        .init(table: .names, sql: "UPDATE names SET checksum = checksum + 1", read: .hours),
        .init(table: .names, sql: "UPDATE names SET hour = 0", read: .hours),
        .init(
            table: .records, sql: "UPDATE records SET record = substr(record, 1, 9) || x'00' || substr(record, 11)", read: .record),
        .init(table: .records, sql: "UPDATE records SET record = substr(record, 1, 20)", read: .record),
        .init(table: .records, sql: "UPDATE records SET weight = -1", read: .rows),
        .init(table: .records, sql: "DELETE FROM records WHERE register = 1", read: .record),
        .init(table: .records, sql: "DELETE FROM records WHERE register = 1", read: .write),
        .init(table: .rows, sql: "UPDATE rows SET value = x'02' WHERE key = x'02000000'", read: .row),
        .init(table: .rows, sql: "UPDATE rows SET value = NULL", read: .row),
        .init(table: .rows, sql: "UPDATE rows SET changed = changed + 1", read: .rows),
        .init(table: .rows, sql: "UPDATE rows SET changed = 0 WHERE key = x'02000002'", read: .changed),
        .init(table: .rows, sql: "UPDATE rows SET key = x'02000000FF' WHERE key = x'02000001'", read: .rows),
        .init(table: .rows, sql: "DELETE FROM rows WHERE register <> 2; UPDATE rows SET register = 1", read: .rows),
        .init(table: .spans, sql: "UPDATE spans SET changed = 0", read: .changed),
        .init(table: .spans, sql: "DELETE FROM spans", read: .changed),
        .init(table: .spans, sql: "UPDATE spans SET weight = weight + 1", read: .write),
        .init(table: .leftovers, sql: "UPDATE leftovers SET register = 1", read: .write),
        .init(table: .witnesses, sql: "UPDATE witnesses SET heard = heard - 1", read: .witnesses),
        .init(table: .horizons, sql: "UPDATE horizons SET closed = closed + 1", read: .horizons),
    ]

    /// Two small registers, a large one, and a large one that was removed a moment ago.
    static func fill(_ path: String) throws {
        let disk = try StoreDisk { try openSQLite(path) }
        let rows = (0..<3).map { storedRow($0) }, many = (0..<6_000).map { storedRow($0) }
        try disk.write(
            [
                .init(key: small, record: fullRecord(1), rows: rows), .init(key: other, record: fullRecord(2), rows: rows),
                .init(key: large, record: fullRecord(3), rows: many),
                .init(key: registerKey("kv/gone"), record: fullRecord(3), rows: many),
            ],
            witnesses: [Witness(store: StoreID(high: 1, low: 2), commit: 3)],
            horizons: [ShardHorizon(shard: 4, closed: CreationHour(number: 5))])
        try disk.write([.init(key: registerKey("kv/gone"), record: nil)])
    }

    static var small: RegisterKey { registerKey("kv/a", hour: 5) }
    static var other: RegisterKey { registerKey("kv/b") }
    static var large: RegisterKey { registerKey("kv/c") }

    static func perform(_ read: Damage.Read, on store: SQLiteStore) throws {
        switch read {
        case .record: _ = store.record(of: small)
        case .row: _ = store.row(rowKey(0), of: small)
        case .rows: _ = store.rows(of: small, from: [], changedAfter: 0, within: .piece)
        case .changed:
            _ = store.rows(of: small, from: [], changedAfter: 1, within: .piece)
            _ = store.rows(of: large, from: [], changedAfter: 1, within: .piece)
        case .keys: _ = store.keys(ofShard: small.shard, madeUpTo: nil, after: nil, limit: 10)
        case .hours: _ = store.keys(ofShard: small.shard, madeUpTo: CreationHour(number: 9), after: nil, limit: 10)
        case .witnesses: _ = store.witnesses
        case .horizons: _ = store.horizons
        case .write:
            let changes = [small, large].map { StoreCommit.Change(key: $0, record: fullRecord(7), rows: [storedRow(1, [7])]) }
            try store.write(StoreCommit(number: store.commitNumber + 1, changes: changes))
        }
    }

    @Test(arguments: damages)
    func damageIsFoundAndNamed(_ damage: Damage) async throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try Self.fill(path)
        try rawSQL(path, damage.sql)
        let read = damage.read
        let result = await #expect(processExitsWith: .exitCode(damageStatus), observing: [\.standardErrorContent]) {
            [path = path as String, read = read as Damage.Read] in
            try SQLiteDamageTests.perform(read, on: openSQLite(path))
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("\(path), table \(damage.table): "), "\(said)")
    }

    @Test(arguments: [Damage.Read.record, .row, .rows, .changed, .keys, .hours, .witnesses, .horizons, .write])
    func whatIsWholeIsRead(_ read: Damage.Read) throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try Self.fill(path)
        try Self.perform(read, on: openSQLite(path))
    }

    /// The second half of page 1 is the table of tables; before it stand sizes, versions and counters.
    @Test(arguments: [16, 20, 30, 56, 63, 96, 101, 107, 3_000, 4_095])
    func aStoreWhoseFirstPageIsDamagedIsNotOpened(_ place: Int) throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try Self.fill(path)
        var bytes = try Array(content(path))
        bytes[place] ^= 0x40
        try SystemFileSystem().writeDurably(bytes, to: path)
        do throws(StoreOpenError) {
            _ = try openSQLite(path)
            Issue.record("it was opened")
        } catch {
            #expect(error.code == .corrupt, "\(error)")
        }
        #expect(try Array(content(path)) == bytes)
    }

    @Test func aFileThatWasCutIsNotOpened() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try Self.fill(path)
        #expect(truncate(path, 8 * 4_096) == 0)
        do throws(StoreOpenError) {
            _ = try openSQLite(path)
            Issue.record("it was opened")
        } catch {
            #expect(error.code == .corrupt, "\(error)")
        }
    }
}
