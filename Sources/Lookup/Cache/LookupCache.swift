import World

// WHAT IS KEPT
//
// An answer is kept for as long as it says that it holds (the time to live of DNS records, the lifetime that HTTP gives a document), documents
// and failures alike, within bounds. Time is the node's monotonic clock: nothing is kept longer because a wall clock was set back.
// What has been asked for least recently goes when there is too much. What is too old goes when it is asked for, or for want of room: the
// bounds hold whether it is looked for or not.

/// What lookups have found out, by what was asked.
package struct LookupCache: Sendable {
    /// What is kept, and how it stands.
    package struct Hit: Hashable, Sendable {
        package let finding: LookupFinding
        /// How long it has been kept.
        package let age: Duration
        /// How long it will be.
        package let left: Duration
    }

    private struct Entry {
        let subject: LookupSubject
        let finding: LookupFinding
        /// When its lookup had begun, as a number that rises.
        let begun: UInt64
        let kept: Instant
        let expires: Instant
        let bytes: Int
        /// Places of the neighbours: of the one that was asked for after this, and of the one before.
        var newer: Int?
        var older: Int?
    }

    /// Bytes that an entry takes beside its texts, about.
    package static let entryBytes = 256

    private let settings: LookupCacheSettings
    private var places: [LookupSubject: Int] = [:]
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?
    /// Of all that is kept, about.
    package private(set) var bytes = 0
    /// Those that had to go before their time.
    package private(set) var evicted = 0

    package init(_ settings: LookupCacheSettings) { self.settings = settings.clamped }

    package var count: Int { places.count }
    /// It keeps nothing, ever.
    package var isOff: Bool { settings.entries == 0 }

    /// What is kept for this subject, which counts as asked for.
    package mutating func find(_ subject: LookupSubject, _ now: Instant) -> Hit? {
        guard let place = places[subject], let entry = entries[place] else { return nil }
        guard now < entry.expires else {
            remove(place)
            return nil
        }
        unlink(place)
        linkAsNewest(place)
        return Hit(finding: entry.finding, age: now - entry.kept, left: entry.expires - now)
    }

    /// Keeps what was found out for as long as it holds. It takes the place of what came of a lookup that had begun earlier, and leaves that of
    /// one that began later. A document that does not say how long it holds is not kept, and what was kept before it is out of date.
    /// - Parameter begun: when the lookup has begun, as a number that rises with every lookup.
    /// - Returns: for how long it is kept; nil when it is not.
    package mutating func keep(_ finding: LookupFinding, of subject: LookupSubject, begun: UInt64, _ now: Instant) -> Duration? {
        let known = places[subject]
        if let known, let entry = entries[known], entry.begun > begun, now < entry.expires { return nil }
        let longest = finding.isSuccess ? settings.keepMax : settings.failedMax
        let bytes = Self.entryBytes + 2 * subject.target.text.utf8.count + finding.size
        guard let keep = finding.keep.map({ min($0, longest) }), keep > .zero, !isOff, bytes <= settings.bytes else {
            if finding.isSuccess, let known { remove(known) }
            return nil
        }
        if let known { remove(known) }
        let entry = Entry(subject: subject, finding: finding, begun: begun, kept: now, expires: now + keep, bytes: bytes)
        let place = free.popLast() ?? entries.endIndex
        if place == entries.endIndex { entries.append(entry) } else { entries[place] = entry }
        places[subject] = place
        self.bytes += bytes
        linkAsNewest(place)
        while count > settings.entries || self.bytes > settings.bytes, let oldest {
            if let entry = entries[oldest], now < entry.expires { evicted += 1 }
            remove(oldest)
        }
        return keep
    }

    // MARK: The order of use

    private mutating func remove(_ place: Int) {
        unlink(place)
        guard let entry = entries[place] else { return }
        bytes -= entry.bytes
        places[entry.subject] = nil
        entries[place] = nil
        free.append(place)
    }

    private mutating func unlink(_ place: Int) {
        guard let entry = entries[place] else { return }
        if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
        if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
        entries[place]?.newer = nil
        entries[place]?.older = nil
    }

    private mutating func linkAsNewest(_ place: Int) {
        entries[place]?.older = newest
        if let newest { entries[newest]?.newer = place } else { oldest = place }
        newest = place
    }
}
