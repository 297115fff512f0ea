/// Shards to be dealt to stores within bounds, moving as few as possible.
///
/// One solver for two questions: which stores hold a shard (several of all, with zone limits), and which of its holders
/// is its home (one of few). Every step keeps what holds already; when a step has no direct move, an augmenting path is
/// sought breadth first, so that the shortest chain of moves is made. That path exists whenever the bounds can be met
/// at all (Ford and Fulkerson 1956), which whoever sets the bounds must have made sure of.
///
/// All choices are by index or by `score`, never by the order of a hash table.
package struct BoundedAssignment {
    /// For every shard the stores that may be chosen; nil when all may.
    let candidates: [[Int]]?
    let zoneOfStore: [Int]
    let zoneLimit: [Int]
    let floor: [Int]
    let cap: [Int]
    /// A fixed number for a pair, by which ties between shards are broken without favouring low ones.
    let score: (_ shard: Int, _ store: Int) -> UInt64

    /// The stores chosen for every shard, in the order of choice.
    package private(set) var chosen: [[Int]]
    package private(set) var load: [Int]
    private var shardsOfStore: [[Int]]

    package init(
        chosen: [[Int]], candidates: [[Int]]? = nil, zoneOfStore: [Int], zoneLimit: [Int], floor: [Int], cap: [Int],
        score: @escaping (Int, Int) -> UInt64
    ) {
        self.chosen = chosen
        self.candidates = candidates
        self.zoneOfStore = zoneOfStore
        self.zoneLimit = zoneLimit
        self.floor = floor
        self.cap = cap
        self.score = score
        load = Array(repeating: 0, count: floor.count)
        shardsOfStore = Array(repeating: [], count: floor.count)
        for (shard, stores) in chosen.enumerated() {
            for store in stores {
                load[store] += 1
                shardsOfStore[store].append(shard)
            }
        }
    }

    /// Whether `store` could be chosen for `shard` if `leaving` were given up in the same step (nil: nothing is).
    private func admits(_ shard: Int, _ store: Int, leaving: Int?) -> Bool {
        if chosen[shard].contains(store) { return false }
        if let candidates, !candidates[shard].contains(store) { return false }
        let zone = zoneOfStore[store]
        var inZone = 0
        for other in chosen[shard] where other != leaving && zoneOfStore[other] == zone { inZone += 1 }
        return inZone < zoneLimit[zone]
    }

    /// Chooses one more store for `shard`: the first of `order` that still owes shards, otherwise the first with room.
    package mutating func choose(for shard: Int, in order: some Sequence<Int>) {
        let someoneOwes = zip(load, floor).contains { $0 < $1 }
        var roomy: Int?
        var full: [Int] = []
        for store in order where admits(shard, store, leaving: nil) {
            if load[store] < floor[store] { return add(shard, to: store) }
            if load[store] < cap[store] {
                if roomy == nil { roomy = store }
                if !someoneOwes { break }
            } else {
                full.append(store)
            }
        }
        if let roomy { return add(shard, to: roomy) }
        let relieved = shift(from: full) { [load, cap] in load[$0] < cap[$0] }
        precondition(relieved != nil, "shard \(shard) finds no store, although the bounds admit a solution")
        if let relieved { add(shard, to: relieved) }
    }

    /// Lets stores below their floor take shards from those that have most to spare, then stores above their cap give
    /// shards away: to `newcomers` first, so that nothing moves between old stores that need not.
    package mutating func settle(newcomers: [Bool]) {
        for store in floor.indices {
            while load[store] < floor[store] { feed(store) }
        }
        for store in cap.indices {
            while load[store] > cap[store] { relieve(store, newcomers: newcomers) }
        }
    }

    private mutating func feed(_ store: Int) {
        let donors = floor.indices.filter { load[$0] > floor[$0] }
            .sorted { surplus($0) != surplus($1) ? surplus($0) > surplus($1) : $0 < $1 }
        for donor in donors {
            if let shard = bestShard(from: donor, to: store) { return move(shard, from: donor, to: store) }
        }
        let fed = shift(from: donors) { $0 == store }
        precondition(fed != nil, "store \(store) finds no shard, although the bounds admit a solution")
    }

    private mutating func relieve(_ store: Int, newcomers: [Bool]) {
        let receivers = cap.indices.filter { load[$0] < cap[$0] }.sorted {
            if newcomers[$0] != newcomers[$1] { return newcomers[$0] }
            return surplus($0) != surplus($1) ? surplus($0) < surplus($1) : $0 < $1
        }
        for receiver in receivers {
            if let shard = bestShard(from: store, to: receiver) { return move(shard, from: store, to: receiver) }
        }
        let relieved = shift(from: [store]) { [load, cap] in load[$0] < cap[$0] }
        precondition(relieved != nil, "store \(store) cannot give a shard away, although the bounds admit a solution")
    }

    /// How full a store is between its bounds: 0 at its floor, 1 at its cap.
    private func surplus(_ store: Int) -> Double {
        Double(load[store] - floor[store]) / Double(max(cap[store] - floor[store], 1))
    }

    private func bestShard(from donor: Int, to receiver: Int) -> Int? {
        var best: (score: UInt64, shard: Int)?
        for shard in shardsOfStore[donor] where admits(shard, receiver, leaving: donor) {
            let candidate = (score(shard, receiver), shard)
            if let current = best, current <= candidate { continue }
            best = candidate
        }
        return best?.shard
    }

    /// Makes the shortest chain of moves a -> b -> ... -> z that starts at one of `starts` and ends at a store that
    /// `accepts`; returns its start, which then holds one shard less. Nil, and nothing moved, when there is none.
    private mutating func shift(from starts: [Int], accepts: (Int) -> Bool) -> Int? {
        var cameFrom: [(store: Int, shard: Int)?] = Array(repeating: nil, count: floor.count)
        var met = Array(repeating: false, count: floor.count)
        for store in starts { met[store] = true }
        var queue = starts
        var head = 0
        while head < queue.count {
            let store = queue[head]
            head += 1
            for shard in shardsOfStore[store] {
                for next in floor.indices where !met[next] && admits(shard, next, leaving: store) {
                    met[next] = true
                    cameFrom[next] = (store, shard)
                    if accepts(next) { return follow(cameFrom, to: next) }
                    queue.append(next)
                }
            }
        }
        return nil
    }

    /// Makes the moves of a path from its end, so that every store has room when its turn comes.
    private mutating func follow(_ cameFrom: [(store: Int, shard: Int)?], to end: Int) -> Int {
        var store = end
        while let step = cameFrom[store] {
            move(step.shard, from: step.store, to: store)
            store = step.store
        }
        return store
    }

    private mutating func add(_ shard: Int, to store: Int) {
        chosen[shard].append(store)
        shardsOfStore[store].append(shard)
        load[store] += 1
    }

    private mutating func move(_ shard: Int, from donor: Int, to receiver: Int) {
        chosen[shard].removeAll { $0 == donor }
        shardsOfStore[donor].removeAll { $0 == shard }
        load[donor] -= 1
        add(shard, to: receiver)
    }
}
