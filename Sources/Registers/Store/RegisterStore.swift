import World

/// Where a replica keeps what it must not forget. One store is one database: it has an id and lives, and belongs to one replica.
///
/// Reads see the last commit that was written, and while one is being written either that or the one before: a replica lays its
/// unwritten changes over them. A read that finds damage does not return: a store that lost something must not vote, so
/// its process ends. All calls but ``write(_:)`` come from one thread; `write` may run on another, one at a time.
///
/// Every implementation passes one suite of tests, `RegisterStoreConformance`.
public protocol RegisterStore: AnyObject, Sendable {
    /// 128 random bits, made together with the database.
    var id: StoreID { get }

    /// How often the database was opened, this time included; stepped durably at opening, before anything else.
    var life: UInt64 { get }

    /// The number of the last durable commit: 0 for a new store, one more with every ``write(_:)``.
    var commitNumber: UInt64 { get }

    /// What is known of a register; nil when nothing is.
    func record(of key: RegisterKey) -> RegisterRecord?

    /// One row of a register, the mark of a removed one included.
    func row(_ row: [UInt8], of key: RegisterKey) -> StoredRow?

    /// The rows of a register whose key is `start` or follows it, of those changed after version number `changedAfter`, marks of
    /// removed rows included. Looks at no more than `bound.rows` rows that it gives, and gives at least one if there is one.
    func rows(of key: RegisterKey, from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun

    /// The keys of a shard in their order, beginning behind `key`, at most `limit`; with `hour`, only those of work that was made
    /// in that hour or before.
    func keys(ofShard shard: Int, madeUpTo hour: CreationHour?, after key: RegisterKey?, limit: Int) -> [RegisterKey]

    /// The registers at these stages with names from `start` on and before `end`, nil for no end; the last name first, at most `limit`.
    func keys(at stages: [RegisterStage], from start: [UInt8], before end: [UInt8]?, limit: Int) -> [RegisterKey]

    /// The registers that somebody has to look after by `time`, milliseconds since 1970; the earliest first, at most `limit`. See
    /// ``RegisterRecord/due``.
    func due(by time: UInt64, limit: Int) -> [RegisterKey]

    /// The highest commit number that was heard of each other store.
    var witnesses: [Witness] { get }

    /// For every shard that has one, how far it was freed.
    var horizons: [ShardHorizon] { get }

    /// The epoch of the configuration below which nobody is served; 0 for a new store.
    var fence: UInt64 { get }

    /// Makes all of a commit durable, or nothing of it, and returns when it is. Blocks.
    ///
    /// `commit.number` is ``commitNumber`` + 1.
    /// - Throws: ``StoreRefusal`` when nothing was written and a later attempt may succeed: the disk is full. Any other trouble
    ///   ends the process, because what a disk holds after a failed `fsync` cannot be known.
    func write(_ commit: StoreCommit) throws(StoreRefusal)
}

/// The disk is full: nothing was written, and the same commit may be written later.
public struct StoreRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system's words, and the file.
    public let reason: String
    public init(reason: String) { self.reason = reason }
    public var description: String { reason }
}

/// What a replica has heard of another store: a commit of this number was durable there.
public struct Witness: Hashable, Sendable {
    public let store: StoreID
    public let commit: UInt64

    public init(store: StoreID, commit: UInt64) {
        self.store = store
        self.commit = commit
    }
}

/// How far one shard was freed.
public struct ShardHorizon: Hashable, Sendable {
    public let shard: Int
    /// No register and no operation of this hour or an earlier one may be created any more. Nil before any was closed.
    public var closed: CreationHour?
    /// All of this hour and of earlier ones is gone. At most `closed`.
    public var freed: CreationHour?

    public init(shard: Int, closed: CreationHour? = nil, freed: CreationHour? = nil) {
        self.shard = shard
        self.closed = closed
        self.freed = freed
    }
}
