import World

/// What is remembered of forgotten members, so that no straggling rumour brings them back.
struct Tombstones: Sendable {
    struct Tombstone: Hashable, Sendable {
        var life: UInt64
        var incarnation: UInt64
        var left: Bool
        var until: Instant

        /// Whether the record says nothing that came after the death.
        func covers(_ record: MemberRecord) -> Bool {
            if record.identity.life != life { return record.identity.life < life }
            return left || record.incarnation < incarnation || (record.incarnation == incarnation) || !record.status.isLive
        }

        /// The answer to a process that calls itself alive.
        func record(about claim: MemberRecord) -> MemberRecord {
            MemberRecord(
                identity: NodeIdentity(name: claim.identity.name, life: life), address: claim.address, incarnation: incarnation,
                status: left ? .left : .dead)
        }
    }

    private var graves: [String: Tombstone] = [:]
    /// Names in the order of burial, with repetitions.
    private var order: [(name: String, until: Instant)] = []

    subscript(name: String) -> Tombstone? { graves[name] }

    mutating func bury(_ member: Member, until: Instant, limit: Int) {
        graves[member.name] = Tombstone(
            life: member.identity.life, incarnation: member.incarnation, left: member.status == .left, until: until)
        order.append((member.name, until))
        while order.count > limit { open(order.removeFirst()) }
    }

    mutating func forget(before now: Instant) {
        while let first = order.first, first.until <= now { open(order.removeFirst()) }
    }

    private mutating func open(_ entry: (name: String, until: Instant)) {
        if let grave = graves[entry.name], grave.until <= entry.until { graves[entry.name] = nil }
    }
}

extension Membership {
    func reapAfter(_ status: MemberStatus) -> Duration { status == .left ? figures.reapLeftAfter : figures.reapDeadAfter }

    /// A member is dead or has left; it will be forgotten.
    mutating func expectReap(_ slot: Int) {
        let member = table[slot].member
        nextReap = min(nextReap, member.since + reapAfter(member.status))
    }

    mutating func tickReap() {
        guard nextReap <= clock else { return }
        nextReap = .distantFuture
        tombstones.forget(before: clock)
        for slot in table.gone {
            let member = table[slot].member
            if member.since + reapAfter(member.status) <= clock {
                tombstones.bury(member, until: clock + figures.tombstoneFor, limit: figures.memberLimit)
                rumours.remove(slot)
                table.remove(slot)
                changed()
                out.append(.event(.reaped(member)))
            } else {
                expectReap(slot)
            }
        }
    }
}
