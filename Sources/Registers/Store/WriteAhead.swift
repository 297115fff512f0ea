import World

/// What was decided and is not yet durable: the commit that is being written, and those that wait for it to end.
///
/// Group commit is the whole story of a store's speed. Everything that arrives while one commit is written waits for the next and
/// shares its `fsync`. What was decided counts at once for what is decided next, but nobody outside hears of it before it is
/// durable: answers wait with the commit that they rest on.
struct WriteAhead {
    /// What one commit will write, and who hears of it then.
    struct Batch {
        fileprivate(set) var changes: [StoreCommit.Change] = []
        fileprivate var places: [RegisterKey: Int] = [:]
        fileprivate(set) var bytes = 0
        fileprivate(set) var witnesses: [Witness] = []
        fileprivate(set) var horizons: [ShardHorizon] = []
        fileprivate(set) var fence: UInt64?
        fileprivate(set) var dropped: [Int] = []
        fileprivate(set) var answers: [(to: StoreID, RegisterAnswer)] = []

        /// Nil when it says nothing of the register, and a nil inside when the register is gone after it.
        fileprivate func record(of key: RegisterKey) -> RegisterRecord?? {
            if let place = places[key] { return .some(changes[place].record) }
            return dropped.contains(key.shard) ? .some(nil) : nil
        }

        fileprivate var isFull: Bool { changes.count >= RegisterLimits.commitChanges || bytes >= RegisterLimits.commitBytes }

        fileprivate mutating func put(_ change: StoreCommit.Change) {
            bytes += change.size
            guard let place = places[change.key] else {
                places[change.key] = changes.count
                changes.append(change)
                return
            }
            changes[place] = changes[place].followed(by: change)
        }
    }

    private var writing: Batch?
    private var waiting: [Batch] = []
    /// The number of the last commit that was handed out.
    private(set) var number: UInt64

    init(after number: UInt64) { self.number = number }

    /// Whether a commit is being written.
    var isWriting: Bool { writing != nil }

    /// Whether anything is on its way to the store.
    var isEmpty: Bool { writing == nil && waiting.isEmpty }

    mutating func put(_ change: StoreCommit.Change) {
        if waiting.last?.isFull ?? true { waiting.append(Batch()) }
        waiting[waiting.count - 1].put(change)
    }

    mutating func put(_ horizon: ShardHorizon) {
        if waiting.isEmpty { waiting.append(Batch()) }
        waiting[waiting.count - 1].horizons.removeAll { $0.shard == horizon.shard }
        waiting[waiting.count - 1].horizons.append(horizon)
    }

    /// Fences older epochs off, and takes shards away, in a commit behind all that was put before.
    mutating func put(fence: UInt64?, dropping shards: [Int]) {
        var batch = Batch()
        (batch.fence, batch.dropped) = (fence, shards)
        waiting.append(batch)
    }

    /// Has witnesses written with the next commit, which there is for their sake if need be.
    mutating func put(_ witnesses: [Witness]) {
        if waiting.isEmpty { waiting.append(Batch()) }
        waiting[0].witnesses += witnesses
    }

    /// Keeps an answer back until all that was put so far is durable. False when all is.
    mutating func hold(_ answer: RegisterAnswer, to peer: StoreID) -> Bool {
        if !waiting.isEmpty {
            waiting[waiting.count - 1].answers.append((peer, answer))
        } else if writing != nil {
            writing!.answers.append((peer, answer))
        } else {
            return false
        }
        return true
    }

    /// The next commit, if none is being written and there is something to write.
    mutating func begin() -> StoreCommit? {
        guard writing == nil, !waiting.isEmpty else { return nil }
        let batch = waiting.removeFirst()
        writing = batch
        number += 1
        return StoreCommit(
            number: number, changes: batch.changes, witnesses: batch.witnesses, horizons: batch.horizons, fence: batch.fence,
            dropped: batch.dropped)
    }

    /// The commit is durable. Gives what it was.
    mutating func end() -> Batch? {
        let batch = writing
        writing = nil
        return batch
    }

    /// The commit was refused, and is the first to be tried again.
    mutating func takeBack() {
        guard let batch = writing else { return }
        writing = nil
        number -= 1
        waiting.insert(batch, at: 0)
    }

    // MARK: Reading through it

    /// The record as it will be; nil when nothing here says anything of it, and a nil inside when it will be gone.
    func record(of key: RegisterKey) -> RegisterRecord?? {
        for batch in waiting.reversed() {
            if let known = batch.record(of: key) { return known }
        }
        return writing?.record(of: key)
    }

    /// The keys of a shard as they will be, beginning behind `key`; with `hour`, only those of work that was made in that hour or before.
    func keys(
        ofShard shard: Int, madeUpTo hour: CreationHour? = nil, after key: RegisterKey?, limit: Int, in store: any RegisterStore
    ) -> [RegisterKey] {
        func isAskedFor(_ other: RegisterKey) -> Bool {
            guard other.shard == shard, key.map({ $0 < other }) ?? true else { return false }
            return hour.map { hour in other.hour.map { $0 <= hour } ?? false } ?? true
        }
        var unwritten: [StoreCommit.Change] = [], isBare = false
        for batch in (writing.map { [$0] } ?? []) + waiting {
            if batch.dropped.contains(shard) { (unwritten, isBare) = ([], true) }
            unwritten += batch.changes.filter { isAskedFor($0.key) }
        }
        let stored = isBare ? [] : store.keys(ofShard: shard, madeUpTo: hour, after: key, limit: limit)
        guard !unwritten.isEmpty else { return stored }
        // Those that will be gone are listed as long as the store has them.
        let new = unwritten.filter { $0.record != nil }.map(\.key)
        return Array(Set(stored + new).sorted().prefix(limit))
    }

    /// The rows of a register as they will be.
    func rows(of key: RegisterKey, in store: any RegisterStore) -> LayeredRows {
        var above: [StoredRow] = [], isBare = false
        for batch in (writing.map { [$0] } ?? []) + waiting {
            if batch.dropped.contains(key.shard) { (above, isBare) = ([], true) }
            guard let place = batch.places[key] else { continue }
            let change = batch.changes[place]
            if change.record == nil { (above, isBare) = ([], true) }
            above = LayeredRows.laying(change.rows, over: above)
            // A freed row leaves no mark. Here it needs one, over the row that the store still has; number 0 keeps it out of every
            // run.
            above = LayeredRows.laying(change.freed.map { StoredRow(key: $0, value: nil, changed: 0) }, over: above)
        }
        return LayeredRows(store, key, above: above, isBare: isBare)
    }
}

extension StoreCommit.Change {
    /// This change and then `next`, as one.
    func followed(by next: StoreCommit.Change) -> StoreCommit.Change {
        if next.record == nil { return next }
        precondition(record != nil, "register \(key) was freed and is made anew before the commit; its hour is closed, so it cannot be")
        var both = next
        both.rows = LayeredRows.laying(next.rows, over: rows)
        let anew = Set(next.rows.map(\.key))
        both.freed = (freed.filter { !anew.contains($0) } + next.freed).sorted { $0.lexicographicallyPrecedes($1) }
        return both
    }
}
