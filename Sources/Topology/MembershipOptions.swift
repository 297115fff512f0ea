/// The section `membership`: a preset, and figures that replace those of the preset.
///
/// The figures bear the names that they have in the membership room, which says what each trades for what and which
/// values work. What is nil here was not given.
public struct MembershipOptions: Hashable, Sendable {
    public enum Preset: String, Hashable, Sendable, CaseIterable {
        /// One data centre: the default.
        case lan
        /// One machine that nobody starves.
        case local
        /// Several regions.
        case wan
    }

    public var preset = Preset.lan

    public var probeInterval: Duration?
    public var probeTimeout: Duration?
    public var indirectProbes: Int?
    public var nackFraction: Double?
    public var smallMesh: Int?
    public var suspicionMultiplier: Double?
    public var suspicionMaxMultiplier: Double?
    public var confirmations: Int?
    public var verifiers: Int?
    public var refusalWitnesses: Int?
    public var healthMaximum: Int?
    public var latenessTolerance: Duration?
    public var lonelyAfter: Duration?
    public var lonelyPatience: Duration?
    public var gossipInterval: Duration?
    public var gossipFanout: Int?
    public var retransmitMultiplier: Int?
    public var retransmitMinimum: Int?
    public var rumourBytes: Int?
    public var antiEntropyMin: Duration?
    public var antiEntropyMax: Duration?
    public var exchangeBytes: Int?
    public var reconnectInterval: Duration?
    public var reconnectRate: Double?
    public var quietPeriod: Duration?
    public var quietLimit: Duration?
    public var flapDecay: Duration?
    public var flapHoldMax: Duration?
    public var reapDeadAfter: Duration?
    public var reapLeftAfter: Duration?
    public var tombstoneFor: Duration?
    public var leaveTimeout: Duration?
    public var memberLimit: Int?

    public init() {}
}

extension MembershipOptions {
    typealias Path<Value> = WritableKeyPath<MembershipOptions, Value?> & Sendable

    static let durations: [(key: String, path: Path<Duration>)] = [
        ("probeInterval", \.probeInterval), ("probeTimeout", \.probeTimeout),
        ("latenessTolerance", \.latenessTolerance), ("lonelyAfter", \.lonelyAfter),
        ("lonelyPatience", \.lonelyPatience), ("gossipInterval", \.gossipInterval),
        ("antiEntropyMin", \.antiEntropyMin), ("antiEntropyMax", \.antiEntropyMax),
        ("reconnectInterval", \.reconnectInterval), ("quietPeriod", \.quietPeriod), ("quietLimit", \.quietLimit),
        ("flapDecay", \.flapDecay), ("flapHoldMax", \.flapHoldMax), ("reapDeadAfter", \.reapDeadAfter),
        ("reapLeftAfter", \.reapLeftAfter), ("tombstoneFor", \.tombstoneFor), ("leaveTimeout", \.leaveTimeout),
    ]
    static let counts: [(key: String, path: Path<Int>)] = [
        ("indirectProbes", \.indirectProbes), ("smallMesh", \.smallMesh), ("confirmations", \.confirmations),
        ("verifiers", \.verifiers), ("refusalWitnesses", \.refusalWitnesses), ("healthMaximum", \.healthMaximum),
        ("gossipFanout", \.gossipFanout), ("retransmitMultiplier", \.retransmitMultiplier),
        ("retransmitMinimum", \.retransmitMinimum), ("memberLimit", \.memberLimit),
    ]
    static let byteCounts: [(key: String, path: Path<Int>)] = [
        ("rumourBytes", \.rumourBytes), ("exchangeBytes", \.exchangeBytes),
    ]
    static let factors: [(key: String, path: Path<Double>)] = [
        ("nackFraction", \.nackFraction), ("suspicionMultiplier", \.suspicionMultiplier),
        ("suspicionMaxMultiplier", \.suspicionMaxMultiplier), ("reconnectRate", \.reconnectRate),
    ]
}
