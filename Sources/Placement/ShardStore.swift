import World

/// A database that may hold replicas, and the node that runs it.
public struct ShardStore: Hashable, Sendable {
    public let id: StoreID
    /// The node's name, unique among the stores of a map.
    public let name: String
    /// The weight in hundredths of an ordinary store: 1 ... 6,400, clamped. A store of capacity 200 holds about twice the
    /// replicas of a store of capacity 100, as far as three replicas in three zones allow.
    public let capacity: Int
    /// Replicas of a shard are spread over zones. Stores that name none share the zone "".
    public let zone: String

    public init(id: StoreID, name: String, capacity: Int = RingMember.ordinaryCapacity, zone: String = "") {
        self.id = id
        self.name = name
        self.capacity = min(max(capacity, 1), RingMember.maximumCapacity)
        self.zone = zone
    }
}
