import World

extension Replica {
    /// Goes on with the shards of which this replica is the home, and with the whole where it keeps the configuration.
    mutating func goOnRescanning() {
        isRescanning = map.isJoint
        guard isRescanning else { return }
        timers.insert(.rescan, at: now + figures.rescanInterval)
        guard standing == .voting, serves(epoch: map.epoch) else { return }
        for shard in rescan.walks.keys.sorted() { repeatIfLate(shard) }
        rescan.isThrough = false
        if now - rescan.grown >= figures.rescanPatience * (rescan.reach + 1) { rescan.reach += 1 }
        beginWalks()
        askWhatWasCarried()
    }

    /// Whether this replica has to carry a shard over: as its home, or because those before it do not.
    private func isMine(_ shard: Int) -> Bool { rank(in: shard).map { $0 <= rescan.reach } ?? false }

    private mutating func beginWalks() {
        guard !rescan.isThrough else { return }
        let moving = map.moving
        for _ in moving.indices {
            guard rescan.walks.count < Rescan.width else { return }
            let shard = moving[rescan.cursor % moving.count]
            rescan.cursor = (rescan.cursor + 1) % moving.count
            guard !rescan.known.contains(shard), rescan.walks[shard] == nil, isMine(shard) else { continue }
            if mutations.contains(.noRescan) { noteCarried(shard) } else { list(shard, Rescan.Walk(phase: .carrying([]))) }
        }
        rescan.isThrough = true
    }

    // MARK: One shard

    /// Asks the old stores for the next registers.
    private mutating func list(_ shard: Int, _ walk: Rescan.Walk) {
        var walk = walk
        guard let old = map.seatings[shard].before?.map(\.store) else { return }
        walk.phase = .listing(ask(shard, old, .list(after: walk.after)), [:])
        rescan.walks[shard] = walk
    }

    /// Tells the new stores which hours are closed; or ends, when none are.
    private mutating func tellHours(_ shard: Int, _ walk: Rescan.Walk) {
        var walk = walk
        guard let closed = walk.closed else { return carried(shard) }
        let new = map.seatings[shard].seats.map(\.store)
        walk.phase = .telling(ask(shard, new, .inherit(closed: closed, freed: walk.freed)))
        rescan.walks[shard] = walk
    }

    private mutating func ask(_ shard: Int, _ stores: [StoreID], _ action: ShardRequest.Action) -> Round {
        lastRound += 1
        let round = Round(lastRound, Electorate(epoch: map.epoch, sets: [stores]), due: now + figures.roundLimit)
        for store in stores {
            tell(store, .shardRequest(ShardRequest(round: round.number, epoch: map.epoch, shard: shard, action: action)))
        }
        return round
    }

    private mutating func repeatIfLate(_ shard: Int) {
        guard let walk = rescan.walks[shard] else { return }
        switch walk.phase {
        case .listing(let round, _): if round.due <= now { list(shard, walk) }
        case .telling(let round): if round.due <= now { tellHours(shard, walk) }
        case .carrying(let open):
            // A proposer may have ended with its wishes.
            for key in open.sorted() where proposers[key]?.carries != true { carry(key) }
        }
    }

    mutating func rescanAnswered(_ shard: Int, _ body: RegisterAnswer.Body, by peer: StoreID) {
        guard var walk = rescan.walks[shard] else { return }
        switch (walk.phase, body) {
        case (.listing(var round, var listings), .listed(let listing)):
            round.agree(peer)
            listings[peer] = listing
            walk.phase = .listing(round, listings)
            rescan.walks[shard] = walk
            if round.isDecided || mutations.contains(.listOfOne) { carry(shard, walk, listings) }
        case (.telling(var round), .horizon(inTheWay: nil)):
            round.agree(peer)
            walk.phase = .telling(round)
            rescan.walks[shard] = walk
            if round.isDecided { carried(shard) }
        default: break
        }
    }

    /// A majority of the old stores has told what it knows: carries all of that over as far as every list reaches.
    private mutating func carry(_ shard: Int, _ walk: Rescan.Walk, _ listings: [StoreID: ShardListing]) {
        var walk = walk
        let end = listings.values.filter { !$0.isLast }.compactMap(\.keys.last).min()
        var keys = Set(listings.values.flatMap(\.keys))
        if let end { keys = keys.filter { $0 <= end } }
        walk.closed = ([walk.closed] + listings.values.map(\.closed)).compactMap { $0 }.max()
        walk.freed = ([walk.freed] + listings.values.map(\.freed)).compactMap { $0 }.max()
        // What one of them has freed, all the others may.
        if let freed = walk.freed { keys = keys.filter { $0.hour.map { $0 > freed } ?? true } }
        (walk.after, walk.isLast) = (end, end == nil)
        walk.phase = .carrying(keys)
        rescan.walks[shard] = walk
        for key in keys.sorted() { carry(key) }
        if keys.isEmpty { goOn(shard, walk) }
    }

    /// Proposes a register's value once more, whether it changes or not.
    mutating func carry(_ key: RegisterKey) {
        let proposer = proposers[key] ?? Proposer(key)
        proposers[key] = proposer
        proposer.carries = true
        if proposer.isIdle { advance(key) } else { setTimer(proposer) }
    }

    /// A register is with a majority of its new stores.
    mutating func carried(_ proposer: Proposer) {
        guard proposer.carries else { return }
        proposer.carries = false
        let shard = proposer.key.shard
        guard var walk = rescan.walks[shard], case .carrying(var open) = walk.phase, open.remove(proposer.key) != nil else { return }
        rescan.own.registers += 1
        walk.phase = .carrying(open)
        rescan.walks[shard] = walk
        if open.isEmpty { goOn(shard, walk) }
    }

    private mutating func goOn(_ shard: Int, _ walk: Rescan.Walk) {
        if walk.isLast { tellHours(shard, walk) } else { list(shard, walk) }
    }

    private mutating func carried(_ shard: Int) {
        rescan.walks[shard] = nil
        noteCarried(shard)
        beginWalks()
    }

    private mutating func noteCarried(_ shard: Int) {
        rescan.own.shards.insert(shard)
        rescan.learn([shard], now: now)
    }

    // MARK: Answering

    /// Lists what this store knows of a shard.
    mutating func list(_ request: ShardRequest, after key: RegisterKey?, to peer: StoreID) {
        let limit = RegisterLimits.listedKeys
        let keys = ahead.keys(ofShard: request.shard, after: key, limit: limit, in: store)
        let horizon = freeing.horizons[request.shard]
        // What is listed must be as durable as what was accepted of it.
        answerDurably(
            RegisterAnswer(
                round: request.round,
                body: .listed(ShardListing(keys: keys, isLast: keys.count < limit, closed: horizon?.closed, freed: horizon?.freed))),
            to: peer)
    }

    /// Takes over how far the shard was closed and freed before this store had a place in it.
    mutating func inherit(_ request: ShardRequest, _ closed: CreationHour, _ freed: CreationHour?, from peer: StoreID) {
        var horizon = freeing.horizons[request.shard] ?? ShardHorizon(shard: request.shard)
        let before = horizon
        horizon.closed = max(horizon.closed ?? closed, closed)
        horizon.freed = [horizon.freed, freed].compactMap { $0 }.max()
        if horizon != before {
            freeing.horizons[request.shard] = horizon
            ahead.put(horizon)
        }
        // One that was told, and kept what was freed, would bring it back with one that was not.
        if let freed = horizon.freed, freed != before.freed { free(request.shard, freed) }
        answerDurably(RegisterAnswer(round: request.round, body: .horizon(inTheWay: nil)), to: peer)
    }

    // MARK: The whole

    /// Where the configuration is kept, all that is carried anywhere comes together: soon at its home, and more slowly at the
    /// others, in case the home is of no use.
    private mutating func askWhatWasCarried() {
        guard let rank = rank(in: Shard.configuration), rescan.asksAgain <= now else { return }
        rescan.asksAgain = now + figures.rescanInterval * (1 + 10 * rank)
        rescan.told[id] = rescan.own.registers
        let known = CarriedShards(epoch: map.epoch, shards: rescan.known, registers: rescan.registers)
        for store in map.stores where store != id { tell(store, .carriedQuestion(known)) }
        report()
    }

    mutating func answerWhatWasCarried(_ known: CarriedShards, to peer: StoreID) {
        guard known.epoch == map.epoch, map.isJoint else { return }
        rescan.learn(known.shards, now: now)
        tell(peer, .carriedAnswer(rescan.own))
    }

    mutating func take(_ carried: CarriedShards, from peer: StoreID) {
        guard carried.epoch == map.epoch, map.isJoint else { return }
        rescan.learn(carried.shards, now: now)
        rescan.told[peer] = carried.registers
    }

    /// Says how far it has come: when that has changed, and when all is done until the map is settled.
    private mutating func report() {
        let progress = RescanProgress(
            epoch: map.epoch, moving: map.moving.count, carried: map.moving.count(where: rescan.known.contains),
            registers: rescan.registers)
        guard progress != rescan.reported || progress.isComplete else { return }
        rescan.reported = progress
        emit(.rescanned(progress))
    }
}
