import World

/// A hash of what a node holds about all live members, kept up to date with every change instead of being computed.
///
/// Contributions of members are *added*, so the order in which they were learnt does not matter and removing one is subtracting it.
/// Dead and left members do not count: nodes forget them at slightly different times, and that is no difference worth an exchange.
/// A suspicion does not count either: it is refuted or ends in death, and both do count.
package struct ContentDigest: Hashable, Sendable {
    /// Names fall into this many buckets, so that a large mesh finds a small difference without listing everybody.
    package static let bucketCount = 64

    private(set) var root: UInt64 = 0
    private(set) var count: UInt32 = 0
    private(set) var buckets = [UInt64](repeating: 0, count: bucketCount)

    static func bucket(nameHash: UInt64) -> Int { Int(nameHash % UInt64(bucketCount)) }

    /// What one member adds.
    static func contribution(_ member: Member, nameHash: UInt64, addressMark: UInt32) -> UInt64 {
        var h = nameHash
        h = StableHash.mix(h &+ member.identity.life &* 0x9E37_79B9_7F4A_7C15)
        h = StableHash.mix(h ^ UInt64(addressMark))
        h = StableHash.mix(h &+ member.incarnation &* 0xC2B2_AE3D_27D4_EB4F)
        return StableHash.mix(h ^ member.metadataVersion)
    }

    mutating func add(_ contribution: UInt64, nameHash: UInt64) {
        root &+= contribution
        buckets[Self.bucket(nameHash: nameHash)] &+= contribution
        count += 1
    }

    mutating func remove(_ contribution: UInt64, nameHash: UInt64) {
        root &-= contribution
        buckets[Self.bucket(nameHash: nameHash)] &-= contribution
        count -= 1
    }

    static func addressMark(_ address: MemberAddress) -> UInt32 {
        UInt32(truncatingIfNeeded: StableHash.mix(StableHash.hash(address.host.utf8) &+ UInt64(address.port)))
    }
}
