import Synchronization
import World

/// What a simulated disk holds when nobody uses it. A plain value: a copy of it is an older copy of the disk, when it is put back.
public struct MemoryDisk: Sendable {
    public let id: StoreID
    /// How often it was opened.
    public fileprivate(set) var life: UInt64 = 0
    fileprivate var content = StoreContent()

    /// An empty disk. Whoever wipes a disk makes another with another id.
    public init(id: StoreID) { self.id = id }

    public var commitNumber: UInt64 { content.commitNumber }
}

/// A store in memory, for simulation and for meshes that are not to remember anything. A commit is pending from ``begin(_:)`` to
/// ``finish()``; a power cut in between leaves all or nothing of it.
public final class MemoryStore: RegisterStore {
    private struct State {
        var disk: MemoryDisk
        var pending: StoreCommit?
    }

    private let state: Mutex<State>
    public let id: StoreID
    public let life: UInt64

    /// Opens the disk: its life takes one step, which is there for good.
    public init(_ disk: MemoryDisk) {
        var disk = disk
        disk.life += 1
        id = disk.id
        life = disk.life
        state = Mutex(State(disk: disk))
    }

    /// What the disk holds for good.
    public var disk: MemoryDisk { state.withLock { $0.disk } }

    /// Whether a commit is being written.
    public var isWriting: Bool { state.withLock { $0.pending != nil } }

    /// Begins to write. Reads do not see it before ``finish()``.
    public func begin(_ commit: StoreCommit) {
        state.withLock { state in
            precondition(state.pending == nil, "a commit began while another was being written")
            precondition(commit.number == state.disk.commitNumber + 1, "commit \(commit.number) follows \(state.disk.commitNumber)")
            state.pending = commit
        }
    }

    /// The pending commit is durable.
    public func finish() {
        state.withLock { state in
            guard let commit = state.pending else { return }
            state.disk.content.apply(commit)
            state.pending = nil
        }
    }

    /// The pending commit could not be written.
    public func cancel() { state.withLock { $0.pending = nil } }

    /// The process is gone, or the power: what the next one finds. The pending commit is there as a whole or not at all.
    public func cut(keepsPending: Bool) -> MemoryDisk {
        if keepsPending { finish() } else { cancel() }
        return disk
    }

    public var commitNumber: UInt64 { state.withLock { $0.disk.commitNumber } }
    public var witnesses: [Witness] { state.withLock { $0.disk.content.witnesses } }
    public var horizons: [ShardHorizon] { state.withLock { $0.disk.content.horizons } }
    public var fence: UInt64 { state.withLock { $0.disk.content.fence } }

    public func record(of key: RegisterKey) -> RegisterRecord? { state.withLock { $0.disk.content.record(of: key) } }

    public func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow? { state.withLock { $0.disk.content.row(row, of: key) } }

    public func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun {
        state.withLock { $0.disk.content.rows(of: key, from: start, changedAfter: changedAfter, within: bound) }
    }

    public func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey] {
        state.withLock { $0.disk.content.keys(ofShard: shard, madeUpTo: hour, after: key, limit: limit) }
    }

    public func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey] {
        state.withLock { $0.disk.content.keys(at: stages, from: start, before: end, limit: limit) }
    }

    public func due(by time: UInt64, limit: Int) -> [RegisterKey] {
        state.withLock { $0.disk.content.due(by: time, limit: limit) }
    }

    public func write(_ commit: StoreCommit) throws(StoreRefusal) {
        begin(commit)
        finish()
    }
}
