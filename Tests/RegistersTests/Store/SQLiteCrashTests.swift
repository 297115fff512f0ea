import Foundation
import Registers
import TestSupport
import Testing
import World

/// What is in a store after its process, or the power, was gone in the middle of something.
@Suite struct SQLiteCrashTests {
    /// Everything a store says is what it was after as many commits of the history as it counts.
    private func check(_ store: any RegisterStore, _ seed: UInt64, sourceLocation: SourceLocation = #_sourceLocation) {
        var history = RandomHistory(seed: seed), model = StoreModel()
        for _ in 0..<store.commitNumber {
            let (changes, witnesses, horizons) = history.next()
            model.apply(changes, witnesses: witnesses, horizons: horizons)
        }
        for key in history.keys {
            #expect(store.record(of: key) == model.records[key], sourceLocation: sourceLocation)
            #expect(allRows(store, key) == model.sortedRows(of: key), sourceLocation: sourceLocation)
        }
        #expect(Set(store.witnesses) == Set(model.witnesses.values), sourceLocation: sourceLocation)
        #expect(Set(store.horizons) == Set(model.horizons.values), sourceLocation: sourceLocation)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func aKilledProcessLosesNothingItAcknowledgedAndLeavesNothingHalf(_ seed: UInt64) async throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, seed = seed as UInt64] in
            let store = try openSQLite(path)
            var history = RandomHistory(seed: seed)
            let acknowledged = open(path + ".acknowledged", O_WRONLY | O_CREAT, 0o644)
            guard acknowledged >= 0 else { exit(1) }
            Thread {
                usleep(UInt32(50_000 + 90_000 * seed))
                kill(getpid(), SIGKILL)
            }.start()
            while true {
                let (changes, witnesses, horizons) = history.next()
                var number = store.commitNumber + 1
                try store.write(StoreCommit(number: number, changes: changes, witnesses: witnesses, horizons: horizons))
                guard pwrite(acknowledged, &number, 8, 0) == 8 else { exit(1) }
            }
        }
        let acknowledged = try content(path + ".acknowledged").withUnsafeBytes {
            $0.isEmpty ? 0 : $0.loadUnaligned(as: UInt64.self)
        }
        let store = try openSQLite(path)
        #expect(store.commitNumber == acknowledged || store.commitNumber == acknowledged + 1)
        #expect(store.life == 2)
        check(store, seed)
    }

    @Test func theLogStaysShort() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        let disk = try StoreDisk { try openSQLite(path) }
        let value = [UInt8](repeating: 1, count: 60_000)
        var longest = 0
        for commit in 0..<40 {
            try disk.write([.init(key: registerKey("kv/a"), record: RegisterRecord(), rows: (0..<16).map { storedRow($0, value) })])
            longest = max(longest, try content(path + "-wal").count)
            if commit % 10 == 0 { #expect(allRows(disk.store, registerKey("kv/a")).count == 16) }
        }
        #expect(longest < 12 << 20, "38 MB were written; 8 MiB and one commit more are the most that the log should hold")
    }

    /// A checkpoint writes the first page first, and with it how long the file is going to be.
    @Test func aCheckpointThatEndsAfterItsFirstPageHasLostNothing() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db", copy = scratch.path + "/copy.db", seed: UInt64 = 8
        var disk: StoreDisk? = try StoreDisk { try openSQLite(path) }
        var history = RandomHistory(seed: seed)
        for _ in 0..<12 {
            let (changes, witnesses, horizons) = history.next()
            try disk?.write(changes, witnesses: witnesses, horizons: horizons)
        }
        let before = try content(path), log = try content(path + "-wal")
        disk = nil
        try rawSQL(path, "PRAGMA wal_checkpoint(TRUNCATE)")
        let after = try content(path), page = 4_096
        try #require(after.count > before.count && before.count > page, "the checkpoint makes the file longer")
        try SystemFileSystem().writeDurably(Array(after[..<page]) + Array(before[page...]), to: copy)
        try SystemFileSystem().writeDurably(Array(log), to: copy + "-wal")
        let store = try openSQLite(copy)
        #expect(store.commitNumber == 12)
        check(store, seed)
    }

    /// The log as a power cut leaves it: whole up to the last sync, and anything behind it.
    @Test func aLogThatEndsAnywhereHoldsWhatWasAcknowledgedByThere() throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db", seed: UInt64 = 8
        let disk = try StoreDisk { try openSQLite(path) }
        var history = RandomHistory(seed: seed), ends = [try content(path + "-wal").count]
        for _ in 0..<12 {
            let (changes, witnesses, horizons) = history.next()
            try disk.write(changes, witnesses: witnesses, horizons: horizons)
            ends.append(try content(path + "-wal").count)
        }
        try #require(ends == ends.sorted() && Set(ends).count == ends.count, "every commit has lengthened the log: \(ends)")
        let database = try content(path), log = try content(path + "-wal")
        var random = SeededRandom(seed: 3)
        for (commit, end) in ends.enumerated() {
            let following = commit + 1 < ends.count ? ends[commit + 1] : end
            var cuts = [end, end, max(following - 1, end)]
            if following > end { cuts += (0..<3).map { _ in end + random.below(following - end) } }
            for (index, cut) in cuts.enumerated() {
                let copy = scratch.path + "/\(commit)-\(index).db"
                let torn = (0..<(index % 2 * 5_000)).map { _ in UInt8(random.below(256)) }
                try SystemFileSystem().writeDurably(Array(database), to: copy)
                try SystemFileSystem().writeDurably(Array(log[..<cut]) + torn, to: copy + "-wal")
                let store = try openSQLite(copy)
                #expect(store.commitNumber == UInt64(commit), "the log ends at \(cut), \(end) was acknowledged")
                check(store, seed)
            }
        }
    }
}
