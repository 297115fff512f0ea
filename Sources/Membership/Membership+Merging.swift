import World

extension Membership {
    /// Takes in what somebody says about somebody. See ``Precedence`` for which claim holds.
    mutating func merge(_ record: MemberRecord, from peer: MembershipPeer) {
        if record.identity.name == own.name { return mergeAboutSelf(record, from: peer) }
        guard let slot = table.slot(named: record.identity.name) else { return admit(record, from: peer) }
        if record.status != .suspect && isKnown(record, slot) { return }
        let life = table[slot].member.identity.life
        if record.identity.life < life { return }
        if record.identity.life > life { return replace(slot, with: record) }
        if record.address != table[slot].member.address { return conflict(slot, record) }
        mergeMetadata(slot, record)
        mergeStatus(slot, record)
    }

    /// The ordinary case, looked for first because it is by far the most frequent: nothing new.
    private func isKnown(_ record: MemberRecord, _ slot: Int) -> Bool {
        record.status == table[slot].member.status && record.incarnation == table[slot].member.incarnation
            && record.identity.life == table[slot].member.identity.life
            && record.metadataVersion <= table[slot].member.metadataVersion && record.address == table[slot].member.address
    }

    private mutating func mergeMetadata(_ slot: Int, _ record: MemberRecord) {
        var member = table[slot].member
        guard record.metadataVersion > member.metadataVersion, let packed = record.metadata, let metadata = try? packed.unpacked()
        else { return }
        let old = member
        member.metadata = metadata
        member.metadataVersion = record.metadataVersion
        table.update(slot, to: member, packed: packed)
        changed()
        guard member.status.isLive else { return }
        spread(slot)
        if !old.metadata.placesLike(metadata) { unsettle() }
        out.append(.event(.updated(old: old, new: member)))
    }

    private mutating func mergeStatus(_ slot: Int, _ record: MemberRecord) {
        let claim = Precedence(record), held = Precedence(table[slot].member)
        if claim == held {
            if record.status == .suspect { confirm(slot, accusers: record.accusers) }
            return
        }
        guard claim > held else { return }
        let known = table[slot].member
        switch record.status {
        case .left: depart(slot, incarnation: max(record.incarnation, known.incarnation), age: record.age)
        case .alive: revive(slot, incarnation: record.incarnation)
        case .suspect:
            if !known.status.isLive { revive(slot, incarnation: record.incarnation) }
            suspect(slot, incarnation: record.incarnation, accusers: record.accusers)
        case .dead:
            if known.status.isLive && hasFreshLife(slot) && record.refusals < figures.refusalWitnesses {
                // Others hold it dead, but it was heard here just now: what comes out of a healed partition is an accusation, not a verdict.
                if record.incarnation > known.incarnation || known.status == .alive {
                    suspect(slot, incarnation: record.incarnation, accusers: record.accusers)
                } else {
                    confirm(slot, accusers: record.accusers)
                }
                tellAccused(slot)
            } else {
                die(slot, incarnation: record.incarnation, accusers: record.accusers, age: record.age)
            }
        }
    }

    /// Heard within the shortest time of a suspicion.
    private func hasFreshLife(_ slot: Int) -> Bool {
        clock - table[slot].lastHeard < Suspicion.minimum(members: liveCount, figures)
    }

    // MARK: Strangers

    private mutating func admit(_ record: MemberRecord, from peer: MembershipPeer) {
        if let grave = tombstones[record.identity.name], grave.covers(record) {
            if record.status.isLive && peer.identity == record.identity {
                send(.gossip(rumours: [grave.record(about: record)]), to: peer)
            }
            return
        }
        guard record.status.isLive ? record.metadata != nil : record.age < reapAfter(record.status) else { return }
        guard table.count < figures.memberLimit else {
            out.append(.note(.tableFull(record.identity, limit: figures.memberLimit)))
            return
        }
        let (member, packed) = newMember(record, before: nil)
        let slot = table.insert(member, packed: packed)
        table[slot].accusers = record.accusers
        spread(slot)
        changed()
        guard member.status.isLive else { return expectReap(slot) }
        schedule.insert(slot, random: &random)
        quicken()
        unsettle()
        out.append(.event(.joined(member)))
        if record.status == .suspect { suspect(slot, incarnation: record.incarnation, accusers: record.accusers) }
    }

    /// The member that a record introduces; an accusation begins after that. Metadata it does not carry is taken from the life before, and has
    /// version 0.
    private func newMember(_ record: MemberRecord, before: Int?) -> (Member, PackedMetadata) {
        var metadata = before.map { table[$0].member.metadata } ?? MemberMetadata()
        var packed = before.map { table[$0].packed } ?? PackedMetadata(metadata)
        var version: UInt64 = 0
        if let carried = record.metadata, let unpacked = try? carried.unpacked() {
            (metadata, packed, version) = (unpacked, carried, record.metadataVersion)
        }
        let member = Member(
            identity: record.identity, address: record.address, incarnation: record.incarnation,
            status: record.status == .suspect ? .alive : record.status, metadataVersion: version, metadata: metadata,
            since: clock - record.age)
        return (member, packed)
    }

    // MARK: Transitions

    /// The one place where a status changes within a life.
    mutating func set(_ slot: Int, status: MemberStatus, incarnation: UInt64, age: Duration = .zero) {
        var member = table[slot].member
        if member.status != status { member.since = clock - age }
        member.status = status
        member.incarnation = incarnation
        table.update(slot, to: member)
        changed()
    }

    private mutating func revive(_ slot: Int, incarnation: UInt64) {
        let old = table[slot].member
        endSuspicion(slot)
        table[slot].accusers = []
        set(slot, status: .alive, incarnation: incarnation)
        spread(slot)
        switch old.status {
        case .suspect: out.append(.event(.trusted(table[slot].member)))
        case .dead:
            flapped(slot)
            schedule.insert(slot, random: &random)
            unsettle()
            out.append(.event(.returned(table[slot].member)))
        case .alive, .left: break
        }
    }

    mutating func die(_ slot: Int, incarnation: UInt64, accusers: [Accuser], age: Duration) {
        let wasLive = table[slot].member.status.isLive
        endSuspicion(slot)
        table[slot].accusers = accusers
        set(slot, status: .dead, incarnation: incarnation, age: age)
        gone(slot, wasLive: wasLive)
        if wasLive { out.append(.event(.failed(table[slot].member))) }
        out.append(.forget(table[slot].member.peer))
    }

    private mutating func depart(_ slot: Int, incarnation: UInt64, age: Duration) {
        let wasLive = table[slot].member.status.isLive
        endSuspicion(slot)
        set(slot, status: .left, incarnation: incarnation, age: age)
        gone(slot, wasLive: wasLive)
        out.append(.event(.left(table[slot].member)))
        out.append(.forget(table[slot].member.peer))
    }

    private mutating func gone(_ slot: Int, wasLive: Bool) {
        spread(slot)
        expectReap(slot)
        if wasLive { unsettle() }
        if liveCount - suspects.count <= 3 { refloor() }
    }

    /// Puts another process under the name.
    private mutating func replace(_ slot: Int, with record: MemberRecord) {
        let old = table[slot].member
        endSuspicion(slot)
        let (member, packed) = newMember(record, before: slot)
        table.update(slot, to: member, packed: packed)
        table[slot].lastHeard = Instant.never
        table[slot].lastAccused = Instant.never
        table[slot].accusers = record.accusers
        spread(slot)
        changed()
        out.append(.forget(old.peer))
        if old.status.isLive || member.status.isLive { unsettle() }
        guard member.status.isLive else {
            expectReap(slot)
            if old.status.isLive { out.append(.event(.failed(old))) }
            return
        }
        if old.status.isLive {
            out.append(.event(.replaced(old: old, new: member)))
        } else {
            schedule.insert(slot, random: &random)
            out.append(.event(.joined(member)))
        }
        flapped(slot)
        quicken()
        if record.status == .suspect { suspect(slot, incarnation: record.incarnation, accusers: record.accusers) }
    }

    // MARK: Conflict

    /// One name and life at two addresses: somebody's configuration is wrong. All agree on the lower address; the other is
    /// told when it speaks.
    private mutating func conflict(_ slot: Int, _ record: MemberRecord) {
        let held = table[slot].member
        let rival = MembershipPeer(identity: record.identity, address: record.address)
        let wins = record.address < held.address
        if table[slot].reportedRival != rival && table[slot].reportedRival != held.peer {
            table[slot].reportedRival = wins ? held.peer : rival
            out.append(.event(.nameConflict(holder: wins ? rival : held.peer, rival: wins ? held.peer : rival)))
        }
        if wins { replace(slot, with: record) }
    }

    /// Tells a member of its own accusation.
    mutating func tellAccused(_ slot: Int) { tell(table[slot].member.peer, about: slot) }

    /// At most once per gossip interval and member.
    mutating func tell(_ peer: MembershipPeer, about slot: Int) {
        guard clock - table[slot].lastAccused >= figures.gossipInterval else { return }
        table[slot].lastAccused = clock
        send(.gossip(rumours: [record(slot, whole: true)]), to: peer)
    }

    /// The view changed.
    mutating func changed() { version += 1 }
}
