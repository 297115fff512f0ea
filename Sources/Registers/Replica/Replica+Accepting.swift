import World

extension Replica {
    /// Whether this replica may say yes to anybody.
    var votes: Bool { standing == .voting || (mutations.contains(.olderDiskVotes) && standing != .full) }

    /// Answers a proposer.
    mutating func serve(_ request: RegisterRequest, from peer: StoreID) {
        let key = request.key
        guard votes else { return refuse(request, .unable, peer) }
        guard serves(epoch: request.epoch) else { return refuse(request, refusalOfEpoch(request.epoch), peer) }
        guard isReplica(id, of: key.shard), isReplica(peer, of: key.shard) else { return refuse(request, .unable, peer) }
        if case .fetch(let after, let start) = request.action { return give(request, after: after, from: start, to: peer) }
        let record = record(of: key) ?? RegisterRecord()
        if let closed = refusesCreation(request, record) { return refuse(request, .closed(closed), peer) }
        switch request.action {
        case .prepare: prepare(request, record, peer)
        case .accept(let delta, let next, _): accept(request, delta, next, record, peer)
        case .confirm: confirm(request, record, peer)
        case .fetch: break
        }
    }

    /// The closed hour in which the request would make a register. One whose making was proposed before the hour was closed, and
    /// may have been chosen, may still be made elsewhere too, until the hour is freed.
    private func refusesCreation(_ request: RegisterRequest, _ record: RegisterRecord) -> CreationHour? {
        guard record.accepted == .none, let hour = request.key.hour, let horizon = freeing.horizons[request.key.shard] else { return nil }
        if let freed = horizon.freed, hour <= freed { return freed }
        guard case .accept(let delta, _, let isRepeated) = request.action, delta.base == .none, !isRepeated, let closed = horizon.closed,
            hour <= closed
        else { return nil }
        return closed
    }

    /// Answers one that asks about a whole shard.
    mutating func serve(_ request: ShardRequest, from peer: StoreID) {
        let refusal: RegisterAnswer.Body? =
            if !votes {
                .unable
            } else if !serves(epoch: request.epoch) {
                refusalOfEpoch(request.epoch)
            } else if !request.isOfAllShards, !isReplica(id, of: request.shard) || !isReplica(peer, of: request.shard) {
                .unable
            } else {
                nil
            }
        if let refusal { return tell(peer, .answer(RegisterAnswer(round: request.round, body: refusal))) }
        switch request.action {
        case .horizon(let hour, let step):
            if request.isOfAllShards {
                takeEverywhere(step, upTo: hour, for: request, from: peer)
            } else {
                take(step, upTo: hour, for: request, from: peer)
            }
        case .list(let after): list(request, after: after, to: peer)
        case .inherit(let closed, let freed): inherit(request, closed, freed, from: peer)
        }
    }

    /// Of the right epoch, but before the fence is durable: nothing can be said yet.
    private func refusalOfEpoch(_ epoch: UInt64) -> RegisterAnswer.Body { epoch == map.epoch ? .unable : .wrongEpoch(map.epoch) }

    private func isReplica(_ store: StoreID, of shard: Int) -> Bool {
        map.has(store, in: shard) || mutations.contains(.replicasFromTheRing)
    }

    mutating func refuse(_ request: RegisterRequest, _ body: RegisterAnswer.Body, _ peer: StoreID) {
        tell(peer, .answer(RegisterAnswer(round: request.round, body: body)))
    }

    private mutating func prepare(_ request: RegisterRequest, _ record: RegisterRecord, _ peer: StoreID) {
        let yes = told(request, record)
        switch Acceptor.prepare(request.ballot, record) {
        case .yes(let promised, _):
            if mutations.contains(.promiseInMemory) {
                volatilePromises[request.key] = promised.promise
                return tell(peer, .answer(yes))
            }
            put(request.key, promised)
            answerDurably(yes, to: peer)
        case .again: answerDurably(yes, to: peer)
        case .outbid(let ballot): refuse(request, .outbid(ballot), peer)
        case .behind: preconditionFailure("a prepare needs no base")
        }
    }

    private mutating func accept(
        _ request: RegisterRequest, _ delta: RegisterDelta, _ next: Ballot, _ record: RegisterRecord, _ peer: StoreID
    ) {
        let yes = RegisterAnswer(round: request.round, body: .accepted)
        var record = record
        if mutations.contains(.deltaOnAnyBase), record.base != delta.base, record.pending?.version != delta.base {
            record.base = delta.base
            record.pending = nil
        }
        switch Acceptor.accept(delta, next: next, record) {
        case .yes(let accepted, let folded):
            put(request.key, accepted, rows: folded.map { settled($0.storedRows, of: request.key) } ?? [])
            answerDurably(yes, to: peer)
        case .again: answerDurably(yes, to: peer)
        case .outbid(let ballot): refuse(request, .outbid(ballot), peer)
        case .behind:
            refuse(request, .behind(record.base), peer)
            fetch(request.key, atLeast: delta.base.ballot, from: peer, holding: (request, peer))
        }
    }

    private func told(_ request: RegisterRequest, _ record: RegisterRecord) -> RegisterAnswer {
        RegisterAnswer(
            round: request.round,
            body: .promised(base: record.base, pending: record.pending?.version, closed: freeing.closed(request.key.shard)))
    }

    private mutating func confirm(_ request: RegisterRequest, _ record: RegisterRecord, _ peer: StoreID) {
        if request.ballot == .zero {
            // What is told here may make a majority, so it must be as durable as the yes to an accept.
            answerDurably(told(request, record), to: peer)
        } else if Acceptor.confirm(request.ballot, record) {
            refuse(request, .confirmed, peer)
        } else {
            refuse(request, .outbid(record.promise), peer)
        }
    }
}
