import World

extension Membership {
    /// Somebody speaks about this node's name.
    mutating func mergeAboutSelf(_ record: MemberRecord, from peer: MembershipPeer) {
        let own = self.own
        switch standing {
        case .left, .leaving: return
        case .member, .superseded, .finished: break
        }
        if record.identity.life < own.identity.life { return }
        let here = record.address == own.address
        if record.identity.life == own.identity.life && here { return answer(record, from: peer) }
        if record.identity.life == own.identity.life && own.address < record.address {
            let rival = MembershipPeer(identity: record.identity, address: record.address)
            if table[MemberTable.selfSlot].reportedRival != rival {
                table[MemberTable.selfSlot].reportedRival = rival
                out.append(.event(.nameConflict(holder: own.peer, rival: rival)))
            }
            return
        }
        // The mesh holds a higher life of this name, or the same life elsewhere. If that is dead, or lived here, it is an earlier process whose
        // counter was lost. If it lives elsewhere, it is a rival, and two processes that outbid each other would never end.
        if here || !record.status.isLive {
            finishLife(above: record.identity.life)
        } else {
            yieldName(to: MembershipPeer(identity: record.identity, address: record.address))
        }
    }

    /// Somebody speaks about this very process.
    private mutating func answer(_ record: MemberRecord, from peer: MembershipPeer) {
        if record.status == .left { return finishLife(above: own.identity.life) }
        guard standing == .member else { return }
        var member = own
        let accused = record.status != .alive && record.incarnation >= member.incarnation
        let outbid = record.status == .alive && record.incarnation > member.incarnation
        if record.metadataVersion > member.metadataVersion {
            // Said in a life of which this process knows nothing, with the same number: its own word must be the newest.
            member.metadataVersion = record.metadataVersion + 1
        } else if !accused && !outbid {
            return
        }
        if accused || outbid { member.incarnation = record.incarnation + 1 }
        guard member.incarnation < MembershipLimits.counter, member.metadataVersion < MembershipLimits.counter else {
            return finishLife(above: member.identity.life)
        }
        table.update(MemberTable.selfSlot, to: member)
        changed()
        rumours.enqueue(MemberTable.selfSlot)
        send(.gossip(rumours: [self.record(MemberTable.selfSlot, whole: true)]), to: peer)
        if accused {
            feel(1)
            out.append(.note(.refuted(incarnation: member.incarnation, accusers: record.accusers.map(\.name))))
        }
    }

    private mutating func finishLife(above life: UInt64) {
        if case .finished(let above) = standing, above >= life { return }
        standing = .finished(above: life)
        out.append(.startNewLife(above: life))
    }

    private mutating func yieldName(to holder: MembershipPeer) {
        if standing == .superseded(by: holder) { return }
        standing = .superseded(by: holder)
        out.append(.event(.nameConflict(holder: holder, rival: own.peer)))
        out.append(.note(.superseded(by: holder)))
    }

    /// The shell has raised the durable counter and renewed its sessions. `life` must exceed the present one.
    public mutating func beginNewLife(_ life: UInt64, now: Instant) -> [MembershipEffect] {
        precondition(life > own.identity.life, "life \(life) is not above \(own.identity.life)")
        begin(now)
        var member = own
        member.identity.life = life
        member.incarnation = 0
        member.metadataVersion = 1
        member.status = .alive
        member.since = clock
        table.update(MemberTable.selfSlot, to: member)
        table[MemberTable.selfSlot].reportedRival = nil
        standing = .member
        probes.removeAll()
        relays.removeAll()
        nextProbe = clock + probeBeat
        nextAntiEntropy = clock
        antiEntropyDelay = figures.antiEntropyMin
        (lastHeardAnybody, silentSince) = (clock, clock)
        rumours.enqueue(MemberTable.selfSlot)
        changed()
        unsettle()
        for seed in seeds { out.append(.connect(seed)) }
        return finish()
    }

    /// New metadata for this node, spread like any news. What it says of its clock stays. Throws when it is too large.
    public mutating func updateMetadata(_ metadata: MemberMetadata, now: Instant) throws(MembershipError) -> [MembershipEffect] {
        let metadata = telling(metadata)
        try MembershipLimits.check(metadata)
        begin(now)
        if metadata != own.metadata { tell(metadata) }
        return finish()
    }

    mutating func tell(_ metadata: MemberMetadata) {
        var member = own
        let old = member
        member.metadata = metadata
        member.metadataVersion += 1
        table.update(MemberTable.selfSlot, to: member, packed: PackedMetadata(metadata))
        changed()
        rumours.enqueue(MemberTable.selfSlot)
        if !old.metadata.placesLike(metadata) { unsettle() }
        out.append(.event(.updated(old: old, new: member)))
    }

    // MARK: Leaving

    /// Says goodbye. Continue to carry effects out until `farewellSaid`, which comes after `leaveTimeout` at the latest.
    public mutating func leave(now: Instant) -> [MembershipEffect] {
        begin(now)
        guard standing == .member else {
            standing = .left
            out.append(.farewellSaid)
            return finish()
        }
        standing = .leaving(since: clock)
        set(MemberTable.selfSlot, status: .left, incarnation: own.incarnation)
        probes.removeAll()
        rumours.enqueue(MemberTable.selfSlot)
        let farewell = MembershipMessage.gossip(rumours: [record(MemberTable.selfSlot, whole: true)])
        for slot in pick(max(2 * figures.gossipFanout, figures.smallMesh), { _, _ in true }) { send(farewell, to: table[slot].member.peer) }
        tickLeave()
        return finish()
    }

    mutating func tickLeave() {
        guard case .leaving(let since) = standing else { return }
        let told = !rumours.contains(MemberTable.selfSlot) || table.live.isEmpty
        guard told || since + figures.leaveTimeout <= clock else { return }
        standing = .left
        out.append(.farewellSaid)
    }
}
