import World

/// What `gossamer ring where KEY` tells: where a key's durable state lies, who speaks for it, and who would take over.
public struct KeyExplanation: Hashable, Sendable, CustomStringConvertible {
    /// A replica of the key's shard.
    public struct Replica: Hashable, Sendable {
        public let store: ShardStore
        /// What the asked node believes. Liveness only decides whom to ask first, never what counts.
        public let isLive: Bool
        /// Its wall clock is off: it is home only where no other lives.
        public let isAstray: Bool
    }

    public let key: String
    public let shard: Int
    public let epoch: UInt64
    /// In the order in which they are home.
    public let replicas: [Replica]

    /// Explains `key` under `map`, as seen by a node for which `isLive` tells who lives, and `isAstray` whose wall clocks are off.
    public init(key: String, map: ShardMap, isLive: (ShardStore) -> Bool, isAstray: (ShardStore) -> Bool = { _ in false }) {
        self.key = key
        shard = ShardMap.shard(of: key)
        epoch = map.epoch
        replicas = map.replicas(of: shard).map { Replica(store: $0, isLive: isLive($0), isAstray: isAstray($0)) }
    }

    /// The live replicas in the order in which they are home: those whose clocks are off stand behind the others.
    private var standing: [ShardStore] {
        let living = replicas.filter(\.isLive)
        return (living.filter { !$0.isAstray } + living.filter(\.isAstray)).map(\.store)
    }

    /// The node that proposes for the key now: the first live replica whose clock is right. Nil when none lives.
    public var home: ShardStore? { standing.first }

    /// Who would take over from the home, in order: the other live replicas.
    public var successors: [ShardStore] { Array(standing.dropFirst()) }

    /// Whether more than half of the fixed replica set lives. Without, reads and writes of the key wait or are refused.
    public var hasMajority: Bool { replicas.count(where: \.isLive) * 2 > replicas.count }

    /// A few lines for people.
    public var description: String {
        var lines = ["key \(key) is in shard \(shard) of \(ShardMap.shardCount), epoch \(epoch)"]
        for replica in replicas {
            let role = replica.store.id == home?.id ? "home" : replica.isLive ? "stands by" : "down"
            let zone = replica.store.zone.isEmpty ? "" : "  zone \(replica.store.zone)"
            let clock = replica.isLive && replica.isAstray ? "  its wall clock is off" : ""
            lines.append("  \(replica.store.name)  \(role)\(zone)  store \(replica.store.id)\(clock)")
        }
        if !hasMajority {
            lines.append("no majority of its replicas lives: the key is unavailable until one returns")
        } else if let next = successors.first {
            lines.append("if the home fails, \(next.name) takes over")
        } else {
            lines.append("nobody would take over from the home")
        }
        return lines.joined(separator: "\n")
    }
}
