import World

extension Replica {
    mutating func answered(_ answer: RegisterAnswer, by peer: StoreID) {
        if freeing.round == answer.round { return freeingAnswered(answer.body, by: peer) }
        if freeing.passing?.round == answer.round { return passingAnswered(answer.body, by: peer) }
        guard let key = rounds[answer.round] else {
            if let shard = rescan.shard(ofRound: answer.round) { rescanAnswered(shard, answer.body, by: peer) }
            return
        }
        if let fetch = fetches[key], fetch.round == answer.round {
            if case .piece(let piece) = answer.body { take(piece, of: key, from: peer) } else { tryElsewhere(key, fetch) }
            return
        }
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
                proposer.closed = promises.closed
                build(proposer, on: promises.finding(round.electorate))
            } else if round.isHopeless {
                fail(proposer, round, answer.body)
            }
        case .accepting(var round, let delta, let answers):
            note(answer.body, by: peer, in: &round)
            proposer.phase = .accepting(round, delta, answers: answers)
            judgeAccept(proposer, round, delta, answers, answer.body)
        case .confirming(var round, let answers):
            note(answer.body, by: peer, in: &round)
            proposer.phase = .confirming(round, answers: answers)
            if round.isDecided { confirmed(proposer, answers) } else if round.isHopeless { fail(proposer, round, answer.body) }
        case .idle, .pausing, .fetching: break
        }
        if let proposer = proposers[key] { setTimer(proposer) }
    }

    private mutating func note(_ body: RegisterAnswer.Body, by peer: StoreID, in round: inout Round, _ promises: inout Promises) {
        if case .promised(let base, let pending, let closed) = body {
            promises.add(peer, base: base, pending: pending, closed: closed)
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
        case .behind, .piece, .horizon, .promised, .listed: break
        }
    }

    private mutating func judgeAccept(
        _ proposer: Proposer, _ round: Round, _ delta: RegisterDelta, _ answers: [Fold.Answer], _ body: RegisterAnswer.Body
    ) {
        if round.isDecided {
            // What is carried over may have to be fetched first at the newcomers; a majority without them would leave them empty.
            if !(proposer.carries && awaitsNewcomers(proposer.key, round)) { chosen(proposer, delta, answers) }
        } else if round.isHopeless {
            fail(proposer, round, body)
        }
    }

    private func awaitsNewcomers(_ key: RegisterKey, _ round: Round) -> Bool {
        map.newcomers(in: key.shard).contains { live.contains($0) && !round.yes.contains($0) && !round.no.contains($0) }
    }

    /// That the register's hour is closed ends what is wished of it only when so many say it that no majority can have the
    /// register.
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
            settled(proposer, at: version)
            answerReads(proposer, from: version)
            advance(proposer.key)
        } else {
            endRound(proposer)
            prepare(proposer)
        }
    }
}
