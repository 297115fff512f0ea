import Wire

/// Interference with frames: which, how, for how long. The first rule that fits a frame decides.
public struct FaultRule: Codable, Hashable, Sendable {
    public enum Direction: String, Codable, Hashable, Sendable { case inbound, outbound, both }

    /// What happens to a frame.
    public enum Action: Codable, Hashable, Sendable {
        /// Nothing: an exception from rules after this one.
        case pass
        /// It is lost.
        case drop
        /// It waits until the rule is cleared or ends.
        case hold
        /// It arrives later by `ms`, and by up to `jitterMs` more, at random; order is kept where the jitter allows.
        case delay(ms: Int, jitterMs: Int)
        /// It arrives twice.
        case duplicate
        /// It arrives after a random wait of up to `withinMs`, so that others overtake it.
        case reorder(withinMs: Int)
        /// One to four of its bytes are changed at random, below the codec.
        ///
        /// This tries what a node makes of malformed input. Frames carry no checksum, because TCP's (and CURVE's) protect the
        /// real wire: what is changed and still well formed is accepted as what it says, and a call with a flipped argument is
        /// carried out. So set it where data may be lost, or on kinds that carry none.
        case corrupt
        /// Frames that fit share this many bytes per second; those beyond wait.
        case throttle(bytesPerSecond: Int)
    }

    /// Names the rule for clearing it; a rule with the name of another replaces it.
    public var name: String
    /// The peer's node name; every peer when absent.
    public var peer: String?
    public var direction: Direction = .both
    /// `pulse`, `truth`, `work`; every lane when empty.
    public var lanes: [String] = []
    /// Numbers of ``FrameKind``; every kind when empty.
    public var kinds: [UInt8] = []
    public var action: Action
    /// How likely it is that a frame which fits is touched, 0 to 1. One that is not passes.
    public var probability: Double = 1
    /// After this many milliseconds the rule ends by itself, so that nothing injected outlives its author. Up to a day.
    public var ttlMs: Int

    public init(
        name: String, peer: String? = nil, direction: Direction = .both, lanes: [Lane] = [], kinds: [FrameKind] = [],
        action: Action, probability: Double = 1, ttlMs: Int
    ) {
        self.name = name
        self.peer = peer
        self.direction = direction
        self.lanes = lanes.map(\.description)
        self.kinds = kinds.map(\.rawValue)
        self.action = action
        self.probability = probability
        self.ttlMs = ttlMs
    }

    /// What is wrong with the rule, or `nil`.
    public var objection: String? {
        if name.isEmpty { return "a rule needs a name" }
        if !(1...86_400_000).contains(ttlMs) { return "ttlMs is \(ttlMs); give 1 to 86400000 (a day)" }
        if !(0...1).contains(probability) { return "probability is \(probability); give 0 to 1" }
        if let lane = lanes.first(where: { name in !Lane.allCases.contains { $0.description == name } }) {
            return "\(lane) is no lane; there are pulse, truth and work"
        }
        switch action {
        case .delay(let ms, let jitterMs) where !(0...600_000).contains(ms) || !(0...600_000).contains(jitterMs):
            return "a delay of \(ms) ms with \(jitterMs) ms of jitter; each is 0 to 600000"
        case .reorder(let ms) where !(1...600_000).contains(ms):
            return "reorder within \(ms) ms; give 1 to 600000"
        case .throttle(let rate) where rate < 1:
            return "throttle to \(rate) bytes per second; give 1 or more"
        default: return nil
        }
    }
}

/// A rule that is in force, and what it has done.
public struct FaultRuleStatus: Codable, Hashable, Sendable {
    public var rule: FaultRule
    /// Frames that the rule has touched.
    public var hits: UInt64
    /// Milliseconds until it ends by itself.
    public var remainingMs: Int64
}
