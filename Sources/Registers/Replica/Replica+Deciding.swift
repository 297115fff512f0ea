import World

extension Replica {
    // MARK: What a majority has said

    /// A majority has promised: builds on what it tells, once that is here.
    mutating func build(_ proposer: Proposer, on finding: Promises.Finding) {
        guard proposer.epoch == map.epoch else { return fail(proposer, nil) }
        endRound(proposer)
        let held = held(proposer.key, at: finding.version)
        switch finding {
        case .chosen(let version, let holders):
            if held.isOn(version) { return granted(proposer, at: held.base) }
            guard held.holds(version) else { return fetch(proposer, finding, version.ballot, from: holders) }
            granted(proposer, at: version)
        case .open(let version, let base, let holders):
            if held.isOn(version) {
                granted(proposer, at: held.base)
            } else if let pending = held.pending, pending.version == version, !held.isCatchingUp {
                repropose(proposer, pending)
            } else {
                fetch(proposer, finding, base.ballot, from: holders)
            }
        }
    }

    /// The record, after its base was given the name under which a majority told of it.
    private mutating func held(_ key: RegisterKey, at version: RegisterVersion) -> RegisterRecord {
        let held = record(of: key) ?? RegisterRecord()
        guard let renamed = held.renamed(version) else { return held }
        put(key, renamed)
        return renamed
    }

    /// Somebody else's change may or may not be chosen: it is proposed again, alone, under the own ballot.
    private mutating func repropose(_ proposer: Proposer, _ open: RegisterDelta) {
        guard let ballot = proposer.grant?.ballot else { return advance(proposer.key) }
        accept(proposer, open.proposed(under: ballot), isRepeated: true, answers: [])
    }

    /// The grant stands on a chosen version. Reads that came before the prepare may be answered: nothing newer was chosen when it
    /// began.
    private mutating func granted(_ proposer: Proposer, at version: RegisterVersion) {
        proposer.current = version
        proposer.failures = 0
        settled(proposer, at: version)
        wake(proposer.key)
        answerReads(proposer, from: version)
        // Nothing was ever chosen, so nothing has to be carried.
        if version == .none { carried(proposer) }
        advance(proposer.key)
    }

    private mutating func fetch(
        _ proposer: Proposer, _ finding: Promises.Finding, _ ballot: Ballot, from holders: [StoreID]
    ) {
        guard let source = holders.first(where: { $0 != id }) ?? electorate(of: proposer.key).members.first(where: { $0 != id }) else {
            return fail(proposer, nil)
        }
        proposer.phase = .fetching(finding, until: now + figures.roundLimit)
        fetch(proposer.key, atLeast: ballot, from: source)
    }

    /// What was missing has come, or nobody has it.
    mutating func fetched(_ key: RegisterKey, pending: RegisterDelta?) {
        guard let proposer = proposers[key], case .fetching(let finding, _) = proposer.phase else { return }
        guard proposer.epoch == map.epoch else { return fail(proposer, nil) }
        proposer.phase = .idle
        let held = held(key, at: finding.version)
        switch finding {
        case .chosen(let version, _):
            if held.isOn(version) {
                granted(proposer, at: held.base)
            } else if held.holds(version) { granted(proposer, at: version) } else { fail(proposer, nil) }
        case .open(let version, let base, _):
            // The base may be known by different names, here and where the change was found.
            let open = [held.pending, pending].compactMap { $0 }.first { $0.version == version && $0.base.number == base.number }
            if held.isOn(version) {
                granted(proposer, at: held.base)
            } else if let open, held.base.number == base.number, !held.isCatchingUp { repropose(proposer, open) } else { fail(proposer, nil) }
        }
        setTimer(proposer)
    }

    mutating func chosen(_ proposer: Proposer, _ delta: RegisterDelta, _ answers: [Fold.Answer]) {
        endRound(proposer)
        proposer.current = delta.version
        proposer.failures = 0
        proposer.kept = nil
        proposer.settles = false
        if proposer.epoch == map.epoch { carried(proposer) }
        wake(proposer.key)
        answer(proposer, answers)
        answerReads(proposer, from: delta.version)
        advance(proposer.key)
    }

    mutating func confirmed(_ proposer: Proposer, _ answers: [Fold.Answer]) {
        endRound(proposer)
        proposer.failures = 0
        proposer.settles = false
        answer(proposer, answers)
        answerReads(proposer, from: proposer.current)
        advance(proposer.key)
    }

    /// An attempt has come to nothing: those who waited for it wait for the next, after a pause.
    mutating func fail(_ proposer: Proposer, _ cause: RegisterAnswer.Body?) {
        var ballot: Ballot?
        let isClosed = proposer.isClosed
        switch proposer.phase {
        case .accepting(_, let delta, let answers):
            ballot = delta.ballot
            proposer.changes.insert(contentsOf: answers.map(\.wish), at: 0)
        case .confirming(_, let answers): proposer.changes.insert(contentsOf: answers.map(\.wish), at: 0)
        case .idle, .pausing, .peeking, .preparing, .fetching: break
        }
        endRound(proposer)
        proposer.dropGrant()
        proposer.settles = false
        if mutations.contains(.ballotReused) { proposer.kept = ballot }
        if isClosed {
            carried(proposer)
            if case .closed(let closed) = cause { return endAll(proposer) { _ in Self.expired("register \(proposer.key)", closed) } }
        }
        proposer.failures += 1
        let pauses = FullJitter(first: figures.backoff, longest: figures.roundTimeout)
        proposer.phase = .pausing(until: now + pauses.pause(after: proposer.failures, &random))
        setTimer(proposer)
    }

    mutating func endRound(_ proposer: Proposer) {
        if let round = proposer.round { rounds[round] = nil }
        proposer.phase = .idle
    }

    // MARK: Answering wishes

    mutating func answer(_ proposer: Proposer, _ answers: [Fold.Answer]) {
        for answer in answers { end(proposer, answer.wish, answer.result) }
    }

    private mutating func end(_ proposer: Proposer, _ wish: RegisterWish, _ result: Result<[UInt8], RegisterError>) {
        waiting -= 1
        proposer.proposed.remove(wish.token)
        emit(.answer(wish.token, result))
    }

    /// Answers the covered reads from a version, if this replica still holds it: another's change may have taken the place of its
    /// own accepted one while the round was decided elsewhere. Then the reads wait for the next round.
    mutating func answerReads(_ proposer: Proposer, from version: RegisterVersion) {
        guard (record(of: proposer.key) ?? RegisterRecord()).holds(version) else { return proposer.covered = 0 }
        let wishes = proposer.takeCovered()
        guard !wishes.isEmpty else { return }
        let view = fold(proposer.key, at: version).view
        for wish in wishes {
            switch wish.action {
            case .read(let query), .look(let query): end(proposer, wish, answer(to: query, of: proposer.key, view))
            case .change, .glance: preconditionFailure("a read that is none")
            }
        }
    }

    /// What a register's machine answers.
    func answer(to query: [UInt8], of key: RegisterKey, _ view: RegisterView) -> Result<[UInt8], RegisterError> {
        do throws(MachineRefusal) { return .success(try machine(of: key).read(query, view)) } catch { return .failure(error.error) }
    }

    /// Ends the changes whose hour was closed while they waited: whether they were done long ago is no longer known.
    mutating func endClosed(_ proposer: Proposer) {
        guard let closed = [freeing.closed(proposer.key.shard), proposer.closed].compactMap({ $0 }).max() else { return }
        func isLate(_ wish: RegisterWish) -> Bool {
            if case .change(let operation?, _) = wish.action { CreationHour(of: operation) <= closed } else { false }
        }
        let late = proposer.changes.filter(isLate)
        proposer.changes.removeAll(where: isLate)
        for wish in late { end(proposer, wish, .failure(Self.expired("an operation of \(proposer.key)", closed))) }
    }

    private mutating func endAll(_ proposer: Proposer, _ error: (RegisterWish) -> RegisterError) {
        let wishes = proposer.underWay.map(\.wish) + proposer.changes + proposer.reads
        endRound(proposer)
        (proposer.changes, proposer.reads, proposer.covered) = ([], [], 0)
        for wish in wishes { end(proposer, wish, .failure(error(wish))) }
        proposers[proposer.key] = nil
    }

    /// Others hold the register now.
    mutating func endElsewhere(_ proposer: Proposer) {
        endAll(proposer, .notHere, Self.isElsewhere(proposer.key), retryAfter: .milliseconds(100))
    }

    static func isElsewhere(_ key: RegisterKey) -> String { "this node holds no replica of \(key) any more; ask one that does" }

    mutating func endRolledBack(_ proposer: Proposer) {
        endAll(proposer, .notReady, Self.isRolledBack, retryAfter: nil)
    }

    /// What was proposed before may have been chosen.
    private mutating func endAll(_ proposer: Proposer, _ code: RegisterError.Code, _ sentence: String, retryAfter: Duration?) {
        let proposed = proposer.proposed
        endAll(proposer) { wish in
            RegisterError(code, proposed.contains(wish.token) ? .unknown : .failed, sentence, retryAfter: retryAfter)
        }
    }

    // MARK: Time

    mutating func setTimer(_ proposer: Proposer) {
        let due = proposer.due
        guard due < proposer.timer else { return }
        proposer.timer = due
        timers.insert(.proposer(proposer.key), at: due)
    }

    mutating func proposerIsDue(_ key: RegisterKey) {
        guard let proposer = proposers[key], proposer.timer <= now else { return }
        proposer.timer = .distantFuture
        expire(proposer)
        switch proposer.phase {
        case .idle: advance(key)
        case .pausing(let until):
            if until <= now {
                proposer.phase = .idle
                advance(key)
            }
        case .fetching(_, let until):
            if until <= now { fail(proposer, nil) }
        case .peeking(let round, _), .preparing(let round, _), .accepting(let round, _, _), .confirming(let round, _):
            guard round.due <= now else { break }
            if case .accepting(_, let delta, let answers) = proposer.phase, round.isDecided {
                chosen(proposer, delta, answers)
            } else {
                fail(proposer, nil)
            }
        }
        if let proposer = proposers[key] { setTimer(proposer) }
    }

    /// Ends the wishes whose time is over. A change that is part of a proposal under way may yet be chosen.
    private mutating func expire(_ proposer: Proposer) {
        for wish in proposer.takeLate(now) {
            let isOpen = proposer.proposed.contains(wish.token)
            end(
                proposer, wish,
                .failure(
                    RegisterError(
                        .noMajority, isOpen ? .unknown : .failed, "no majority of the replicas of \(proposer.key) answered in time",
                        retryAfter: .seconds(1))))
        }
    }
}
