import World

extension Replica {
    /// Whether this replica may say yes to anybody.
    var votes: Bool { standing == .voting || (mutations.contains(.olderDiskVotes) && standing != .full) }

    /// Answers a proposer.
    mutating func serve(_ request: RegisterRequest, from peer: StoreID) {
        let key = request.key
        guard votes else { return refuse(request, .unable, peer) }
        guard request.epoch == map.epoch else { return refuse(request, .wrongEpoch(map.epoch), peer) }
        guard isReplica(id, of: key), isReplica(peer, of: key) else { return refuse(request, .unable, peer) }
        switch request.action {
        case .fetch(let after, let start): return give(request, after: after, from: start, to: peer)
        case .horizon(let hour, let step): return take(step, upTo: hour, for: request, from: peer)
        case .prepare, .accept, .confirm: break
        }
        let known = record(of: key)
        if known == nil, let hour = key.hour, let closed = freeing.closed(key.shard), hour <= closed {
            return refuse(request, .closed(closed), peer)
        }
        let record = known ?? RegisterRecord()
        switch request.action {
        case .prepare: prepare(request, record, peer)
        case .accept(let delta, let next): accept(request, delta, next, record, peer)
        case .confirm: confirm(request, record, peer)
        case .fetch, .horizon: break
        }
    }

    private func isReplica(_ store: StoreID, of key: RegisterKey) -> Bool {
        map.has(store, in: key.shard) || mutations.contains(.replicasFromTheRing)
    }

    mutating func refuse(_ request: RegisterRequest, _ body: RegisterAnswer.Body, _ peer: StoreID) {
        tell(peer, .answer(RegisterAnswer(round: request.round, body: body)))
    }

    private mutating func prepare(_ request: RegisterRequest, _ record: RegisterRecord, _ peer: StoreID) {
        let yes = RegisterAnswer(
            round: request.round, body: .promised(base: record.base, pending: record.pending?.version))
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

    mutating func accept(
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

    private mutating func confirm(_ request: RegisterRequest, _ record: RegisterRecord, _ peer: StoreID) {
        if request.ballot == .zero {
            // What is told here may make a majority, so it must be as durable as the yes to an accept.
            answerDurably(
                RegisterAnswer(round: request.round, body: .promised(base: record.base, pending: record.pending?.version)), to: peer)
        } else if Acceptor.confirm(request.ballot, record) {
            refuse(request, .confirmed, peer)
        } else {
            refuse(request, .outbid(record.promise), peer)
        }
    }
}
