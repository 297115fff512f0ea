import World

extension Membership {
    /// Sends of each rumour: max(minimum, multiplier x ceil(log2(members + 1))).
    var retransmitBudget: Int {
        // ceil(log2(x)) of an integer x >= 2 is the bit width of x - 1.
        let members = liveCount
        let log2 = Int.bitWidth - members.leadingZeroBitCount
        return max(figures.retransmitMinimum, figures.retransmitMultiplier * log2)
    }

    /// While there is something to tell, one interval after the last round; a rumour that comes after a rest leaves at once.
    var nextGossip: Instant {
        rumours.isEmpty || table.live.isEmpty ? .distantFuture : max(clock, lastGossip + figures.gossipInterval * Double(health.stretch))
    }

    mutating func tickGossip() {
        switch standing {
        case .member, .leaving: break
        default: return
        }
        guard nextGossip <= clock else { return }
        lastGossip = clock
        for slot in pick(figures.gossipFanout, { _, _ in true }) {
            let news = news(for: slot)
            if news.isEmpty { continue }
            send(.gossip(rumours: news), to: table[slot].member.peer)
        }
    }

    /// What to tell the member in `slot` along the way, within the budget of bytes. Its own accusation comes first (the buddy system).
    mutating func news(for slot: Int) -> [MemberRecord] {
        var records: [MemberRecord] = []
        var bytes = 0
        if table[slot].member.status == .suspect {
            records.append(record(slot, whole: false))
            bytes += size(slot, whole: false)
        }
        guard !rumours.isEmpty else { return records }
        // The queue is taken out so that it can be changed while the table is read.
        var queue = RumourQueue()
        swap(&queue, &rumours)
        let limit = figures.rumourBytes
        let first = records.isEmpty
        var none = true
        let taken = queue.take(budget: retransmitBudget) { candidate in
            if candidate == slot { return .skip }
            let more = size(candidate, whole: false)
            // A single rumour may exceed the budget, or large metadata would never travel.
            guard bytes + more <= limit || (first && none) else { return .full }
            bytes += more
            none = false
            return .take
        }
        swap(&queue, &rumours)
        for candidate in taken { records.append(record(candidate, whole: false)) }
        return records
    }

    /// What this node holds about a member, now. `whole` adds the metadata to whatever status.
    func record(_ slot: Int, whole: Bool) -> MemberRecord {
        let entry = table[slot]
        let member = entry.member
        let full = (whole || member.status == .alive) && member.metadataVersion > 0
        return MemberRecord(
            identity: member.identity, address: member.address, incarnation: member.incarnation, status: member.status,
            ageMs: member.status.isLive ? 0 : UInt64(clamping: (clock - member.since).milliseconds),
            accusers: entry.suspicion?.accusers ?? entry.accusers, metadataVersion: full ? member.metadataVersion : 0,
            metadata: full ? member.metadata : nil)
    }

    /// Upper bound of the packed size of that record.
    func size(_ slot: Int, whole: Bool) -> Int {
        let entry = table[slot]
        var bytes = 0
        for accuser in entry.suspicion?.accusers ?? entry.accusers { bytes += accuser.name.utf8.count + 5 }
        let full = whole || entry.member.status == .alive
        return bytes + (full ? entry.recordBytes : MemberRecord.estimateBare(entry.member))
    }
}
