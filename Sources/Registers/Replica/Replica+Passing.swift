import World

// WHAT HAS PASSED EVERYWHERE
//
// An account has letters of orders, and remembers of each how many it has applied. That it may forget only when the order can never send
// again: when the order's hour is freed in the order's shard, on all replicas of that. And of what was done for an order it may be asked by
// any of those who took part. So what living registers keep of others goes by an hour of which nothing is left in any shard of any store.
//
// The home of the configuration asks all stores, in the steps by which an hour of a shard passes, each when all have taken the one before:
//
//   look    Each store says that of every shard it holds the hour is freed, or that it has nothing of it.
//   close   It creates nothing of that hour, or of an earlier one, in the shards that had nothing. Where all replicas of a shard have
//           nothing and create nothing, nothing will ever be. From now on its registers do nothing for work of that hour.
//   free    Then those shards are as good as freed, and what living registers keep goes.
//
// A store that is down holds this up, as it does the freeing of its shards. A new store is told with the next pass: it is of another epoch,
// so all are asked once more.
//
// The hour is kept as the horizon of the configuration's shard, in which there is no work: a question of the horizon about that shard is
// one about all shards of the receiver.

/// What all stores are being asked.
struct Passing {
    let hour: CreationHour
    let epoch: UInt64
    let step: HorizonStep
    let round: UInt64
    let due: Instant
    /// Those that have taken the step.
    var yes: Set<StoreID> = []
}

extension Replica {
    /// The hour of which nothing is left anywhere, and of which nothing will be done here any more.
    var passed: CreationHour? { freeing.closed(Shard.configuration) }

    /// Asks about the newest hour that may have passed, when nothing is in its way here.
    mutating func beginPassing() {
        if let passing = freeing.passing, passing.due > now { return }
        freeing.passing = nil
        guard standing == .voting, serves(epoch: map.epoch), !map.isJoint else { return }
        guard rank(in: Shard.configuration) == 0, let hour = retired else { return }
        if let passed = freeing.passed, passed.hour >= hour, passed.epoch == map.epoch { return }
        guard firstLeft(upTo: hour) == nil else { return }
        ask(hour, .look)
    }

    private mutating func ask(_ hour: CreationHour, _ step: HorizonStep) {
        lastRound += 1
        freeing.passing = Passing(hour: hour, epoch: map.epoch, step: step, round: lastRound, due: now + figures.roundLimit)
        for store in map.stores {
            let action = ShardRequest.Action.horizon(hour: hour, step: step)
            tell(store, .shardRequest(ShardRequest(round: lastRound, epoch: map.epoch, shard: Shard.configuration, action: action)))
        }
    }

    mutating func passingAnswered(_ body: RegisterAnswer.Body, by peer: StoreID) {
        guard var passing = freeing.passing else { return }
        guard case .horizon(nil) = body, passing.epoch == map.epoch else { return freeing.passing = nil }
        passing.yes.insert(peer)
        freeing.passing = passing
        guard map.stores.allSatisfy(passing.yes.contains) else { return }
        freeing.passing = nil
        switch passing.step {
        case .look: ask(passing.hour, .close)
        case .close: ask(passing.hour, .free)
        case .free: freeing.passed = (passing.hour, passing.epoch)
        }
    }

    /// Takes a step for all shards that this store holds, if nothing is in its way.
    mutating func takeEverywhere(_ step: HorizonStep, upTo hour: CreationHour, for request: ShardRequest, from peer: StoreID) {
        func answer(_ body: RegisterAnswer.Body) -> RegisterAnswer { RegisterAnswer(round: request.round, body: body) }
        guard !map.isJoint, let retired, hour <= retired else { return tell(peer, .answer(answer(.unable))) }
        if let left = firstLeft(upTo: hour) { return tell(peer, .answer(answer(.horizon(inTheWay: left)))) }
        let shards = workShards + [Shard.configuration]
        switch step {
        case .look: return tell(peer, .answer(answer(.horizon(inTheWay: nil))))
        case .close:
            for shard in shards { move(shard) { $0.closed = max($0.closed ?? hour, hour) } }
        case .free:
            guard let passed, passed >= hour else { return tell(peer, .answer(answer(.unable))) }
            let before = freeing.horizons[Shard.configuration]?.freed
            for shard in shards { move(shard) { $0.freed = max($0.freed ?? hour, hour) } }
            if before.map({ $0 < hour }) ?? true { freeing.sweep(shards) }
        }
        answerDurably(answer(.horizon(inTheWay: nil)), to: peer)
    }

    private mutating func move(_ shard: Int, _ change: (inout ShardHorizon) -> Void) {
        var horizon = freeing.horizons[shard] ?? ShardHorizon(shard: shard)
        let before = horizon
        change(&horizon)
        guard horizon != before else { return }
        freeing.horizons[shard] = horizon
        ahead.put(horizon)
    }

    private var workShards: [Int] { map.shards(of: id).filter { $0 != Shard.configuration } }

    /// Something of that hour or an earlier one in a shard where it has not been freed; nil when there is nothing.
    private func firstLeft(upTo hour: CreationHour) -> RegisterKey? {
        for shard in workShards where freeing.horizons[shard]?.freed.map({ $0 < hour }) ?? true {
            if let key = ahead.keys(ofShard: shard, madeUpTo: hour, after: nil, limit: 1, in: store).first { return key }
        }
        return nil
    }
}
