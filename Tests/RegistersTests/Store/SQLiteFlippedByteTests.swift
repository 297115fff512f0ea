import Foundation
import Registers
import TestSupport
import Testing
import World

/// One byte of a store's file is another, anywhere. What is read is what was written, or the store ends its process.
@Suite struct SQLiteFlippedByteTests {
    private enum Outcome { case asWritten, damage, notOpened, wrong }

    private static let commits = 6

    @Test func aFlippedByteIsFoundOrDoesNotMatter() async throws {
        let scratch = try Scratch(), path = scratch.path + "/r.db"
        let model = try Self.fill(path), whole = try Array(content(path))
        var random = SeededRandom(seed: 11), found = 0, wrong: [String] = []
        for index in 0..<150 {
            var bytes = whole
            let place = random.below(bytes.count)
            bytes[place] ^= UInt8(1 + random.below(255))
            let copy = scratch.path + "/\(index).db"
            try SystemFileSystem().writeDurably(bytes, to: copy)
            switch await outcome(copy, model) {
            case .asWritten: break
            case .damage, .notOpened: found += 1
            case .wrong: wrong.append("page \(place / 4_096), byte \(place % 4_096)")
            }
        }
        #expect(wrong == [])
        #expect(found > 75, "most pages are read by this test")
    }

    private static func fill(_ path: String) throws -> StoreModel {
        let disk = try StoreDisk { try openSQLite(path) }
        var history = RandomHistory(seed: 5), model = StoreModel()
        for _ in 0..<commits {
            let (changes, witnesses, horizons) = history.next()
            try disk.write(changes, witnesses: witnesses, horizons: horizons)
            model.apply(changes, witnesses: witnesses, horizons: horizons)
        }
        return model
    }

    /// Everything in the store is asked for, on a thread that stays where it was when damage is found.
    private func outcome(_ path: String, _ model: StoreModel) async -> Outcome {
        await withCheckedContinuation { continuation in
            Thread {
                do throws(StoreOpenError) {
                    let store = try SQLiteStore.open(path: path, random: RandomStream(seed: 1)) { _ in
                        continuation.resume(returning: .damage)
                        while true { pause() }
                    }
                    continuation.resume(returning: Self.says(store, model) ? .asWritten : .wrong)
                } catch {
                    continuation.resume(returning: .notOpened)
                }
            }.start()
        }
    }

    private static func says(_ store: SQLiteStore, _ model: StoreModel) -> Bool {
        guard store.commitNumber == commits, Set(store.witnesses) == Set(model.witnesses.values),
            Set(store.horizons) == Set(model.horizons.values)
        else { return false }
        return RandomHistory(seed: 5).keys.allSatisfy { key in
            guard store.record(of: key) == model.records[key] else { return false }
            for since in [0, 2] as [UInt64] {
                let rows = model.sortedRows(of: key, changedAfter: since)
                guard allRows(store, key, changedAfter: since) == rows else { return false }
            }
            return store.keys(ofShard: key.shard, madeUpTo: nil, after: nil, limit: 99)
                == model.keys(ofShard: key.shard, madeUpTo: nil, after: nil, limit: 99)
        }
    }
}
