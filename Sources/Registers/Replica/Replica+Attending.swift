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
// Bounded: so many registers are watched in memory, those that are due first. The others are read from the store when there is room.

/// The registers that somebody has to look after, as far as this replica knows.
struct Attending {
    struct Entry {
        /// Milliseconds since 1970.
        var due: UInt64
        /// When the register last changed here.
        var since: Instant
        /// The instant for which a timer is set.
        var timer: Instant
    }

    var entries: [RegisterKey: Entry] = [:]
    /// The store knows of more than is watched here.
    var hasMore = true
}

extension Replica {
    /// Notes what a register that was written says of when it is due.
    mutating func watch(_ key: RegisterKey, _ record: RegisterRecord?) {
        guard let due = record?.due else { return attending.entries[key] = nil }
        let before = attending.entries[key]
        guard before != nil || attending.entries.count < RegisterLimits.watched else { return attending.hasMore = true }
        attending.entries[key] = Attending.Entry(due: due, since: now, timer: before?.timer ?? .distantFuture)
        setAttendTimer(key)
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
        if at <= now, standing == .voting {
            emit(.attend(key))
            // Once more after a while, should nothing come of it.
            attending.entries[key]?.timer = now + figures.attendInterval
            timers.insert(.attend(key), at: now + figures.attendInterval)
        } else {
            attending.entries[key]?.timer = max(at, now + .milliseconds(100))
            timers.insert(.attend(key), at: max(at, now + .milliseconds(100)))
        }
    }

    /// Reads more from the store when there is room.
    mutating func lookForDue() {
        timers.insert(.attendance, at: now + figures.attendInterval)
        if attending.hasMore, attending.entries.count <= RegisterLimits.watched / 2 {
            let keys = store.due(by: .max, limit: RegisterLimits.watched)
            attending.hasMore = keys.count == RegisterLimits.watched
            for key in keys where attending.entries[key] == nil { watch(key, record(of: key)) }
        }
    }

    /// Others stand in as homes than before.
    mutating func watchAnew() {
        for key in attending.entries.keys.sorted() {
            if map.has(id, in: key.shard) { setAttendTimer(key) } else { attending.entries[key] = nil }
        }
    }
}
