import World

/// What one node says about one member: a rumour in gossip, a record in an exchange, an accusation in an answer.
///
/// Records are rendered from the speaker's present state when they are sent, never stored, so that nobody passes on
/// what he knows to be outdated.
public struct MemberRecord: Hashable, Sendable {
    /// Whom it is about: the name, and the latest life the speaker knows.
    public var identity: NodeIdentity
    /// Where that life listens.
    public var address: MemberAddress
    /// The incarnation to which the status belongs, below ``MembershipLimits/counter``.
    public var incarnation: UInt64
    /// How the speaker sees the member.
    public var status: MemberStatus
    /// How long the speaker has held the member dead or left, so that all forget it at about the same time. Whole
    /// milliseconds; zero for live members.
    public var ageMs: UInt64
    /// Who accuses, for `suspect` and `dead`; at most ``MembershipLimits/accusers``.
    public var accusers: [Accuser]
    /// The version of `metadata`, from 1; 0 when the record speaks of the status alone.
    public var metadataVersion: UInt64
    /// What the member tells of itself, as it travels; nil when the version is 0.
    public var metadata: PackedMetadata?

    public init(
        identity: NodeIdentity, address: MemberAddress, incarnation: UInt64, status: MemberStatus, ageMs: UInt64 = 0,
        accusers: [Accuser] = [], metadataVersion: UInt64 = 0, metadata: PackedMetadata? = nil
    ) {
        self.identity = identity
        self.address = address
        self.incarnation = incarnation
        self.status = status
        self.ageMs = ageMs
        self.accusers = accusers
        self.metadataVersion = metadataVersion
        self.metadata = metadata
    }
}

/// A witness against a member.
public struct Accuser: Hashable, Sendable {
    public var name: String
    /// Whether its address refused the connection (or another process answers there) rather than being silent. Two such witnesses end the
    /// suspicion at once.
    public var refused: Bool

    public init(name: String, refused: Bool) {
        self.name = name
        self.refused = refused
    }
}

/// One line of an anti-entropy outline: enough to see who knows more, without the metadata.
public struct MemberOutline: Hashable, Sendable {
    public var identity: NodeIdentity
    /// Low bits of the address's hash: tells two processes of one name and life apart.
    public var addressMark: UInt32
    public var incarnation: UInt64
    public var status: MemberStatus
    public var metadataVersion: UInt64

    public init(
        identity: NodeIdentity, addressMark: UInt32, incarnation: UInt64, status: MemberStatus, metadataVersion: UInt64
    ) {
        self.identity = identity
        self.addressMark = addressMark
        self.incarnation = incarnation
        self.status = status
        self.metadataVersion = metadataVersion
    }
}

/// Everything that membership says on the pulse lane, inside an established session (which names the sender).
public enum MembershipMessage: Hashable, Sendable {
    /// "Are you there?" Answered with `ack` of the same sequence.
    case ping(sequence: UInt32, rumours: [MemberRecord])
    /// "I am", or, from a helper, "it is".
    case ack(sequence: UInt32, rumours: [MemberRecord])
    /// "Please ping this one for me": `remainingMs` is how long the asker will still wait.
    case pingRequest(sequence: UInt32, target: MembershipPeer, remainingMs: UInt32, rumours: [MemberRecord])
    /// "I am here, but it has not answered me."
    case nack(sequence: UInt32)
    case gossip(rumours: [MemberRecord])
    /// Anti-entropy, first step: a hash of all live members and their number.
    case digest(hash: UInt64, count: UInt32)
    /// Second step in large meshes: the hash of each of ``ContentDigest/bucketCount`` buckets of names.
    case buckets([UInt64])
    /// Third step: every member of the buckets in the mask (bit i is bucket i); who is missing here is unknown there.
    case outline(mask: UInt64, [MemberOutline])
    /// Fourth step: what the other lacks, and the names of whom the speaker lacks.
    case records([MemberRecord], wants: [String])
}
