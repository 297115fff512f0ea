import Foundation
import Registers
import Testing
import World

/// What an SQLite store refuses to open, and that it leaves it as it was.
@Suite struct SQLiteOpeningTests {
    /// The error with which opening ends.
    private func refusal(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) -> StoreOpenError? {
        do {
            _ = try openSQLite(path)
            Issue.record("\(path) was opened", sourceLocation: sourceLocation)
            return nil
        } catch {
            #expect(error.file == path, sourceLocation: sourceLocation)
            return error
        }
    }

    @Test func aStoreIsOpenOnce() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        let store = try openSQLite(path)
        let error = try #require(refusal(path))
        #expect(error.code == .locked)
        #expect(error.sentence.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
        withExtendedLifetime(store) {}
    }

    @Test func aStoreThatWasLetGoOpensAgain() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        let id = try openSQLite(path).id
        #expect(try openSQLite(path, seed: 99).id == id)
    }

    @Test func anEmptyFileIsANewStore() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try SystemFileSystem().writeDurably([], to: path)
        let store = try openSQLite(path)
        #expect(store.life == 1)
        #expect(store.commitNumber == 0)
    }

    @Test func aPathMayHaveAnyLetters() throws {
        let scratch = try Scratch(), path = scratch.path + "/a b?c#d%41é&x=1.db"
        let id = try openSQLite(path).id
        let store = try openSQLite(path, seed: 99)
        #expect(store.id == id)
        #expect(store.life == 2)
        #expect(try SystemFileSystem().list(scratch.path).allSatisfy { $0.hasPrefix("a b?c#d%41é&x=1.db") })
    }

    @Test(arguments: ["just some text\n", String(repeating: "x", count: 10_000)])
    func aFileThatIsNoDatabaseIsForeignAndStays(_ text: String) throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try SystemFileSystem().writeDurably(Array(text.utf8), to: path)
        #expect(refusal(path)?.code == .foreign)
        #expect(try content(path) == Data(text.utf8))
        #expect(try SystemFileSystem().list(scratch.path) == ["r.db", "r.db.lock"])
    }

    @Test(arguments: ["DELETE", "WAL"])
    func aDatabaseOfAnotherProgramIsForeignAndStays(_ mode: String) throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        try rawSQL(
            path, "PRAGMA journal_mode = \(mode); CREATE TABLE meta (x); INSERT INTO meta VALUES (1); PRAGMA user_version = 1")
        let before = try content(path)
        let error = try #require(refusal(path))
        #expect(error.code == .foreign)
        #expect(error.sentence.contains("application id 0"))
        #expect(try content(path) == before)
        #expect(try SystemFileSystem().list(scratch.path) == ["r.db", "r.db.lock"])
    }

    @Test func aLaterLayoutIsRefusedWithBothVersions() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        _ = try openSQLite(path)
        try rawSQL(path, "PRAGMA user_version = 7")
        let before = try content(path)
        let error = try #require(refusal(path))
        #expect(error.code == .newer)
        #expect(error.sentence.contains("version 7") && error.sentence.contains("above 2"))
        #expect(try content(path) == before)
    }

    /// As the first release has left it.
    @Test func anEarlierLayoutIsBroughtUpToDateAndKeepsAllThatItHas() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        let keys = (0..<50).map { registerKey("job/\($0)", hour: UInt32($0 % 3)) }
        do {
            let store = try openSQLite(path)
            try store.write(StoreCommit(number: 1, changes: keys.map { .init(key: $0, record: fullRecord(1), rows: [storedRow(1)]) }))
        }
        try rawSQL(path, "DROP INDEX stages; ALTER TABLE names DROP COLUMN stage; PRAGMA user_version = 1")
        for life in [2, 3] as [UInt64] {
            let store = try openSQLite(path)
            #expect(store.life == life && store.commitNumber == 1)
            for key in keys { #expect(store.record(of: key) == fullRecord(1) && store.row(rowKey(1), of: key) == storedRow(1)) }
            #expect(store.keys(at: [.open], from: [], before: nil, limit: 99).count == 50)
        }
        let store = try openSQLite(path), ended = RegisterRecord(state: RegisterState(isFinished: true))
        try store.write(StoreCommit(number: 2, changes: [.init(key: keys[0], record: ended)]))
        #expect(store.keys(at: [.ended], from: [], before: nil, limit: 99) == [keys[0]])
        #expect(store.keys(at: [.open], from: [], before: nil, limit: 99).count == 49)
    }

    @Test func aLogWithoutItsDatabaseIsNotGivenToANewOne() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        for isEmpty in [false, true] {
            try SystemFileSystem().writeDurably([1, 2, 3], to: path + "-wal")
            if isEmpty { try SystemFileSystem().writeDurably([], to: path) }
            let error = try #require(refusal(path))
            #expect(error.code == .corrupt)
            #expect(error.sentence.contains("r.db-wal"))
            #expect(try content(path + "-wal") == Data([1, 2, 3]))
            #expect(SystemFileSystem().exists(path) == isEmpty)
        }
    }

    @Test(arguments: ["UPDATE meta SET life = life + 1", "UPDATE meta SET commits = 9", "DELETE FROM meta", "DROP TABLE meta"])
    func aStoreWhoseNumbersAreDamagedIsNotOpened(_ damage: String) throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        _ = try openSQLite(path)
        try rawSQL(path, damage)
        let error = try #require(refusal(path))
        #expect(error.code == (damage.hasPrefix("DROP") ? .io : .corrupt))
        #expect(error.sentence.contains("meta") || error.sentence.contains("commit number"))
    }

    @Test func aDirectoryThatIsNotThereIsNamed() throws {
        let scratch = try Scratch()
        #expect(refusal(scratch.path + "/none/r.db")?.code == .io)
        try SystemFileSystem().writeDurably([], to: scratch.path + "/file")
        #expect(refusal(scratch.path + "/file/r.db")?.code == .io)
        try SystemFileSystem().createDirectory(scratch.path + "/directory")
        #expect(refusal(scratch.path + "/directory")?.code == .io)
    }

    /// The administrator may write anywhere, so the process gives that right up.
    @Test(arguments: ["directory", "file", "log"])
    func aStoreThatMayNotBeWrittenIsAMatterOfPermission(_ what: String) async throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        _ = try openSQLite(path)
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: what == "directory" ? 0o555 : 0o777], ofItemAtPath: scratch.path)
        try files.setAttributes([.posixPermissions: what == "file" ? 0o444 : 0o666], ofItemAtPath: path)
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path + ".lock")
        if what == "directory" { try SystemFileSystem().remove(path + ".lock") }
        if what == "log" {
            try SystemFileSystem().writeDurably([], to: path + "-wal")
            try files.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path + "-wal")
        }
        defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path) }
        let result = await #expect(processExitsWith: .exitCode(77), observing: [\.standardErrorContent]) {
            [path = path as String] in
            if geteuid() == 0, setegid(65_534) != 0 || seteuid(65_534) != 0 { exit(1) }
            do throws(StoreOpenError) {
                _ = try openSQLite(path)
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(error.code == .permission ? 77 : 2)
            }
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("r.db") && said.contains("give it to the user that runs the node"), "\(said)")
    }
}
