import Foundation
import Registers
import Synchronization
import World

/// An implementation of `RegisterStore`, for the claims that all of them keep.
struct StoreKind: Sendable, CustomStringConvertible {
    let description: String
    /// Makes an empty disk.
    let makeDisk: @Sendable () throws -> StoreDisk

    static let all: [StoreKind] = [sqlite, memory]

    static let sqlite = StoreKind(description: "SQLite") {
        let directory = try Scratch()
        return try StoreDisk {
            try openSQLite(directory.path + "/registers.db")
        }
    }

    static let memory = StoreKind(description: "memory") {
        var generator = SystemRandomNumberGenerator()
        var disk = MemoryDisk(id: StoreID(high: generator.next(), low: generator.next())), last: MemoryStore?
        return try StoreDisk {
            if let last { disk = last.disk }
            let store = MemoryStore(disk)
            last = store
            return store
        }
    }
}

/// Where a store is kept, and the store as it was opened last.
final class StoreDisk {
    private let open: () throws -> any RegisterStore
    private(set) var store: any RegisterStore

    /// - Parameter open: opens the store on this disk, once more each time.
    init(open: @escaping () throws -> any RegisterStore) throws {
        self.open = open
        store = try open()
    }

    /// Closes the store and opens it again.
    func reopen() throws {
        store = ClosedStore()
        store = try open()
    }

    /// Writes what follows the last commit.
    func write(
        _ changes: [StoreCommit.Change], witnesses: [Witness] = [], horizons: [ShardHorizon] = [], fence: UInt64? = nil, dropped: [Int] = []
    ) throws {
        try store.write(
            StoreCommit(
                number: store.commitNumber + 1, changes: changes, witnesses: witnesses, horizons: horizons, fence: fence, dropped: dropped))
    }
}

/// Stands where a store was.
private final class ClosedStore: RegisterStore {
    var id: StoreID { closed() }
    var life: UInt64 { closed() }
    var commitNumber: UInt64 { closed() }
    func record(of key: RegisterKey) -> RegisterRecord? { closed() }
    func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow? { closed() }
    func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun { closed() }
    func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] { closed() }
    func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey] { closed() }
    func due(by time: UInt64, limit: Int) -> [RegisterKey] { closed() }
    var witnesses: [Witness] { closed() }
    var horizons: [ShardHorizon] { closed() }
    var fence: UInt64 { closed() }
    func write(_ commit: StoreCommit) throws(StoreRefusal) { closed() }
    private func closed() -> Never { preconditionFailure("the store is closed") }
}

/// A directory that goes with its last reference.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/gossamer-" + UUID().uuidString.prefix(8)
        try SystemFileSystem().createDirectory(path)
    }

    deinit { try? SystemFileSystem().removeTree(path) }
}

/// Says from one thread to another that something has ended.
final class Flag: Sendable {
    private let flag = Atomic(false)
    var isRaised: Bool { flag.load(ordering: .acquiring) }
    func raise() { flag.store(true, ordering: .releasing) }
}

/// The exit status of a process whose store found damage.
let damageStatus: Int32 = 74

/// Opens an SQLite store that says on standard error what damage it finds, and exits.
func openSQLite(_ path: String, seed: UInt64 = 1) throws(StoreOpenError) -> SQLiteStore {
    try SQLiteStore.open(path: path, random: RandomStream(seed: seed, name: path)) { damage in
        FileHandle.standardError.write(Data("\(damage)\n".utf8))
        exit(damageStatus)
    }
}
