import World

/// What one replica asks another about a whole shard.
public struct ShardRequest: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Take the next step with what was made in `hour` or before: in the shard; or, asked of that of the configuration, in all shards
        /// that the receiver holds.
        case horizon(hour: CreationHour, step: HorizonStep)
        /// Name the registers behind this key, in their order, and say how far the shard was freed.
        case list(after: RegisterKey?)
        /// Take over how far the shard's old stores have closed and freed it.
        case inherit(closed: CreationHour, freed: CreationHour?)
    }

    /// Chosen by the asker, who knows by it what an answer is to. Unique within the asker's life.
    public let round: UInt64
    /// Of the map that the asker goes by.
    public let epoch: UInt64
    /// 0 ... 1,024.
    public let shard: Int
    public let action: Action

    public init(round: UInt64, epoch: UInt64, shard: Int, action: Action) {
        self.round = round
        self.epoch = epoch
        self.shard = shard
        self.action = action
    }

    /// Whether it is about all shards that its receiver holds.
    public var isOfAllShards: Bool {
        if case .horizon = action { shard == Shard.configuration } else { false }
    }

    public var size: Int {
        if case .list(.some(let key)) = action { return key.bytes.count + 64 }
        return 64
    }
}

/// The steps by which an hour of a shard passes, first ``look``; each is taken when all replicas have taken the one before.
public enum HorizonStep: UInt8, Hashable, Sendable, CaseIterable {
    /// Refuse, from now on, to create registers and operations of that hour and of earlier ones; and name one that is not finished.
    case close = 0
    /// Take them away: nobody has any that is not finished.
    case free = 1
    /// Say whether the hour is old enough by the own clock. Nothing is written.
    case look = 2
}

/// Registers of a shard that a replica knows, in the order of their keys.
public struct ShardListing: Hashable, Sendable {
    /// At most ``RegisterLimits/listedKeys``, none left out between the key that was asked for and the last of these.
    public let keys: [RegisterKey]
    /// None follow.
    public let isLast: Bool
    public let closed: CreationHour?
    public let freed: CreationHour?

    public init(keys: [RegisterKey], isLast: Bool, closed: CreationHour?, freed: CreationHour?) {
        self.keys = keys
        self.isLast = isLast
        self.closed = closed
        self.freed = freed
    }

    public var size: Int { keys.reduce(96) { $0 + $1.bytes.count + 8 } }
}

/// The shards that a replica has carried over to their new stores in the reconfiguration of an epoch; or, of one that asks, all
/// that it knows.
public struct CarriedShards: Hashable, Sendable {
    public let epoch: UInt64
    /// 0 ... 1,024.
    public var shards: Set<Int>
    /// How many registers that were.
    public var registers: UInt64

    public init(epoch: UInt64, shards: Set<Int> = [], registers: UInt64 = 0) {
        self.epoch = epoch
        self.shards = shards
        self.registers = registers
    }
}
