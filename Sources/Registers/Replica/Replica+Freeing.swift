import World

// THE HORIZON
//
// Work ends, and what it leaves behind must go some day: finished registers, and the operation ids by which a repeated command is
// known. But a register that one replica has freed, and a lagging one has not, would come back with the next change; and an
// operation whose id is forgotten would be carried out a second time. So an hour of a shard passes in steps, each taken by every
// replica, the last two durably, before the next:
//
//   look    Every replica says that the hour is over by its own clock, so that one clock that is ahead closes nothing, not even
//           there: an hour that one replica has closed is closed for whoever hears of it. One that knows its clock to be off says no.
//   close   Nobody creates a register of that hour any more, or carries out an operation of it. A replica that has one which is not
//           finished names it. Nothing more can come into being, so once nobody names one, nobody ever will.
//   free    Everything of that hour goes: registers at once, operation ids in the registers that live on bit by bit (Replica+Sweeping).
//
// The home of the shard asks, when the hour is older than the retention. A majority is not enough here: the one that does not hear
// is the one that would bring things back. A replica that is down therefore holds the horizon up, and disks grow meanwhile.
//
// Why a register that is finished only in a pending change does not count as unfinished: if that change is chosen, the register is
// finished; if it is not, some replica still holds what went before, and names it.
//
// A register that one replica alone accepted, and whose proposer is gone, is neither there nor not. Whoever names it makes the home
// propose it once more: such a proposal is let through until the hour is freed. Then it is there, and somebody has to end it. A
// replica that has missed the end of work learns of it in the same way.
//
// A home that knows nothing of a shard asks nobody about it; so the others ask too, every fourth time.

/// How far the shards of a replica were freed, and what is being done about the next hour.
struct Freeing {
    var horizons: [Int: ShardHorizon] = [:]
    /// The shard that is looked at next, and how many are left in this pass over all.
    var cursor = 0
    var left = 0
    var passes = 0
    /// The step that the replicas of a shard are being asked to take.
    var asking: (shard: Int, hour: CreationHour, step: HorizonStep, asked: Round)?
    /// Shards whose living registers still hold something of freed hours, and the last key that was swept.
    var sweeping: [(shard: Int, after: RegisterKey?)] = []
    /// What all stores are being asked about all shards: see `Replica+Passing.swift`.
    var passing: Passing?
    /// The hour that has passed everywhere as all stores have said, and the epoch in which they did.
    var passed: (hour: CreationHour, epoch: UInt64)?

    var round: UInt64? { asking?.asked.number }

    func closed(_ shard: Int) -> CreationHour? { horizons[shard]?.closed }

    mutating func sweep(_ shards: [Int]) {
        let queued = Set(sweeping.filter { $0.after == nil }.map(\.shard))
        sweeping += shards.filter { !queued.contains($0) }.map { ($0, nil) }
    }

    /// The hour of the operation that a row is of; nil for a row of another kind.
    func hour(ofOperation row: [UInt8]) -> CreationHour? {
        guard row.first == RegisterView.Kind.operation.rawValue, let id = WorkID(bytes: row.dropFirst()) else { return nil }
        return CreationHour(of: id)
    }
}

extension Replica {
    /// The newest hour that has been over for as long as things are kept. Nil while the wall clock is off: by such a one no hour is over.
    var retired: CreationHour? {
        guard let retention = figures.retention, !astray.contains(id) else { return nil }
        let end = wall.nanosecondsSince1970.subtractingReportingOverflow(retention.nanoseconds)
        let hour = CreationHour(WallTime(nanosecondsSince1970: max(end.partialValue, 0))).number
        return end.overflow || hour == 0 ? nil : CreationHour(number: hour - 1)
    }

    /// Begins a pass over the shards of which this replica is the home, or asks again when nobody answers; and sweeps a little.
    mutating func lookForFreeable() {
        sweep()
        timers.insert(.horizon, at: now + (freeing.sweeping.isEmpty ? figures.horizonInterval : figures.horizonInterval / 16))
        if mutations.contains(.rowsFreedWithoutTheHorizon) { return forgetByAge() }
        if let asking = freeing.asking {
            guard asking.asked.due <= now else { return }
            freeing.asking = nil
        }
        if freeing.left == 0 {
            freeing.left = Shard.count
            freeing.passes += 1
        }
        goOnFreeing()
        beginPassing()
    }

    /// Asks about the next shard that has something to free, until the pass is through.
    private mutating func goOnFreeing() {
        guard standing == .voting, freeing.asking == nil, let hour = retired else { return }
        while freeing.left > 0 {
            let shard = freeing.cursor
            freeing.cursor = (shard + 1) % Shard.count
            freeing.left -= 1
            guard let rank = rank(in: shard), rank == 0 || freeing.passes % 4 == 0 else { continue }
            if freeing.horizons[shard]?.freed.map({ $0 < hour }) ?? true, hasAnything(shard) { return ask(shard, hour, .look) }
        }
    }

    /// An empty shard has nothing to free; its hours pass with those of all shards.
    private func hasAnything(_ shard: Int) -> Bool { !store.keys(ofShard: shard, madeUpTo: nil, after: nil, limit: 1).isEmpty }

    private mutating func ask(_ shard: Int, _ hour: CreationHour, _ step: HorizonStep) {
        lastRound += 1
        let round = Round(lastRound, map.electorate(of: shard), due: now + figures.roundLimit)
        freeing.asking = (shard, hour, step, round)
        let action = ShardRequest.Action.horizon(hour: hour, step: step)
        for store in round.electorate.members {
            tell(store, .shardRequest(ShardRequest(round: round.number, epoch: map.epoch, shard: shard, action: action)))
        }
    }

    mutating func freeingAnswered(_ body: RegisterAnswer.Body, by peer: StoreID) {
        guard var asking = freeing.asking else { return }
        guard case .horizon(nil) = body else {
            // This shard has to wait for the next pass.
            freeing.asking = nil
            if case .horizon(.some(let key)) = body { heldUp(by: key) }
            return goOnFreeing()
        }
        asking.asked.agree(peer)
        freeing.asking = asking
        guard asking.asked.electorate.members.allSatisfy(asking.asked.yes.contains) else { return }
        freeing.asking = nil
        switch asking.step {
        case .look: ask(asking.shard, asking.hour, .close)
        case .close: ask(asking.shard, asking.hour, .free)
        case .free: goOnFreeing()
        }
    }

    /// A replica has a register that is not finished. When nothing is known of it here, it may be known there alone; when it is
    /// finished here, that replica has missed it. Either way it is proposed once more. Else somebody has yet to end it.
    private mutating func heldUp(by key: RegisterKey) {
        let held = record(of: key) ?? RegisterRecord()
        let isFinished = (held.pending?.state ?? held.state).isFinished
        if held.accepted == .none || isFinished { carry(key) } else { emit(.heldUp(by: key)) }
    }

    /// Takes a step, if nothing is in its way.
    mutating func take(_ step: HorizonStep, upTo hour: CreationHour, for request: ShardRequest, from peer: StoreID) {
        let shard = request.shard
        let unable = RegisterItem.answer(RegisterAnswer(round: request.round, body: .unable))
        guard let retired, hour <= retired else { return tell(peer, unable) }
        var horizon = freeing.horizons[shard] ?? ShardHorizon(shard: shard)
        switch step {
        case .look: tell(peer, .answer(RegisterAnswer(round: request.round, body: .horizon(inTheWay: nil))))
        case .close:
            if horizon.closed.map({ $0 < hour }) ?? true {
                horizon.closed = hour
                freeing.horizons[shard] = horizon
                ahead.put(horizon)
            }
            let unfinished = firstUnfinished(shard, hour)
            answerDurably(RegisterAnswer(round: request.round, body: .horizon(inTheWay: unfinished)), to: peer)
        case .free:
            guard let closed = horizon.closed, closed >= hour, firstUnfinished(shard, hour) == nil else {
                return tell(peer, unable)
            }
            if horizon.freed.map({ $0 < hour }) ?? true {
                horizon.freed = hour
                freeing.horizons[shard] = horizon
                ahead.put(horizon)
                free(shard, hour)
            }
            answerDurably(RegisterAnswer(round: request.round, body: .horizon(inTheWay: nil)), to: peer)
        }
    }

    private mutating func firstUnfinished(_ shard: Int, _ hour: CreationHour) -> RegisterKey? {
        var after: RegisterKey?
        while true {
            let keys = ahead.keys(ofShard: shard, madeUpTo: hour, after: after, limit: 256, in: store)
            for key in keys {
                guard let record = record(of: key), record.accepted != .none else { continue }
                if !(record.pending?.state ?? record.state).isFinished { return key }
            }
            guard let last = keys.last, keys.count == 256 else { return nil }
            after = last
        }
    }

    mutating func free(_ shard: Int, _ hour: CreationHour) {
        freeing.sweep([shard])
        var after: RegisterKey?
        while true {
            let keys = ahead.keys(ofShard: shard, madeUpTo: hour, after: after, limit: 256, in: store)
            for key in keys where record(of: key) != nil {
                put(key, nil)
                volatilePromises[key] = nil
                // A piece that is still on its way must not bring it back.
                if let fetch = fetches.removeValue(forKey: key) { rounds[fetch.round] = nil }
            }
            guard let last = keys.last, keys.count == 256 else { return }
            after = last
        }
    }

    /// What the mutation `rows-freed-without-the-horizon` does: forgets operations by their age, and asks nobody.
    private mutating func forgetByAge() {
        guard let hour = retired else { return }
        for shard in 0..<Shard.count {
            for key in store.keys(ofShard: shard, madeUpTo: nil, after: nil, limit: 64) { sweep(key, hour, passed: nil) }
        }
    }
}
