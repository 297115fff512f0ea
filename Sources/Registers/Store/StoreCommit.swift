/// One transaction of a store: what a replica promised, accepted, folded and heard since the one before.
public struct StoreCommit: Hashable, Sendable {
    /// A register's record and the rows of its base that change with it.
    public struct Change: Hashable, Sendable {
        public let key: RegisterKey
        /// The new record; nil removes the register with all of its rows.
        public var record: RegisterRecord?
        /// Rows to write, marks of removed ones included; sorted by key, without repetition.
        public var rows: [StoredRow]
        /// Rows to take away without leaving a mark, after `rows`; sorted.
        public var freed: [[UInt8]]

        public init(key: RegisterKey, record: RegisterRecord?, rows: [StoredRow] = [], freed: [[UInt8]] = []) {
            self.key = key
            self.record = record
            self.rows = rows
            self.freed = freed
        }

        /// Bytes, with a small allowance for what surrounds them.
        public var size: Int {
            let pending = record?.pending?.size ?? 0
            return rows.reduce(key.bytes.count + (record?.state.bytes.count ?? 0) + pending + 128) { $0 + $1.size }
        }
    }

    /// One more than the commit before.
    public let number: UInt64
    /// At most one for each key, in no order that matters.
    public var changes: [Change]
    /// Replace what was heard of these stores before.
    public var witnesses: [Witness]
    /// Replace what was known of these shards.
    public var horizons: [ShardHorizon]
    /// From now on nobody is served who goes by a configuration of an earlier epoch. Nil when that stays as it was.
    public var fence: UInt64?
    /// Shards of which nothing that was written before is kept; taken away before `changes` are written.
    public var dropped: [Int]

    public init(
        number: UInt64, changes: [Change] = [], witnesses: [Witness] = [], horizons: [ShardHorizon] = [], fence: UInt64? = nil,
        dropped: [Int] = []
    ) {
        self.number = number
        self.changes = changes
        self.witnesses = witnesses
        self.horizons = horizons
        self.fence = fence
        self.dropped = dropped
    }
}
