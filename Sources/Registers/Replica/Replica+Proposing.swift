import World

extension Replica {
    // MARK: Wishes

    mutating func take(_ wish: RegisterWish) {
        if let error = reasonToRefuse(wish) { return emit(.answer(wish.token, .failure(error))) }
        if case .glance(let query, let seen) = wish.action { return glance(wish, query, seen: seen) }
        if case .look(let query) = wish.action, answersAtOnce(wish, query) { return }
        let proposer = proposers[wish.key] ?? Proposer(wish.key)
        proposers[wish.key] = proposer
        guard proposer.changes.count + proposer.reads.count < RegisterLimits.waitingPerKey, waiting < RegisterLimits.waiting else {
            let error = RegisterError(
                .overloaded, .failed, "\(waiting) wishes wait at this node already; try again", retryAfter: .seconds(1))
            return emit(.answer(wish.token, .failure(error)))
        }
        waiting += 1
        switch wish.action {
        case .change: proposer.changes.append(wish)
        case .read, .look, .glance: proposer.reads.append(wish)
        }
        if proposer.isIdle { wished.append(wish.key) } else { setTimer(proposer) }
    }

    /// Begins what was wished in this turn.
    mutating func beginWished() {
        var keys: [RegisterKey] = []
        swap(&keys, &wished)
        for key in keys { advance(key) }
    }

    private func reasonToRefuse(_ wish: RegisterWish) -> RegisterError? {
        guard map.has(id, in: wish.key.shard) || mutations.contains(.replicasFromTheRing) else {
            return RegisterError(.notHere, .failed, "this node holds no replica of \(wish.key); ask one that does")
        }
        switch standing {
        case .voting: break
        case .asking:
            if !votes {
                return RegisterError(
                    .notReady, .failed, "this node's store was opened a moment ago and asks its peers what they have heard of it; try again",
                    retryAfter: .seconds(1))
            }
        case .full:
            return RegisterError(
                .notReady, .failed, "the disk of this node's store is full; free space, and it recovers by itself", retryAfter: .seconds(5))
        case .rolledBack:
            return RegisterError(.notReady, .failed, Self.isRolledBack)
        }
        let bytes = switch wish.action {
        case .change(_, let command): command.count
        case .read(let query), .look(let query), .glance(let query, _): query.count
        }
        guard bytes <= RegisterLimits.commandBytes else {
            return RegisterError(.tooLarge, .failed, "a command has at most \(RegisterLimits.commandBytes) bytes, not \(bytes)")
        }
        if case .change(let operation?, _) = wish.action, let closed = freeing.closed(wish.key.shard), CreationHour(of: operation) <= closed {
            return Self.expired("operation \(operation)", closed)
        }
        return nil
    }

    static var isRolledBack: String { "this node's store is an older copy of itself and never votes again; replace it" }

    static func expired(_ what: String, _ closed: CreationHour) -> RegisterError {
        RegisterError(
            .expired, .unknown, "\(what) is older than what is remembered (\(closed) has been closed); whether it was done is no longer known")
    }

    // MARK: The next step

    /// Begins whatever the proposer of this key can do now.
    mutating func advance(_ key: RegisterKey) {
        guard let proposer = proposers[key], proposer.isIdle else { return }
        endClosed(proposer)
        guard proposer.isWanted else { return rest(proposer) }
        let held = record(of: key) ?? RegisterRecord()
        if mutations.contains(.readFromOneReplica), !proposer.reads.isEmpty, held.holds(held.accepted) {
            proposer.covered = proposer.reads.count
            answerReads(proposer, from: held.accepted)
            return advance(key)
        }
        // What was never written is not to be carried: that would make it. A prepare says whether it was meanwhile.
        let makes = proposer.carries && proposer.current == .none
        if proposer.grant != nil, makes || proposer.epoch != map.epoch || !held.holds(proposer.current) { proposer.dropGrant() }
        if proposer.grant != nil {
            if !proposer.changes.isEmpty || proposer.carries { propose(proposer) } else { confirm(proposer) }
        } else if proposer.changes.isEmpty && !proposer.carries && proposer.failures == 0 {
            peek(proposer)
        } else {
            prepare(proposer)
        }
        setTimer(proposer)
    }

    /// Nothing is wished here. With a grant the proposer is kept, for the next change then needs one round trip.
    private mutating func rest(_ proposer: Proposer) {
        guard proposer.grant != nil else { return proposers[proposer.key] = nil }
        resting.append(proposer.key)
        guard resting.count > 2 * RegisterLimits.restingProposers else { return }
        let oldest = resting.prefix(RegisterLimits.restingProposers)
        resting.removeFirst(RegisterLimits.restingProposers)
        let kept = Set(resting)
        for key in oldest where !kept.contains(key) {
            if let proposer = proposers[key], proposer.isIdle, !proposer.isWanted { proposers[key] = nil }
        }
    }

    /// Who decides about a key. Never who lives, but for the mutations that plant just that.
    func electorate(of key: RegisterKey) -> Electorate {
        let written = map.electorate(of: key.shard)
        if mutations.contains(.majorityOfTheLiving) {
            return Electorate(epoch: map.epoch, sets: written.sets.map { $0.filter { live.contains($0) || $0 == id } })
        }
        if mutations.contains(.newSetAlone), let new = written.sets.last { return Electorate(epoch: map.epoch, sets: [new]) }
        if mutations.contains(.oldSetAlone) { return Electorate(epoch: map.epoch, sets: [written.sets[0]]) }
        guard mutations.contains(.replicasFromTheRing) else { return written }
        let ring = map.stores
        let turned = ring.indices.map { ring[($0 + key.shard) % ring.count] }
        return Electorate(epoch: map.epoch, sets: [Array(turned.filter { live.contains($0) || $0 == id }.prefix(3))])
    }

    /// Puts a question to the key's electorate.
    private mutating func ask(_ proposer: Proposer, _ ballot: Ballot, _ action: RegisterRequest.Action) -> Round {
        lastRound += 1
        let patience = min(figures.roundTimeout * (1 << min(proposer.failures, 6)), figures.roundLimit)
        let jitter = Duration.nanoseconds(Int64(random.unit() * Double(patience.nanoseconds) / 4))
        let round = Round(lastRound, electorate(of: proposer.key), due: now + patience + jitter)
        rounds[round.number] = proposer.key
        proposer.covered = proposer.reads.count
        let request = RegisterRequest(round: round.number, epoch: map.epoch, key: proposer.key, ballot: ballot, action: action)
        for store in round.electorate.members { tell(store, .request(request)) }
        return round
    }

    private mutating func peek(_ proposer: Proposer) {
        proposer.phase = .peeking(ask(proposer, .zero, .confirm), Promises())
    }

    mutating func prepare(_ proposer: Proposer) {
        let ballot: Ballot
        if let kept = proposer.kept {
            proposer.grant = .repeated(kept)
            ballot = kept
            proposer.kept = nil
        } else {
            if let promise = record(of: proposer.key)?.promise { ballots.heard(of: promise) }
            let grant = ballots.next()
            ballot = grant.ballot
            proposer.grant = Optional(consume grant)
        }
        proposer.epoch = map.epoch
        proposer.lastOperation = nil
        proposer.phase = .preparing(ask(proposer, ballot, .prepare), Promises())
    }

    private mutating func confirm(_ proposer: Proposer) {
        guard let ballot = proposer.grant?.ballot else { return }
        if mutations.contains(.unconfirmedReads) {
            proposer.covered = proposer.reads.count
            answerReads(proposer, from: proposer.current)
            return advance(proposer.key)
        }
        proposer.phase = .confirming(ask(proposer, ballot, .confirm), answers: [])
    }

    /// Folds what waits into one change and proposes it.
    private mutating func propose(_ proposer: Proposer) {
        guard let ballot = proposer.grant?.ballot else { return }
        if proposer.lastOperation == nil { lookUpLastOperation(proposer) }
        var fold = self.fold(proposer.key, at: proposer.current, lastOperation: proposer.lastOperation, under: ballot)
        var taken = 0
        for wish in proposer.changes {
            guard add(wish, to: &fold) else { break }
            taken += 1
        }
        precondition(taken > 0 || proposer.carries, "the first of the waiting changes always fits, or is refused")
        proposer.changes.removeFirst(taken)
        // Answers of what was carried out before, too: without its majority nobody may say that it was not.
        for answer in fold.answers { proposer.proposed.insert(answer.wish.token) }
        if fold.isEmpty && !proposer.carries {
            // Nothing to write: but what the answers say has to be true now.
            proposer.phase = .confirming(ask(proposer, ballot, .confirm), answers: fold.answers)
        } else {
            if let known = proposer.lastOperation, let last = fold.view.lastChangedOperation, known.lexicographicallyPrecedes(last) {
                proposer.lastOperation = last
            }
            let isEarly = mutations.contains(.acknowledgedBeforeCommit)
            if isEarly { answer(proposer, fold.answers) }
            accept(proposer, fold.delta(on: proposer.current, under: ballot), answers: isEarly ? [] : fold.answers)
        }
    }

    /// False when there is no room for it beside the others.
    private func add(_ wish: RegisterWish, to fold: inout Fold) -> Bool {
        guard case .change(let operation, let command) = wish.action else { return false }
        let notes = !mutations.contains(.noOperationIDs)
        return fold.add(wish, operation: notes ? operation : nil, command: command, machine: machine(of: wish.key))
    }

    /// The rules of a register. Those of the configuration's are the protocol's own.
    func machine(of key: RegisterKey) -> any RegisterMachine { key.shard == Shard.configuration ? ConfigurationMachine() : machine }

    /// The register at a version that this replica holds.
    mutating func fold(
        _ key: RegisterKey, at version: RegisterVersion, lastOperation: [UInt8]? = nil, under ballot: Ballot = .zero
    ) -> Fold {
        let (state, rows) = look(key, at: version)
        let circumstances = Circumstances(now: wall, host: figures.host, ballot: ballot, passed: passed, schema: map.schema)
        return Fold(state, rows, lastOperation: lastOperation, circumstances: circumstances)
    }

    private mutating func look(_ key: RegisterKey, at version: RegisterVersion) -> (RegisterState, LayeredRows) {
        let record = record(of: key) ?? RegisterRecord()
        if let pending = record.pending, pending.version == version {
            return (pending.state, LayeredRows(rows(of: key), beneath: pending.storedRows))
        }
        return (record.state, rows(of: key))
    }

    /// Whether the first of the waiting changes is newer than all that were carried out: then so are, most likely, those to come.
    private mutating func lookUpLastOperation(_ proposer: Proposer) {
        guard case .change(let operation?, _) = proposer.changes.first?.action else { return }
        let key = RegisterView.key(of: operation)
        let run = look(proposer.key, at: proposer.current).1.run(from: key, changedAfter: 0, within: RowBound(rows: 1, bytes: 0))
        let isOperation = { (row: StoredRow) in row.key.first == RegisterView.Kind.operation.rawValue }
        if !run.rows.contains(where: isOperation), run.next == nil || !run.rows.isEmpty { proposer.lastOperation = key }
    }

    mutating func accept(_ proposer: Proposer, _ delta: RegisterDelta, isRepeated: Bool = false, answers: [Fold.Answer]) {
        guard let grant = proposer.grant.take() else { return }
        let spent = grant.spend()
        precondition(spent == delta.ballot, "a change is proposed under the ballot that was spent for it")
        let next = ballots.next()
        let promise = next.ballot
        proposer.grant = Optional(consume next)
        proposer.phase = .accepting(ask(proposer, spent, .accept(delta, next: promise, isRepeated: isRepeated)), delta, answers: answers)
    }
}
