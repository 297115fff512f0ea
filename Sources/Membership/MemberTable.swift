import World

/// All members in slots that do not move, with what is derived from them kept in step: who is live, who is dead, the content digest.
///
/// Slot 0 is the node itself. Every change of a member goes through ``update(_:to:)``, so there is one place where the derived parts can go
/// wrong, and invariants are checked there.
struct MemberTable: Sendable {
    struct Entry: Sendable {
        var member: Member
        let nameHash: UInt64
        var addressMark: UInt32
        /// What this entry added to the digest; 0 when it is not live.
        var contribution: UInt64 = 0
        /// What this entry adds to the fingerprint of a decided view.
        var placementMark: UInt64 = 0
        /// Place in `live` or in `gone`, whichever the status says.
        var place = 0
        /// False once the slot is free again. (An optional entry would be copied at every look.)
        var isOccupied = true
        /// Last frame of this identity.
        var lastHeard: Instant
        /// Last time it was told what it is accused of.
        var lastAccused = Instant.never
        /// The member's metadata as it travels.
        var packed: PackedMetadata
        /// Returns from the dead that have not faded, as of `flapsAt`.
        var flaps = 0.0
        var flapsAt = Instant.zero
        /// The decided view does not take it back before this.
        var heldUntil = Instant.never
        /// The running accusation, while the status is suspect.
        var suspicion: Suspicion?
        /// Who was believed when it was declared dead.
        var accusers: [Accuser] = []
        /// A rival for the name that was already reported.
        var reportedRival: MembershipPeer?
    }

    private var entries: [Entry] = []
    private var index: [String: Int] = [:]
    private var free: [Int] = []
    /// Slots of live members other than the node itself, in no particular but reproducible order.
    private(set) var live: [Int] = []
    /// Slots of dead and left members.
    private(set) var gone: [Int] = []
    private(set) var digest = ContentDigest()
    /// Slots by bucket of the digest, so that an exchange looks only where the difference is.
    private(set) var byBucket = [[Int]](repeating: [], count: ContentDigest.bucketCount)

    static let selfSlot = 0

    init(own member: Member, packed: PackedMetadata) { _ = insert(member, packed: packed) }

    var count: Int { index.count }

    subscript(slot: Int) -> Entry {
        // Lends instead of copying: an entry has a dozen references to count.
        _read {
            precondition(entries[slot].isOccupied, "slot \(slot) of the member table is empty")
            yield entries[slot]
        }
        _modify {
            precondition(entries[slot].isOccupied, "slot \(slot) of the member table is empty")
            yield &entries[slot]
        }
    }

    func slot(named name: String) -> Int? { index[name] }

    /// The slot of exactly this life.
    func slot(of identity: NodeIdentity) -> Int? {
        guard let slot = index[identity.name], entries[slot].member.identity.life == identity.life else { return nil }
        return slot
    }

    func isLive(_ slot: Int) -> Bool { slot < entries.count && entries[slot].isOccupied && entries[slot].member.status.isLive }

    mutating func insert(_ member: Member, packed: PackedMetadata) -> Int {
        precondition(index[member.name] == nil, "\(member.name) is already in the member table")
        let entry = Entry(
            member: member, nameHash: StableHash.hash(member.name.utf8),
            addressMark: ContentDigest.addressMark(member.address), lastHeard: Instant.never,
            packed: packed)
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            entries[slot] = entry
        } else {
            slot = entries.count
            entries.append(entry)
        }
        self[slot].placementMark = placementMark(slot)
        index[member.name] = slot
        byBucket[ContentDigest.bucket(nameHash: entry.nameHash)].append(slot)
        link(slot)
        return slot
    }

    /// Puts `member` in place of what the slot held. The name cannot change, and within a life the incarnation cannot fall.
    /// `packed` goes with a change of metadata.
    mutating func update(_ slot: Int, to member: Member, packed: PackedMetadata? = nil) {
        let old = self[slot].member
        precondition(old.name == member.name, "slot of \(old.name) cannot become \(member.name)")
        precondition(
            member.identity.life > old.identity.life || member.address != old.address
                || (member.incarnation >= old.incarnation && member.metadataVersion >= old.metadataVersion),
            "incarnation or metadata version of \(old.identity) fell")
        unlink(slot)
        self[slot].member = member
        if let packed { self[slot].packed = packed }
        if member.address != old.address { self[slot].addressMark = ContentDigest.addressMark(member.address) }
        if packed != nil || member.identity != old.identity || member.address != old.address {
            self[slot].placementMark = placementMark(slot)
        }
        link(slot)
    }

    mutating func remove(_ slot: Int) {
        precondition(slot != Self.selfSlot, "a node does not forget itself")
        unlink(slot)
        index[self[slot].member.name] = nil
        let bucket = ContentDigest.bucket(nameHash: self[slot].nameHash)
        if let place = byBucket[bucket].firstIndex(of: slot) {
            byBucket[bucket].swapAt(place, byBucket[bucket].count - 1)
            byBucket[bucket].removeLast()
        }
        entries[slot].isOccupied = false
        free.append(slot)
    }

    private mutating func link(_ slot: Int) {
        let isLive = self[slot].member.status.isLive
        if isLive {
            let nameHash = self[slot].nameHash
            let contribution = ContentDigest.contribution(
                self[slot].member, nameHash: nameHash, addressMark: self[slot].addressMark)
            self[slot].contribution = contribution
            digest.add(contribution, nameHash: nameHash)
        }
        guard slot != Self.selfSlot else { return }
        if isLive {
            self[slot].place = live.count
            live.append(slot)
        } else {
            self[slot].place = gone.count
            gone.append(slot)
        }
    }

    private mutating func unlink(_ slot: Int) {
        let isLive = self[slot].member.status.isLive
        if isLive { digest.remove(self[slot].contribution, nameHash: self[slot].nameHash) }
        guard slot != Self.selfSlot else { return }
        let place = self[slot].place
        if let moved = isLive ? Self.drop(place, from: &live) : Self.drop(place, from: &gone) { self[moved].place = place }
    }

    private func placementMark(_ slot: Int) -> UInt64 {
        let identity = StableHash.mix(self[slot].nameHash &+ self[slot].member.identity.life &* 0x9E37_79B9_7F4A_7C15)
        return StableHash.mix(identity ^ StableHash.mix(UInt64(self[slot].addressMark) &+ self[slot].packed.placementHash))
    }

    /// Takes out one place by moving the last into it; gives the slot that moved.
    private static func drop(_ place: Int, from list: inout [Int]) -> Int? {
        let last = list.removeLast()
        guard place < list.count else { return nil }
        list[place] = last
        return last
    }
}

extension Instant {
    /// Before everything, and far enough from the ends of the range that differences to any time on a clock do not overflow.
    static let never = Instant(nanoseconds: .min / 2)
}
