import Foundation
import Registers
import TestSupport
import Testing
import World

/// A disk without room, which is a small file system in memory. Only the administrator may make one.
@Suite struct SQLiteFullDiskTests {
    /// Runs `body` on a disk of 2 MiB; says so when there is none to be had.
    private func onSmallDisk(_ body: (String) throws -> Void) async throws {
        let scratch = try Scratch(), disk = scratch.path + "/disk"
        try SystemFileSystem().createDirectory(disk)
        let made = try await CommandLineTool.run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk])
        guard made.status == 0 else {
            print("skipped: no small disk can be made to be filled: \(made.standardError)")
            return
        }
        defer { _ = try? CommandLineTool.runBlocking("umount", ["-l", disk]) }
        try body(disk)
    }

    @Test func aFullDiskRefusesAndTheSameCommitIsWrittenWhenThereIsRoom() async throws {
        try await onSmallDisk { disk in
            let path = disk + "/r.db", ballast = disk + "/ballast"
            let store = try StoreDisk { try openSQLite(path) }
            let key = registerKey("kv/a")
            try SystemFileSystem().writeDurably(Array(repeating: 1, count: 1 << 20), to: ballast)
            var rows: [StoredRow] = [], refusals = 0
            while refusals < 3 {
                let row = storedRow(rows.count, Array(repeating: 7, count: 50_000))
                let commit = StoreCommit(
                    number: store.store.commitNumber + 1, changes: [.init(key: key, record: fullRecord(1), rows: [row])])
                do throws(StoreRefusal) {
                    try store.store.write(commit)
                    rows.append(row)
                } catch {
                    refusals += 1
                    #expect(error.reason.contains(path) && error.reason.contains("full"))
                    #expect(store.store.commitNumber == UInt64(rows.count))
                    #expect(allRows(store.store, key) == rows)
                    guard refusals == 2 else { continue }
                    try SystemFileSystem().remove(ballast)
                    try store.store.write(commit)
                    rows.append(row)
                }
            }
            #expect(allRows(store.store, key) == rows)
            #expect(rows.count > 10)
        }
    }

    @Test func aStoreIsNotOpenedOnAFullDisk() async throws {
        try await onSmallDisk { disk in
            let files = SystemFileSystem()
            var size = 1 << 20
            while size >= 1 << 10 {
                let name = disk + "/ballast\(size)"
                while true {
                    do {
                        try files.writeDurably(Array(repeating: 1, count: size), to: name + "-\(try files.list(disk).count)")
                    } catch {
                        break
                    }
                }
                for name in try files.list(disk) where name.hasSuffix(".tmp") { try files.remove(disk + "/" + name) }
                size /= 2
            }
            #expect(throws: StoreOpenError.self) { try openSQLite(disk + "/r.db") }
            do {
                _ = try openSQLite(disk + "/r.db")
            } catch {
                #expect((error as? StoreOpenError)?.code == .full, "\(error)")
                #expect("\(error)".contains("make room"))
            }
            #expect(!files.exists(disk + "/r.db"))
        }
    }
}
