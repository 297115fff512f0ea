import World

// LOOKING WITHOUT ASKING
//
// A read asks a majority, because only a majority knows what was acknowledged last. Who wants to show how far some work has come, or how
// many there are of something, or waits for an end, does not need that: one replica tells what it knows to be chosen, at once, whether it
// reaches others or not.
//
// A change that was accepted here is not told before this replica knows that it is chosen: as the one that proposed it, or from the next
// change. Else something would be seen that never was. But of the last change of a register there is no next; and when its proposer has
// died, the others would go on telling what went before. So the home, when it is looked at there and does not know, asks the others as
// for a read. That is not waited for: it is for who looks next.
//
// Whoever looks after the home's registers on the home's own node looks in the same way, but never at less than what was accepted here: where
// that is not known to be chosen, a look waits for what is under way, or is a read.
//
// Who has seen a version may wait here for a later one. All that leads to one in this replica wakes those who wait.

/// Those who wait for registers to change.
struct Glancing {
    /// By key, in the order in which they came.
    var waiting: [RegisterKey: [RegisterWish]] = [:]
    /// Of all keys.
    var count = 0
}

extension Replica {
    /// Answers from what is here; or, of one who has seen that, keeps the wish until there is more.
    mutating func glance(_ wish: RegisterWish, _ query: [UInt8], seen: UInt64?) {
        if isNewcomer(wish.key.shard) {
            return end(wish, .notReady, "this node's store is being given its copy of \(wish.key); ask another", .milliseconds(100))
        }
        settle(wish.key)
        guard !answer(wish, query, seen: seen) else { return }
        guard seen != nil else {
            return end(wish, .notReady, "this node's copy of \(wish.key) is being brought up to date; ask another", .milliseconds(100))
        }
        let ofKey = glancing.waiting[wish.key]?.count ?? 0
        guard ofKey < RegisterLimits.waitingPerKey, glancing.count < RegisterLimits.watching else {
            return end(wish, .overloaded, "\(glancing.count) wait for registers to change at this node already; try again", .seconds(1))
        }
        guard wish.deadline > now else { return endLate(wish, query) }
        glancing.waiting[wish.key, default: []].append(wish)
        glancing.count += 1
        timers.insert(.glance(wish.key), at: wish.deadline)
    }

    /// Something has become known of a register that may be a later version.
    mutating func wake(_ key: RegisterKey) {
        guard !glancing.waiting.isEmpty, let waiting = glancing.waiting[key] else { return }
        keep(waiting.filter { wish in
            guard case .glance(let query, let seen) = wish.action else { return false }
            return !answer(wish, query, seen: seen)
        }, of: key, from: waiting.count)
    }

    /// Answers those whose time is over.
    mutating func glanceIsDue(_ key: RegisterKey) {
        guard let waiting = glancing.waiting[key] else { return }
        keep(waiting.filter { $0.deadline > now }, of: key, from: waiting.count)
        for wish in waiting where wish.deadline <= now {
            if case .glance(let query, _) = wish.action { endLate(wish, query) }
        }
    }

    private mutating func keep(_ wishes: [RegisterWish], of key: RegisterKey, from before: Int) {
        glancing.count -= before - wishes.count
        glancing.waiting[key] = wishes.isEmpty ? nil : wishes
    }

    /// Those who wait for registers that others hold now are told to ask them.
    mutating func endGlancesElsewhere() {
        for key in glancing.waiting.keys.sorted() where !map.has(id, in: key.shard) {
            guard let waiting = glancing.waiting[key] else { continue }
            keep([], of: key, from: waiting.count)
            for wish in waiting { end(wish, .notHere, Self.isElsewhere(key), .milliseconds(100)) }
        }
    }

    // MARK: Answering

    /// False when nothing is here that would be news, or while rows are on their way.
    private mutating func answer(_ wish: RegisterWish, _ query: [UInt8], seen: UInt64?) -> Bool {
        guard let version = known(wish.key) else { return false }
        if let seen, version.number <= seen, !isOver(wish.key, at: version) { return false }
        answer(wish, query, at: version)
        return true
    }

    /// What is here, though it is no news; nothing while rows are on their way.
    private mutating func endLate(_ wish: RegisterWish, _ query: [UInt8]) {
        if let version = known(wish.key) { return answer(wish, query, at: version) }
        end(wish, .notReady, "this node's copy of \(wish.key) is being brought up to date; ask another", .milliseconds(100))
    }

    private mutating func answer(_ wish: RegisterWish, _ query: [UInt8], at version: RegisterVersion) {
        do throws(MachineRefusal) {
            emit(.answer(wish.token, .success(try glance(wish.key, query, at: version).packed)))
        } catch {
            emit(.answer(wish.token, .failure(error.error)))
        }
    }

    /// The register at a version that is here and known to be chosen.
    mutating func glance(_ key: RegisterKey, _ query: [UInt8], at version: RegisterVersion) throws(MachineRefusal) -> RegisterGlance {
        guard version != .none else {
            return RegisterGlance(version: 0, isFinished: isOver(key, at: version), due: nil, answer: [])
        }
        let view = fold(key, at: version).view
        let answer = try machine(of: key).read(query, view)
        return RegisterGlance(version: version.number, isFinished: view.isFinished, due: view.due, answer: answer)
    }

    /// The newest version that this replica has and knows to be chosen; nil while its rows are mixed.
    mutating func known(_ key: RegisterKey) -> RegisterVersion? {
        guard let record = record(of: key) else { return RegisterVersion.none }
        if record.isCatchingUp { return nil }
        if let pending = record.pending?.version, isChosen(pending, of: key) { return pending }
        return record.base
    }

    private func isChosen(_ pending: RegisterVersion, of key: RegisterKey) -> Bool { proposers[key]?.current == pending }

    /// Nothing will follow: the work has ended, or was freed.
    private mutating func isOver(_ key: RegisterKey, at version: RegisterVersion) -> Bool {
        if version == .none, let hour = key.hour, let freed = freeing.horizons[key.shard]?.freed { return hour <= freed }
        guard let record = record(of: key) else { return false }
        return record.pending?.version == version ? record.pending?.state.isFinished ?? false : record.state.isFinished
    }

    private func isNewcomer(_ shard: Int) -> Bool { map.isJoint && map.newcomers(in: shard).contains(id) }

    private mutating func end(_ wish: RegisterWish, _ code: RegisterError.Code, _ sentence: String, _ retryAfter: Duration) {
        emit(.answer(wish.token, .failure(RegisterError(code, .failed, sentence, retryAfter: retryAfter))))
    }

    // MARK: Looking

    /// Answers a look of the home's own node, when nothing was accepted here but what is known to be chosen; else it is a read.
    mutating func answersAtOnce(_ wish: RegisterWish, _ query: [UInt8]) -> Bool {
        guard rank(in: wish.key.shard) == 0, let record = record(of: wish.key), !record.isCatchingUp else { return false }
        guard record.pending.map({ isChosen($0.version, of: wish.key) }) ?? true else { return false }
        let view = fold(wish.key, at: record.pending?.version ?? record.base).view
        emit(.answer(wish.token, answer(to: query, of: wish.key, view)))
        return true
    }

    // MARK: What is not known to be chosen

    /// At the home, finds out whether a change is chosen that was accepted here; unless something is under way that will tell.
    mutating func settle(_ key: RegisterKey) {
        guard standing == .voting, rank(in: key.shard) == 0, let pending = record(of: key)?.pending?.version,
            !isChosen(pending, of: key)
        else { return }
        let proposer = proposers[key] ?? Proposer(key)
        guard proposer.isIdle, !proposer.isWanted else { return }
        proposers[key] = proposer
        proposer.settles = true
        advance(key)
    }

    /// A round of this replica has shown that a version is chosen, which others may learn of only with the next change, and this one would
    /// forget with its proposer.
    mutating func settled(_ proposer: Proposer, at version: RegisterVersion) {
        guard proposer.settles else { return }
        proposer.settles = false
        guard let record = record(of: proposer.key), let pending = record.pending, pending.version == version, !record.isCatchingUp
        else { return }
        put(proposer.key, record.folding(pending), rows: settled(pending.storedRows, of: proposer.key))
    }
}
