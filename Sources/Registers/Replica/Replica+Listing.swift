import World

extension Replica {
    /// Names registers of which this replica is the home, as many as one turn allows.
    mutating func list(_ listing: RegisterListing, _ token: UInt64) {
        switch standing {
        case .voting, .full: emit(.answer(token, .success(page(listing).packed)))
        case .asking, .rolledBack:
            let sentence = "this node's store does not take part now, and cannot say what it holds"
            emit(.answer(token, .failure(RegisterError(.notReady, .failed, sentence, retryAfter: .seconds(1)))))
        }
    }

    private mutating func page(_ listing: RegisterListing) -> RegisterPage {
        var page = RegisterPage()
        let limit = min(max(listing.limit, 1), RegisterLimits.surveyedEntries), most = RegisterLimits.surveyedNames
        let keys = store.keys(at: listing.stages, from: listing.start, before: listing.end, limit: most)
        for key in keys {
            if page.entries.count == limit { return page }
            let isListed = !listing.kind.isEmpty || machine.isListed(key)
            if !isListed, let slash = key.bytes.firstIndex(of: UInt8(ascii: "/")) {
                // On to what comes before all of its kind.
                page.reached = Array(key.bytes[...slash])
                return page
            }
            if isListed, let glance = glance(key, listing) {
                let isFirst = page.entries.isEmpty
                if !isFirst, page.bytes + glance.answer.count > RegisterLimits.surveyBytes { return page }
                page.append(key, glance)
            }
            page.reached = key.bytes
        }
        if keys.count < most { page.reached = nil }
        return page
    }

    /// What is to be said of a register; nil when the list does not ask for it, or another store has to name it.
    private mutating func glance(_ key: RegisterKey, _ listing: RegisterListing) -> RegisterGlance? {
        guard key.shard != Shard.configuration, rank(in: key.shard) == 0, let version = known(key) else { return nil }
        guard version != .none else {
            // Maybe it has been made, and whoever made it has died.
            settle(key)
            return nil
        }
        let view = fold(key, at: version).view
        guard listing.shows(view.whole) else { return nil }
        settle(key)
        if listing.which != .all, hasEnded(key, after: version) { return nil }
        var answer = (try? machine.read(listing.query, view)) ?? []
        if answer.count > RegisterLimits.surveyBytes { answer = [] }
        return RegisterGlance(version: version.number, isFinished: view.isFinished, due: view.due, answer: answer)
    }

    /// The work has ended with a change that was accepted here and is not known to be chosen, as after the home of a register has changed: all
    /// that ended before would be listed once more as if it went on. To settle such a change is to propose it again, unless there is a later one.
    /// Where that cannot be, it may never have been chosen, and what is not known to have ended goes on.
    private mutating func hasEnded(_ key: RegisterKey, after version: RegisterVersion) -> Bool {
        guard let pending = record(of: key)?.pending, pending.version != version, canSettle(key) else { return false }
        return pending.state.isFinished
    }

    /// Whether this replica votes and a majority lives with it, as gossip tells.
    private func canSettle(_ key: RegisterKey) -> Bool {
        standing == .voting && map.electorate(of: key.shard).isDecided(by: live.union([id]))
    }
}
