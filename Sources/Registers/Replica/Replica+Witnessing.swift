import World

// A DISK THAT LOST SOMETHING NEVER VOTES AS IF IT HAD NOT
//
// An acceptor's promise is worth what its disk remembers. A wiped disk is a new store with a new id, which no map names. A disk
// that was set back to an older copy of itself is not so easily told: its file is whole, its id is right, and it has forgotten what
// it promised.
//
// So a store numbers its commits. Every frame carries the number of the last that is durable, and whoever receives it keeps the
// highest, durably, with its own next commit or after a fifth of a second. A store that has just been opened asks all stores that
// share a shard with it what they have heard, and votes when all of them, one at least, have heard of no more than it holds. It
// waits for no store that gossip knows to be gone; and for one of which gossip says nothing, since a node that has just started
// knows little, a few seconds. If one has heard of more, it never votes again: it writes that down, because those who know may be
// away when it is opened the next time. And it commits nothing while it asks, or its new commits would be taken for those that it
// has lost. Those who were not there are asked on: nobody can have heard of more than is durable, so a late answer condemns as well
// as an early one.
//
// What is told is the number of the last *durable* commit, not of the one that is being written: a store whose power fails in the
// middle of a commit has lost nothing it has told anyone, and must not look as if it had. A copy that is older by no more than what
// its witnesses had no time to write, or that meets no surviving witness, is outside the promise.

/// What a replica knows of other stores' commits, and what it waits to hear of its own.
struct Witnessing {
    /// The stores that share a shard with this one.
    var neighbours: Set<StoreID> = []
    /// The highest commit number heard of each, durably.
    private(set) var durable: [StoreID: UInt64] = [:]
    /// What was heard since, and is not yet part of a commit.
    private var unwritten: [StoreID: UInt64] = [:]
    private var written: [StoreID: UInt64] = [:]
    /// A timer for the unwritten is set.
    var isTimed = false
    /// A timer for asking is set.
    var isAsking = false
    /// Who has said that this store holds all it should.
    var clearedBy: Set<StoreID> = []
    /// Stores that gossip knows to be gone.
    var gone: Set<StoreID> = []
    /// Until then, one of which gossip says nothing counts as there.
    var patience = Instant.zero

    mutating func learn(durably witness: Witness) {
        durable[witness.store] = max(durable[witness.store] ?? 0, witness.commit)
        written[witness.store] = max(written[witness.store] ?? 0, witness.commit)
    }

    /// True when that is news.
    mutating func hear(_ store: StoreID, commit: UInt64) -> Bool {
        guard neighbours.contains(store), commit > max(written[store] ?? 0, unwritten[store] ?? 0) else { return false }
        unwritten[store] = commit
        return true
    }

    var hasUnwritten: Bool { !unwritten.isEmpty }

    /// What the next commit has to write, sorted by store.
    mutating func takeUnwritten() -> [Witness] {
        let fresh = unwritten.map { Witness(store: $0.key, commit: $0.value) }.sorted { $0.store < $1.store }
        for witness in fresh { written[witness.store] = witness.commit }
        unwritten.removeAll(keepingCapacity: true)
        return fresh
    }
}

extension Replica {
    mutating func heard(of store: StoreID, commit: UInt64) {
        guard witnessing.hear(store, commit: commit), !witnessing.isTimed else { return }
        witnessing.isTimed = true
        timers.insert(.witness, at: now + figures.witnessDelay)
    }

    /// Nothing else was written for a while: a commit for the witnesses alone.
    mutating func writeWitnesses() {
        witnessing.isTimed = false
        guard votes else { return }
        let fresh = witnessing.takeUnwritten()
        if !fresh.isEmpty { ahead.put(fresh) }
    }

    /// A commit number that no store reaches: what a store has heard of itself when it has found out that its disk is an older
    /// copy.
    static var rolledBackMark: UInt64 { UInt64(Int64.max) }

    mutating func beginAsking() {
        if let heard = witnessing.durable[id], heard > durable, !mutations.contains(.olderDiskVotes) {
            change(standing: .rolledBack(heard: heard, holds: durable, by: id))
        } else if witnessing.neighbours.isEmpty {
            change(standing: .voting)
        } else {
            witnessing.patience = now + figures.witnessPatience
            witnessing.isAsking = true
            timers.insert(.ask, at: now)
        }
    }

    /// Has new neighbours asked: a store that shared no shard when it was opened has asked nobody, and may have been here before.
    mutating func askLate() {
        guard !witnessing.isAsking, !witnessing.neighbours.isSubset(of: witnessing.clearedBy) else { return }
        witnessing.isAsking = true
        timers.insert(.ask, at: now)
    }

    /// Asks every neighbour that has not answered: the dead ones do not hear it, and who is alive is known only by and by.
    mutating func ask() {
        witnessing.isAsking = false
        if case .rolledBack = standing { return }
        judgeStanding()
        guard askTheSilent() else { return }
        witnessing.isAsking = true
        timers.insert(.ask, at: now + (standing == .asking ? figures.witnessInterval : figures.lateWitnessInterval))
    }

    /// False when all have answered.
    private mutating func askTheSilent() -> Bool {
        let silent = witnessing.neighbours.subtracting(witnessing.clearedBy).sorted()
        for store in silent { tell(store, .witnessQuestion) }
        return !silent.isEmpty
    }

    /// Gossip has something new to say.
    mutating func see(live newer: Set<StoreID>, gone: Set<StoreID>, astray wrong: Set<StoreID>) {
        let isGrown = !newer.isSubset(of: live), isOther = newer != live || wrong != astray
        (live, astray) = (newer, wrong)
        if isOther { watchAnew() }
        witnessing.gone = gone.subtracting(newer)
        judgeStanding()
        if standing == .asking && isGrown { _ = askTheSilent() }
    }

    mutating func witnessed(_ commit: UInt64, by peer: StoreID) {
        guard witnessing.neighbours.contains(peer) else { return }
        if commit > durable && !mutations.contains(.olderDiskVotes) { return condemn(heard: commit, by: peer) }
        witnessing.clearedBy.insert(peer)
        judgeStanding()
    }

    /// The disk is an older copy of itself. Its ballots may repeat those of the lives that it has lost, so nothing is proposed any
    /// more either.
    private mutating func condemn(heard commit: UInt64, by peer: StoreID) {
        if case .rolledBack = standing { return }
        ahead.put([Witness(store: id, commit: Self.rolledBackMark)])
        change(standing: .rolledBack(heard: commit, holds: durable, by: peer))
        for key in proposers.keys.sorted() { if let proposer = proposers[key] { endRolledBack(proposer) } }
        rescan.walks = [:]
    }

    mutating func judgeStanding() {
        guard standing == .asking else { return }
        let present = now < witnessing.patience
            ? witnessing.neighbours.subtracting(witnessing.gone) : live.intersection(witnessing.neighbours)
        let isCleared = !witnessing.clearedBy.isEmpty && present.isSubset(of: witnessing.clearedBy)
        if isCleared || witnessing.neighbours.isEmpty {
            change(standing: .voting)
            for key in proposers.keys.sorted() { advance(key) }
        }
    }
}
