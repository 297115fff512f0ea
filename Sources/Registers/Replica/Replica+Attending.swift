import World

// LOOKING AFTER REGISTERS
//
// A register may say when somebody has to look after it: because it holds letters for others, has work done, or has set a timer. Who does that
// is no part of the register, and whoever does it finds what is to be done written in it. So it does not matter who, how often, or whether two do
// it at once; it matters that somebody does.
//
// Every replica that holds the register, as far as it knows, is somebody. The home looks after it as soon as it is due. Each further replica
// gives those before it time, counted from when it last heard of the register; so one that is looked after is left alone by the others, and
// one whose home has died, or is of no use, has somebody else after that time. What a majority has chosen some living replica of every majority
// holds. Looking begins with a read of the register's true state, so that what one replica believes decides nothing.
//
// A node whose wall clock is off fires no timers (see `ClockWatch` in the room Membership), and says so to all. It stands behind those whose clocks
// are right, and is nobody's home while one of these lives: so timers need not wait for it to fall silent, and none goes by its clock.
//
// What a change has replaced is known to be replaced only when the next change comes, and the last of a register has none. So a register that was
// due before its last change, and is not since, or only later, is proposed once more after a while, if nothing else comes: that settles it
// everywhere.
//
// Bounded: only what is due soon is watched in memory, and of that so many. The rest is read from the store as its time comes.

/// The registers that somebody has to look after, as far as this replica knows.
struct Attending {
    struct Entry {
        /// Milliseconds since 1970.
        var due: UInt64
        /// When the register last changed here.
        var since: Instant
        /// The instant for which a timer is set.
        var timer: Instant
        /// It was found to be due only by what was most likely replaced.
        var isDoubtful = false
    }

    /// What is due later than this is left to the store for now.
    static let window: Duration = .seconds(120)
    /// How often the store is asked.
    static let interval: Duration = .seconds(30)
    /// The wall clock, beside the monotonic one, when the store was asked last.
    var wallAtStart: Int64?

    var entries: [RegisterKey: Entry] = [:]
}

extension Replica {
    /// Notes what a register that was written says of when it is due.
    mutating func watch(_ key: RegisterKey, _ record: RegisterRecord?) {
        guard let due = record?.due, isSoon(due) else {
            if !attending.entries.isEmpty, attending.entries.removeValue(forKey: key) != nil { emit(.rests(key)) }
            return
        }
        let before = attending.entries[key]
        if before != nil, record?.isDueByTheBaseAlone(at: UInt64(clamping: wall.millisecondsSince1970)) == true { emit(.rests(key)) }
        guard before != nil || attending.entries.count < RegisterLimits.watched else { return }
        attending.entries[key] = Attending.Entry(due: due, since: now, timer: before?.timer ?? .distantFuture)
        setAttendTimer(key)
    }

    private func isSoon(_ due: UInt64) -> Bool {
        Int64(clamping: due) - wall.millisecondsSince1970 <= Attending.window.milliseconds
    }

    /// The instant at which this replica has to look after the register; nil when it has no place there.
    private func attends(_ key: RegisterKey, _ entry: Attending.Entry) -> Instant? {
        guard map.has(id, in: key.shard), let rank = rank(in: key.shard) else { return nil }
        let wait = Int64(clamping: entry.due) - wall.millisecondsSince1970
        let due = wait > 0 ? now + .milliseconds(wait) : entry.since
        return due + figures.attendPatience * rank
    }

    private mutating func setAttendTimer(_ key: RegisterKey) {
        guard let entry = attending.entries[key], let at = attends(key, entry), at < entry.timer else { return }
        attending.entries[key]?.timer = at
        timers.insert(.attend(key), at: at)
    }

    mutating func attendIsDue(_ key: RegisterKey) {
        guard var entry = attending.entries[key], entry.timer <= now else { return }
        entry.timer = .distantFuture
        attending.entries[key] = entry
        guard let at = attends(key, entry) else { return }
        var again = at
        if at <= now {
            // Once more after a while, should nothing come of it.
            again = now + (standing == .asking ? .milliseconds(100) : figures.attendInterval)
            if standing == .voting { lookAfter(key, entry) }
        }
        guard attending.entries[key] != nil else { return }
        attending.entries[key]?.timer = again
        timers.insert(.attend(key), at: again)
    }

    private mutating func lookAfter(_ key: RegisterKey, _ entry: Attending.Entry) {
        let time = UInt64(clamping: wall.millisecondsSince1970)
        guard record(of: key)?.isDueByTheBaseAlone(at: time) == true else { return emit(.attend(key)) }
        attending.entries[key]?.isDoubtful = true
        if entry.isDoubtful { carry(key) }
    }

    /// Reads from the store what is due soon, while there is room.
    mutating func lookForDue() {
        timers.insert(.attendance, at: now + Attending.interval)
        let offset = wall.millisecondsSince1970 - now.nanoseconds / 1_000_000
        let isSet = abs(offset - (attending.wallAtStart ?? offset)) > 1_000
        attending.wallAtStart = offset
        if attending.entries.count <= RegisterLimits.watched / 2 {
            let soon = UInt64(clamping: wall.millisecondsSince1970 + Attending.window.milliseconds)
            for key in store.due(by: soon, limit: RegisterLimits.watched) where attending.entries[key] == nil { watch(key, record(of: key)) }
        }
        // The wall clock was set, or the machine slept: timers are of the other clock.
        if isSet { watchAnew() }
    }

    /// Others stand in as homes than before.
    mutating func watchAnew() {
        for key in attending.entries.keys.sorted() {
            if map.has(id, in: key.shard) { setAttendTimer(key) } else { attending.entries[key] = nil }
        }
    }
}
