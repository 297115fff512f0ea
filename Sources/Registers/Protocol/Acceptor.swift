// THE ACCEPTOR
//
// CASPaxos (Rystsov, "CASPaxos: Replicated State Machines without logs", 2018), per register: a proposer asks the acceptors to
// promise a ballot, learns from a majority what was accepted last, and asks them to accept its successor under that ballot. A value
// that a majority has accepted is chosen, and every later one builds on it. There is no log and no leader.
//
// Where we depart from the paper:
//  * Values are not sent whole. A change is a delta on a version that is known to be chosen, and an acceptor keeps that version,
//    the base, and at most one delta over it. A delta whose base is the delta that is kept proves that one chosen: it is folded.
//  * Only the kept delta may be unchosen. A proposer that finds one proposes the very same again, alone, before anything of its
//    own. It then bears another ballot, and whoever holds the first already as its base gives that the new name: see `renamed`.
//    So one chosen version may be known by several names, and a delta may come on any of them; its number tells which it is.
//  * An accept carries the promise for the next ballot, so that a proposer that stays needs one round trip. That is the paper's
//    own one-round-trip optimisation; the promise is for one ballot and made durable with the accept.
//  * An accept that is repeated is answered with yes again. That needs ballots that are never used twice: see `Ballot`.
//  * `confirm` asks whether a promise still stands. A majority of yes means that nothing was chosen since, so a proposer that
//    holds the value may answer reads from it. The paper runs an identity change, which writes.

/// The rules by which one replica promises and accepts. Pure functions of its record.
package enum Acceptor {
    /// What becomes of a request.
    package enum Verdict: Equatable {
        /// Yes, once this record is durable; and first apply the rows of the delta that has turned out to be chosen.
        case yes(RegisterRecord, folding: RegisterDelta?)
        /// Yes, and nothing changes: it was done before.
        case again
        /// No: this ballot is promised.
        case outbid(Ballot)
        /// Neither: the delta's base is not here.
        case behind
    }

    package static func prepare(_ ballot: Ballot, _ record: RegisterRecord) -> Verdict {
        if ballot < record.promise { return .outbid(record.promise) }
        if ballot == record.promise { return .again }
        var record = record
        record.promise = ballot
        return .yes(record, folding: nil)
    }

    package static func accept(_ delta: RegisterDelta, next: Ballot, _ record: RegisterRecord) -> Verdict {
        if let pending = record.pending, pending.ballot == delta.ballot { return .again }
        if delta.ballot < record.promise { return .outbid(record.promise) }
        if record.isCatchingUp { return .behind }
        if record.base.number == delta.base.number {
            var record = record.renamed(delta.base) ?? record
            record.pending = delta.proposed(on: record.base)
            record.promise = max(next, delta.ballot)
            return .yes(record, folding: nil)
        }
        if let known = record.renamed(delta.version), delta.state == record.state {
            var known = known
            known.promise = max(next, delta.ballot)
            return .yes(known, folding: nil)
        }
        // The kept one may be the chosen one proposed again, if it is of that number and a higher ballot.
        guard let pending = record.pending, pending.version.number == delta.base.number, pending.ballot >= delta.base.ballot else {
            return .behind
        }
        var folded = record.folding(pending)
        folded.pending = delta.proposed(on: folded.base)
        folded.promise = max(next, delta.ballot)
        return .yes(folded, folding: pending)
    }

    package static func confirm(_ ballot: Ballot, _ record: RegisterRecord) -> Bool { record.promise == ballot }
}

extension RegisterRecord {
    /// The record when its pending change has turned out to be chosen.
    package func folding(_ delta: RegisterDelta) -> RegisterRecord {
        precondition(delta.base == base, "a change on \(delta.base) was to be folded into \(base)")
        var record = self
        record.base = delta.version
        record.state = delta.state
        record.pending = nil
        return record
    }

    /// The record when its base turns up again under a higher ballot. Nil when it is not that.
    ///
    /// A version of the number of a chosen one, and of a higher ballot, is the chosen one proposed again: its proposer's majority
    /// shared an acceptor with that of the first. What was accepted on top of the first under a lower ballot was not chosen, or
    /// that proposer would have met it too. What was accepted under a higher one is on top of the same version, and stays.
    package func renamed(_ version: RegisterVersion) -> RegisterRecord? {
        guard !isCatchingUp, base.number > 0, version.number == base.number, base < version else { return nil }
        var record = self
        record.base = version
        record.promise = max(promise, version.ballot)
        record.pending = pending.flatMap { $0.ballot > version.ballot ? $0.proposed(on: version) : nil }
        return record
    }

    /// Whether `version`, which is chosen or may be, is the base, here known by that name or a later one.
    package func isOn(_ version: RegisterVersion) -> Bool {
        !isCatchingUp && base.number == version.number && base.ballot >= version.ballot
    }

    /// Whether this replica can tell the register's value at `version`.
    package func holds(_ version: RegisterVersion) -> Bool {
        !isCatchingUp && (base == version || pending?.version == version)
    }
}

extension RegisterDelta {
    /// The rows as they are stored when this is chosen.
    package var storedRows: [StoredRow] { rows.map { StoredRow(key: $0.key, value: $0.value, changed: version.number) } }
}
