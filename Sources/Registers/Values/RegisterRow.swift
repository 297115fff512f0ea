/// One row of a change: a key with its new value, or with none when the row is removed.
public struct RegisterRow: Hashable, Sendable {
    public let key: [UInt8]
    /// Nil removes the row.
    public let value: [UInt8]?

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    /// Bytes, with a small allowance for what surrounds them.
    public var size: Int { key.count + (value?.count ?? 0) + 8 }
}

/// A row as a store keeps it. A removed row stays as a mark without a value, so that a replica behind learns of the removal.
public struct StoredRow: Hashable, Sendable {
    public let key: [UInt8]
    /// Nil for the mark of a removed row.
    public let value: [UInt8]?
    /// The number of the version that changed it last.
    public let changed: UInt64

    public init(key: [UInt8], value: [UInt8]?, changed: UInt64) {
        self.key = key
        self.value = value
        self.changed = changed
    }

    public var size: Int { key.count + (value?.count ?? 0) + 16 }
}

/// Rows in the order of their keys, as many as a reader may take at once.
public struct RowRun: Hashable, Sendable {
    /// Sorted by key, without repetition.
    public var rows: [StoredRow]
    /// Where to read on: the least key that was not looked at. Nil when there is none.
    public var next: [UInt8]?

    public init(rows: [StoredRow], next: [UInt8]?) {
        self.rows = rows
        self.next = next
    }
}

/// What a run of rows is bounded by. At least one row is given, whatever its size.
public struct RowBound: Hashable, Sendable {
    public var rows: Int
    public var bytes: Int

    public init(rows: Int, bytes: Int) {
        self.rows = rows
        self.bytes = bytes
    }

    /// A piece that travels to a replica which is behind.
    public static let piece = RowBound(rows: RegisterLimits.pieceRows, bytes: RegisterLimits.pieceBytes)
}
