import World

// SWEEPING
//
// Registers that live on keep what is left of work: the ids of operations, and in durable actors what pairs of letters, effects and entries
// of the causal graph they have of it. When its hour is freed that goes, a few registers at a time, on every replica by itself. It leaves
// no mark, for nobody asks for it any more; so a replica that catches up from one that has not swept gets it once more, and sweeps it with
// the next hour.
//
//   operations         go when the hour is freed in the register's own shard: there nobody carries them out any more.
//   what is of others  goes when the hour has passed everywhere (Replica+Passing): what they are lies in any shard.

extension Replica {
    /// Registers that are looked through in one go, and keys that are gone through to find them.
    private static var sweptAtOnce: Int { 64 }
    private static var listedAtOnce: Int { 1_024 }

    /// Looks through some of the registers that live on.
    mutating func sweep() {
        var room = Self.sweptAtOnce, left = Self.listedAtOnce
        while room > 0, left > 0, let next = freeing.sweeping.first {
            freeing.sweeping.removeFirst()
            guard let freed = freeing.horizons[next.shard]?.freed else { continue }
            let passed = freeing.horizons[Shard.configuration]?.freed
            let keys = store.keys(ofShard: next.shard, madeUpTo: nil, after: next.after, limit: Self.sweptAtOnce)
            left -= max(keys.count, 1)
            var after = next.after
            // Work goes whole, with its own hour.
            for key in keys where key.hour == nil {
                room -= 1
                // A register of many has its turn again before the next.
                if sweep(key, freed, passed: passed) { return freeing.sweeping.append((next.shard, after)) }
                after = key
            }
            if keys.count == Self.sweptAtOnce { freeing.sweeping.insert((next.shard, keys.last), at: 0) }
        }
    }

    /// Takes out of a register what is of freed hours, as much as one piece of each kind holds. True when more may be left.
    @discardableResult
    mutating func sweep(_ key: RegisterKey, _ freed: CreationHour, passed: CreationHour?) -> Bool {
        guard let record = record(of: key) else { return false }
        let rows = rows(of: key), machine = machine(of: key)
        var gone: [[UInt8]] = [], isMore = false
        for kind in RegisterView.Kind.allCases {
            let isOperation = kind == .operation
            guard let limit = isOperation ? freed : passed, isOperation || kind.isOfOthers else { continue }
            // The oldest come first.
            let run = rows.run(from: [kind.rawValue], changedAfter: 0, within: .piece)
            let before = gone.count
            for row in run.rows where row.key.first == kind.rawValue {
                guard let hour = isOperation ? freeing.hour(ofOperation: row.key) : machine.hour(of: row, in: key) else { continue }
                guard hour <= limit else { break }
                gone.append(row.key)
            }
            if gone.count - before == run.rows.count, run.next != nil { isMore = true }
        }
        if !gone.isEmpty { put(key, record, freed: gone) }
        return isMore
    }
}
