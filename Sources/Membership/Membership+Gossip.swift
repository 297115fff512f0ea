import World

extension Membership {
    /// Sends of each rumour: max(minimum, multiplier x ceil(log2(members + 1))).
    package var retransmitBudget: Int {
        // ceil(log2(x)) of an integer x >= 2 is the bit width of x - 1.
        let members = liveCount
        let log2 = Int.bitWidth - members.leadingZeroBitCount
        return max(figures.retransmitMinimum, figures.retransmitMultiplier * log2)
    }

    /// Passes on what was just learnt. What came by an exchange is mostly known to everybody else (a newcomer learns the whole mesh that way), so
    /// it is told in one round only: enough to start a rumour where it is news.
    mutating func spread(_ slot: Int) {
        rumours.enqueue(slot, told: isExchanging ? max(0, retransmitBudget - figures.gossipFanout) : 0)
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
        let status = table[slot].member.status
        let full = (whole || status == .alive) && table[slot].member.metadataVersion > 0
        return MemberRecord(
            identity: table[slot].member.identity, address: table[slot].member.address,
            incarnation: table[slot].member.incarnation, status: status,
            ageMs: status.isLive ? 0 : UInt64(clamping: (clock - table[slot].member.since).milliseconds),
            accusers: status == .alive ? [] : table[slot].suspicion?.accusers ?? table[slot].accusers,
            metadataVersion: full ? table[slot].member.metadataVersion : 0, metadata: full ? table[slot].packed : nil)
    }

    /// Packed size of that record, or a few bytes more.
    func size(_ slot: Int, whole: Bool) -> Int {
        let status = table[slot].member.status
        var bytes = MemberRecord.bareSize(table[slot].member)
        if status != .alive {
            for accuser in table[slot].suspicion?.accusers ?? table[slot].accusers { bytes += PackedSize.of(accuser.name) + 1 }
        }
        return whole || status == .alive ? bytes + table[slot].packed.count : bytes
    }
}
