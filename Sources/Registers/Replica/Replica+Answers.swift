import World

extension Replica {
    mutating func answered(_ answer: RegisterAnswer, by peer: StoreID) {
        guard let key = rounds[answer.round] else { return }
        if let fetch = fetches[key], fetch.round == answer.round {
            if case .piece(let piece) = answer.body { take(piece, of: key, from: peer) } else { tryElsewhere(key, fetch) }
            return
        }
        if freeing.round == answer.round { return freeingAnswered(answer.body, by: peer) }
        guard let proposer = proposers[key], proposer.round == answer.round else { return }
        switch proposer.phase {
        case .peeking(var round, var promises):
            note(answer.body, by: peer, in: &round, &promises)
            proposer.phase = .peeking(round, promises)
            judgePeek(proposer, round, promises)
        case .preparing(var round, var promises):
            note(answer.body, by: peer, in: &round, &promises)
            proposer.phase = .preparing(round, promises)
            if round.isDecided {
                build(proposer, on: promises.finding(round.electorate))
            } else if round.isHopeless {
                fail(proposer, round, answer.body)
            }
        case .accepting(var round, let delta, let answers):
            note(answer.body, by: peer, in: &round)
            proposer.phase = .accepting(round, delta, answers: answers)
            if round.isDecided { chosen(proposer, delta, answers) } else if round.isHopeless { fail(proposer, round, answer.body) }
        case .confirming(var round, let answers):
            note(answer.body, by: peer, in: &round)
            proposer.phase = .confirming(round, answers: answers)
            if round.isDecided { confirmed(proposer, answers) } else if round.isHopeless { fail(proposer, round, answer.body) }
        case .idle, .pausing, .fetching: break
        }
        if let proposer = proposers[key] { setTimer(proposer) }
    }

    private mutating func note(_ body: RegisterAnswer.Body, by peer: StoreID, in round: inout Round, _ promises: inout Promises) {
        if case .promised(let base, let pending) = body {
            promises.add(peer, base: base, pending: pending)
            round.agree(peer)
        } else {
            note(body, by: peer, in: &round)
        }
    }

    private mutating func note(_ body: RegisterAnswer.Body, by peer: StoreID, in round: inout Round) {
        switch body {
        case .accepted, .confirmed: round.agree(peer)
        case .outbid(let ballot):
            ballots.heard(of: ballot)
            round.refuse(peer)
        case .closed: round.refuse(peer, asClosed: true)
        case .wrongEpoch, .unable: round.refuse(peer)
        case .behind, .piece, .horizon, .promised: break
        }
    }

    /// That the register's hour is closed ends what is wished of it only when so many say it that no majority can have the register.
    private mutating func fail(_ proposer: Proposer, _ round: Round, _ last: RegisterAnswer.Body) {
        fail(proposer, round.isClosed ? last : nil)
    }

    private mutating func judgePeek(_ proposer: Proposer, _ round: Round, _ promises: Promises) {
        guard round.isDecided else {
            if round.isHopeless { fail(proposer, nil) }
            return
        }
        let held = record(of: proposer.key) ?? RegisterRecord()
        if let version = promises.agreed, held.holds(version) || version == .none {
            endRound(proposer)
            proposer.failures = 0
            answerReads(proposer, from: version)
            advance(proposer.key)
        } else {
            endRound(proposer)
            prepare(proposer)
        }
    }
}
