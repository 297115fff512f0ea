import World

extension Replica {
    /// Goes by a newer map.
    mutating func adopt(_ newer: ReplicaMap) {
        guard newer.epoch > map.epoch else { return }
        map = newer
        enter()
        judgeStanding()
        watchAnew()
        for key in proposers.keys.sorted() {
            guard let proposer = proposers[key], !map.has(id, in: key.shard), !mutations.contains(.replicasFromTheRing) else { continue }
            endElsewhere(proposer)
        }
        endGlancesElsewhere()
    }

    /// Fences older epochs off, if that was not done before; and takes away what is left of shards in which this store has a place
    /// since a later time. Until that is durable it serves nobody.
    mutating func enter() {
        witnessing.neighbours = Set(map.neighbours(of: id))
        if standing != .asking { askLate() }
        rescan = Rescan(epoch: map.epoch, now: now)
        // Pieces that are on their way were asked for under the old map.
        for fetch in fetches.values { rounds[fetch.round] = nil }
        fetches = [:]
        forgetting = nil
        if durable > 0 && !isForgetting {
            isForgetting = true
            timers.insert(.forget, at: now + figures.forgetInterval)
        }
        if fenced < map.epoch && fencing < map.epoch {
            let stale = durable == 0 ? [] : map.shards(of: id).filter { (map.since(id, in: $0) ?? 0) > fenced && holdsAnything($0) }
            drop(stale, fence: map.epoch)
            fencing = map.epoch
        }
        if map.isJoint && !isRescanning {
            isRescanning = true
            timers.insert(.rescan, at: now)
        }
    }

    /// Takes shards away. They are gone for whoever asks from now on, though the store still has them for a while: what is built on their
    /// records meanwhile would stand on rows that go.
    private mutating func drop(_ shards: [Int], fence: UInt64?) {
        ahead.put(fence: fence, dropping: shards)
        guard !shards.isEmpty else { return }
        cache = RecordCache()
        let gone = Set(shards)
        volatilePromises = volatilePromises.filter { !gone.contains($0.key.shard) }
        attending.entries = attending.entries.filter { !gone.contains($0.key.shard) }
    }

    /// A commit that moved the fence is durable.
    mutating func entered(_ fence: UInt64) { fenced = max(fenced, fence) }

    /// Takes away a shard that others hold now, one in a while.
    mutating func forget() {
        isForgetting = forgetting?.isEmpty != true
        guard isForgetting else { return }
        timers.insert(.forget, at: now + figures.forgetInterval)
        guard standing == .voting, fenced == map.epoch else { return }
        var shards = forgetting ?? (0...Shard.configuration).filter { !map.has(id, in: $0) && holdsAnything($0) }
        if let shard = shards.popLast() { drop([shard], fence: nil) }
        forgetting = shards
    }

    private func holdsAnything(_ shard: Int) -> Bool {
        !ahead.keys(ofShard: shard, after: nil, limit: 1, in: store).isEmpty
    }

    /// How many replicas that live stand before this one as a shard's home.
    func rank(in shard: Int) -> Int? { map.rank(of: id, in: shard, live: live.contains, astray: astray.contains) }

    /// Whether requests under this epoch are served.
    func serves(epoch: UInt64) -> Bool {
        if mutations.contains(.noFence) { return epoch <= map.epoch }
        return epoch == map.epoch && epoch == fenced
    }
}
