/// The rows of one register as they will be when everything that is not yet in the store has been written.
package struct LayeredRows {
    private let store: any RegisterStore
    package let key: RegisterKey
    /// What lies over the store, sorted by key, each key once.
    private let above: [StoredRow]
    /// The rows of the store do not count: the register is being taken away, or written anew.
    private let isBare: Bool

    package init(_ store: any RegisterStore, _ key: RegisterKey, above: [StoredRow] = [], isBare: Bool = false) {
        self.store = store
        self.key = key
        self.above = above
        self.isBare = isBare
    }

    /// The same with `newer` laid over all.
    package init(_ rows: LayeredRows, beneath newer: [StoredRow]) {
        self.init(rows.store, rows.key, above: Self.laying(newer, over: rows.above), isBare: rows.isBare)
    }

    /// Two sorted layers as one.
    static func laying(_ newer: [StoredRow], over older: [StoredRow]) -> [StoredRow] {
        if older.isEmpty { return newer }
        if newer.isEmpty { return older }
        var merged: [StoredRow] = []
        merged.reserveCapacity(newer.count + older.count)
        var left = newer[...], right = older[...]
        while let a = left.first, let b = right.first {
            if b.key.lexicographicallyPrecedes(a.key) {
                merged.append(b)
                right.removeFirst()
            } else {
                merged.append(a)
                left.removeFirst()
                if a.key == b.key { right.removeFirst() }
            }
        }
        return merged + left + right
    }

    /// One row; nil when it was never written.
    package func row(_ row: [UInt8]) -> StoredRow? {
        let index = lowerBound(row)
        if index < above.count, above[index].key == row { return above[index] }
        return isBare ? nil : store.row(row, of: key)
    }

    /// See ``RegisterStore/rows(of:from:changedAfter:within:)``.
    package func run(from start: [UInt8], changedAfter: UInt64, within bound: RowBound) -> RowRun {
        let below = isBare ? RowRun(rows: [], next: nil) : store.rows(of: key, from: start, changedAfter: changedAfter, within: bound)
        // What lies above is known to its end, what lies below only to `below.next`.
        var layer = above[lowerBound(start)...]
        if let end = below.next { layer = layer.prefix { $0.key.lexicographicallyPrecedes(end) } }
        var merged = Self.laying(Array(layer), over: below.rows)[...].filter { $0.changed > changedAfter }
        var taken = 0, bytes = 0
        while taken < merged.count, taken < bound.rows, taken == 0 || bytes + merged[taken].size <= bound.bytes {
            bytes += merged[taken].size
            taken += 1
        }
        guard taken < merged.count else { return RowRun(rows: merged, next: below.next) }
        let next = merged[taken].key
        merged.removeSubrange(taken...)
        return RowRun(rows: merged, next: next)
    }

    private func lowerBound(_ key: [UInt8]) -> Int {
        var low = 0, high = above.count
        while low < high {
            let middle = (low + high) / 2
            if above[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
