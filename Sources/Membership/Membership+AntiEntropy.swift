import World

// Digest first: two nodes compare one hash. Only when it differs they say what they hold, at first per bucket of names, then per
// member of the buckets that differ, and at last exchange the records that one of them lacks. No step needs memory of the step before, so any message
// may be lost, repeated or late.
//
// Departure: memberlist sends its whole state both ways every 30 s (push-pull); a newcomer whose rumour died stays unseen for that long. A
// digest costs about 20 bytes, so it can go out every few seconds.

extension Membership {
    mutating func tickAntiEntropy() {
        switch standing {
        case .member, .superseded: break
        default: return
        }
        guard nextAntiEntropy <= clock else { return }
        nextAntiEntropy = clock + antiEntropyDelay * ((0.75 + 0.5 * random.unit()) * Double(health.stretch))
        antiEntropyDelay = min(figures.antiEntropyMax, antiEntropyDelay * 1.5)
        guard let slot = pick(1, { _, _ in true }).first else { return }
        send(digestMessage, to: table[slot].member.peer)
    }

    var digestMessage: MembershipMessage { .digest(hash: table.digest.root, count: table.digest.count) }

    /// Something differed or is new: compare again soon.
    mutating func quicken() {
        antiEntropyDelay = figures.antiEntropyMin
        nextAntiEntropy = min(nextAntiEntropy, clock + figures.antiEntropyMin)
    }

    mutating func received(digest hash: UInt64, count: UInt32, from peer: MembershipPeer) {
        if hash == table.digest.root && count == table.digest.count { return }
        quicken()
        // A stranger lists itself among its members, so it is known after the exchange.
        if Int(min(count, 1 << 20)) + table.count <= 2 * ContentDigest.bucketCount {
            sendOutlines(mask: .max, to: peer)
        } else {
            send(.buckets(table.digest.buckets), to: peer)
        }
    }

    mutating func received(buckets: [UInt64], from peer: MembershipPeer) {
        guard buckets.count == ContentDigest.bucketCount else { return }
        var mask: UInt64 = 0
        for (i, hash) in table.digest.buckets.enumerated() where hash != buckets[i] { mask |= 1 << UInt64(i) }
        if mask == 0 { return }
        quicken()
        sendOutlines(mask: mask, to: peer)
    }

    /// Lists the members of the buckets in `mask`, whole buckets per message: as many as fit, at least one.
    private mutating func sendOutlines(mask: UInt64, to peer: MembershipPeer) {
        var part: UInt64 = 0
        var lines: [MemberOutline] = []
        var bytes = 0
        for bucket in 0..<ContentDigest.bucketCount where mask & (1 << UInt64(bucket)) != 0 {
            let spoken = table.byBucket[bucket].filter { isSpoken($0) }
            let more = spoken.reduce(0) { $0 + MemberOutline.size(table[$1].member) }
            if part != 0 && bytes + more > figures.exchangeBytes {
                send(.outline(mask: part, lines), to: peer)
                (part, lines, bytes) = (0, [], 0)
            }
            for slot in spoken {
                lines.append(
                    MemberOutline(
                        identity: table[slot].member.identity, addressMark: table[slot].addressMark,
                        incarnation: table[slot].member.incarnation, status: table[slot].member.status,
                        metadataVersion: table[slot].member.metadataVersion))
            }
            part |= 1 << UInt64(bucket)
            bytes += more
        }
        if part != 0 { send(.outline(mask: part, lines), to: peer) }
    }

    /// A node whose name is held by another does not speak of itself.
    private func isSpoken(_ slot: Int) -> Bool { slot != MemberTable.selfSlot || standing == .member }

    mutating func received(outline mask: UInt64, _ lines: [MemberOutline], from peer: MembershipPeer) {
        var mentioned = Set<Int>()
        var wants: [String] = []
        var tell: [Int] = []
        for line in lines {
            guard let slot = table.slot(named: line.identity.name) else {
                if line.status.isLive || tombstones[line.identity.name] == nil { wants.append(line.identity.name) }
                continue
            }
            guard mentioned.insert(slot).inserted else { continue }
            let (theirs, ours) = compare(line, slot)
            if theirs { wants.append(line.identity.name) }
            if ours { tell.append(slot) }
        }
        for bucket in 0..<ContentDigest.bucketCount where mask & (1 << UInt64(bucket)) != 0 {
            for slot in table.byBucket[bucket] where !mentioned.contains(slot) { tell.append(slot) }
        }
        sendRecords(tell, wants: wants, to: peer)
    }

    /// Whether the line says more than is known here, and whether less. Both can hold: status and metadata are ordered apart.
    private func compare(_ line: MemberOutline, _ slot: Int) -> (theirs: Bool, ours: Bool) {
        // Lives first: whatever else differs belongs to different processes then.
        let member = table[slot].member
        if line.identity.life != member.identity.life {
            return (line.identity.life > member.identity.life, line.identity.life < member.identity.life)
        }
        // Two addresses: only the records can tell which is the lower.
        if line.addressMark != table[slot].addressMark { return (true, true) }
        let theirs = Precedence(life: 0, address: member.address, incarnation: line.incarnation, status: line.status)
        let ours = Precedence(life: 0, address: member.address, incarnation: member.incarnation, status: member.status)
        return (
            theirs > ours || line.metadataVersion > member.metadataVersion,
            ours > theirs || member.metadataVersion > line.metadataVersion
        )
    }

    mutating func received(records: [MemberRecord], wants: [String], from peer: MembershipPeer) {
        isExchanging = true
        for record in records { merge(record, from: peer) }
        isExchanging = false
        // A name is answered once, however often it is asked for.
        var asked = Set<Int>()
        sendRecords(wants.compactMap { table.slot(named: $0) }.filter { asked.insert($0).inserted }, wants: [], to: peer)
    }

    /// Records in pieces; the wishes go with the first.
    private mutating func sendRecords(_ slots: [Int], wants: [String], to peer: MembershipPeer) {
        var wants = wants
        var piece: [MemberRecord] = []
        var bytes = wants.reduce(0) { $0 + $1.utf8.count + 2 }
        for slot in slots where isSpoken(slot) {
            let more = size(slot, whole: true)
            if bytes + more > figures.exchangeBytes && !(piece.isEmpty && wants.isEmpty) {
                send(.records(piece, wants: wants), to: peer)
                (piece, wants, bytes) = ([], [], 0)
            }
            piece.append(record(slot, whole: true))
            bytes += more
        }
        if !piece.isEmpty || !wants.isEmpty { send(.records(piece, wants: wants), to: peer) }
    }
}
