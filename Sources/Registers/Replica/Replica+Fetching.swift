import World

// CATCHING UP
//
// A replica that lacks the base of a change asks whoever has it for the rows changed since its own, in pieces of bounded size. One
// piece is the usual case and is installed in one commit. Of several, each is written as it comes, so that ten million rows need no
// memory; until the last, the record says that rows are mixed, and nobody may read here. Its word as an acceptor is not touched: it
// still tells what it accepted last. That may be newer than what a giver has, who may be behind as well: then it stays accepted.
//
// The giver may move on between two pieces. Then the rows that changed meanwhile are fetched in another pass, until one passes in
// which all pieces are of one version.
//
// A giver may also fall silent, and the next one be at an earlier version, which is good enough. Then some rows here are too new,
// and those that it has of the same keys need not be among what changed since our base: all of its rows are fetched, and what is
// too new after that is not there at its version.

/// A register whose rows are on their way here.
struct Fetch {
    /// A version of at least this ballot is wanted; it is known to be chosen.
    var wanted: Ballot
    /// Who is asked.
    var source: StoreID
    var round: UInt64
    /// Rows changed after this number are asked for.
    var after: UInt64
    /// Where the next piece begins.
    var start: [UInt8] = []
    /// Of the first piece of this pass.
    var version: RegisterVersion?
    /// Pieces of this pass were of different versions, or an earlier pass was mixed.
    var isMixed = false
    /// An accept that waits for its base.
    var held: (request: RegisterRequest, peer: StoreID)?
    var due: Instant
    /// How often a source did not answer.
    var failures = 0
}

extension Replica {
    /// Begins to fetch, unless that goes on already.
    mutating func fetch(
        _ key: RegisterKey, atLeast ballot: Ballot, from source: StoreID, holding held: (RegisterRequest, StoreID)? = nil
    ) {
        if var running = fetches[key] {
            running.wanted = max(running.wanted, ballot)
            if let held { running.held = held }
            fetches[key] = running
            return
        }
        guard source != id else { return }
        var fetch = Fetch(wanted: ballot, source: source, round: 0, after: record(of: key)?.base.number ?? 0, due: now)
        if let held { fetch.held = held }
        request(key, fetch)
    }

    private mutating func request(_ key: RegisterKey, _ fetch: Fetch) {
        var fetch = fetch
        rounds[fetch.round] = nil
        lastRound += 1
        fetch.round = lastRound
        fetch.due = now + figures.fetchTimeout
        rounds[fetch.round] = key
        fetches[key] = fetch
        timers.insert(.fetch(key), at: fetch.due)
        tell(
            fetch.source,
            .request(
                RegisterRequest(
                    round: fetch.round, epoch: map.epoch, key: key, ballot: fetch.wanted,
                    action: .fetch(after: fetch.after, from: fetch.start))))
    }

    mutating func fetchIsDue(_ key: RegisterKey) {
        guard let fetch = fetches[key], fetch.due <= now else { return }
        tryElsewhere(key, fetch)
    }

    /// The source has not what is wanted, or is silent: another replica may have it. A pass begins anew there.
    mutating func tryElsewhere(_ key: RegisterKey, _ fetch: Fetch) {
        let others = electorate(of: key).members.filter { $0 != id }
        guard fetch.failures < 2 * others.count, !others.isEmpty else { return endFetch(key, pending: nil) }
        var fetch = fetch
        fetch.failures += 1
        let place = others.firstIndex(of: fetch.source) ?? 0
        fetch.source = others[(place + 1) % others.count]
        fetch.after = record(of: key)?.base.number ?? 0
        (fetch.start, fetch.version) = ([], nil)
        request(key, fetch)
    }

    private mutating func endFetch(_ key: RegisterKey, pending: RegisterDelta?) {
        guard let fetch = fetches.removeValue(forKey: key) else { return }
        rounds[fetch.round] = nil
        if let (request, peer) = fetch.held, case .accept(let delta, _, _) = request.action, record(of: key)?.base.number == delta.base.number {
            serve(request, from: peer)
        }
        fetched(key, pending: pending)
    }

    /// Takes a piece in.
    mutating func take(_ piece: RegisterPiece, of key: RegisterKey, from peer: StoreID) {
        guard var fetch = fetches[key], fetch.source == peer else { return }
        let before = record(of: key) ?? RegisterRecord()
        // What is freed does not come back by a piece that was long on its way.
        if before.accepted == .none, let hour = key.hour, let freed = freeing.horizons[key.shard]?.freed, hour <= freed {
            return endFetch(key, pending: nil)
        }
        // Something newer has arrived by another way.
        if piece.version.ballot < fetch.wanted { return tryElsewhere(key, fetch) }
        if !before.isCatchingUp, piece.version.number == before.base.number, before.base.number > 0 {
            // The same version, maybe by another name.
            if let renamed = before.renamed(piece.version) { put(key, renamed) }
            return endFetch(key, pending: piece.pending)
        }
        if piece.version < before.base || piece.version == before.base && !before.isCatchingUp {
            return endFetch(key, pending: piece.version == before.base ? piece.pending : nil)
        }
        if let version = fetch.version { fetch.isMixed = fetch.isMixed || version != piece.version }
        let first = fetch.version ?? piece.version
        fetch.version = first
        let rows = settled(piece.rows, of: key)
        var record = before
        record.isCatchingUp = true
        let isLast = piece.next == nil && !fetch.isMixed
        if isLast && !(before.isCatchingUp && hasRows(after: piece.version, of: key, beneath: rows)) {
            install(piece, of: key, over: before, rows: rows)
            return endFetch(key, pending: piece.pending)
        }
        put(key, record, rows: rows)
        if isLast && fetch.after == 0 {
            takeAwayRows(after: piece.version, of: key, record)
            install(piece, of: key, over: record, rows: [])
            return endFetch(key, pending: piece.pending)
        }
        if isLast {
            (fetch.after, fetch.start, fetch.version) = (0, [], nil)
        } else if let next = piece.next {
            fetch.start = next
        } else {
            // What changed since this pass began is in the next.
            (fetch.after, fetch.start, fetch.version, fetch.isMixed) = (first.number, [], nil, false)
        }
        request(key, fetch)
    }

    /// Whether rows of a later version are here that another giver has left behind, and that the last piece does not replace.
    private func hasRows(after version: RegisterVersion, of key: RegisterKey, beneath last: [StoredRow]) -> Bool {
        let rows = LayeredRows(rows(of: key), beneath: last)
        var start: [UInt8]? = []
        while let from = start {
            let run = rows.run(from: from, changedAfter: version.number, within: .piece)
            if !run.rows.isEmpty { return true }
            start = run.next
        }
        return false
    }

    private mutating func takeAwayRows(after version: RegisterVersion, of key: RegisterKey, _ record: RegisterRecord) {
        var start: [UInt8]? = []
        while let from = start {
            let run = rows(of: key).run(from: from, changedAfter: version.number, within: .piece)
            if !run.rows.isEmpty { put(key, record, freed: run.rows.map(\.key)) }
            start = run.next
        }
    }

    private mutating func install(_ piece: RegisterPiece, of key: RegisterKey, over before: RegisterRecord, rows: [StoredRow]) {
        precondition(before.base < piece.version || before.isCatchingUp, "catching up may not lead back from \(before.base)")
        var record = before
        record.base = piece.version
        record.state = piece.state
        // A change of an older base is part of the new one or was never chosen. One of this base that was accepted under a higher ballot may
        // have been chosen, and whoever was told that it is accepted here counts on it.
        record.pending = piece.version.number == before.base.number
            ? before.pending.flatMap { $0.ballot > piece.version.ballot ? $0.proposed(on: piece.version) : nil } : nil
        record.promise = max(record.promise, piece.version.ballot)
        record.isCatchingUp = false
        put(key, record, rows: rows)
    }

    /// Gives one piece to a replica that is behind.
    mutating func give(_ request: RegisterRequest, after: UInt64, from start: [UInt8], to peer: StoreID) {
        guard var record = record(of: request.key), !record.isCatchingUp else { return refuse(request, .unable, peer) }
        if let pending = record.pending, pending.ballot == request.ballot {
            // Whoever asks for a version knows it to be chosen.
            record = record.folding(pending)
            put(request.key, record, rows: settled(pending.storedRows, of: request.key))
        }
        guard record.base.ballot >= request.ballot else { return refuse(request, .unable, peer) }
        let run = rows(of: request.key).run(from: start, changedAfter: after, within: .piece)
        let piece = RegisterPiece(
            version: record.base, state: record.state, pending: record.pending, rows: run.rows, next: run.next)
        refuse(request, .piece(piece), peer)
    }

    /// Rows without those of operations whose hour is gone.
    func settled(_ rows: [StoredRow], of key: RegisterKey) -> [StoredRow] {
        guard let freed = freeing.horizons[key.shard]?.freed else { return rows }
        return rows.filter { row in freeing.hour(ofOperation: row.key).map { $0 > freed } ?? true }
    }
}
