import World

/// The written configuration, as far as registers need it: for every shard, that of the configuration itself included, who decides.
///
/// A map has an epoch, and follows from the one before in one of four ways: ``joint(with:keepers:)`` begins a reconfiguration,
/// ``settled()`` ends it, ``abandoned()`` takes it back; ``raised(to:)`` has states written in a later schema. All shards take each step
/// together.
public struct ReplicaMap: Hashable, Sendable {
    /// One store's place in a shard.
    public struct Seat: Hashable, Sendable {
        public let store: StoreID
        /// The epoch in which it was given the place. What it kept of the shard from earlier times counts for nothing.
        public let since: UInt64

        public init(store: StoreID, since: UInt64) {
            self.store = store
            self.since = since
        }
    }

    /// The stores of one shard, home preference first.
    public struct Seating: Hashable, Sendable {
        public let seats: [Seat]
        /// Those of the epoch before, while a majority of these is needed as well.
        public let before: [Seat]?

        public init(seats: [Seat], before: [Seat]? = nil) {
            self.seats = seats
            self.before = before
        }

        var sets: [[StoreID]] { [before, seats].compactMap { $0?.map(\.store) } }
        /// Each store once, in the order in which they stand in as the home.
        var all: [Seat] {
            guard let before else { return seats }
            return before + seats.filter { new in !before.contains { $0.store == new.store } }
        }
    }

    /// The first is 1.
    public let epoch: UInt64
    /// For every shard, that of the configuration last.
    public let seatings: [Seating]
    /// The shards whose old stores and new stores both decide, sorted.
    public let moving: [Int]
    /// The schema in which machines write their states, from 1 on. What it means is theirs.
    public let schema: UInt32
    private let seatOfStore: [StoreID: Set<Int>]

    /// The map that a mesh begins with.
    /// - Parameters:
    ///   - replicas: for every shard, 0 ..< 1,024, its stores, home preference first.
    ///   - keepers: the stores that keep the configuration; by default the first of all.
    ///   - schema: in which states are written.
    public init(epoch: UInt64 = 1, replicas: [[StoreID]], keepers: [StoreID]? = nil, schema: UInt32 = 1) {
        let keepers = keepers ?? Self.keepers(among: Set(replicas.joined()).sorted())
        self.init(
            epoch: epoch,
            seatings: (replicas + [keepers]).map { Seating(seats: $0.map { Seat(store: $0, since: epoch) }) }, schema: schema)
    }

    package init(epoch: UInt64, seatings: [Seating], schema: UInt32) {
        precondition(seatings.count == Shard.count + 1, "a replica map lists \(Shard.count) shards and the configuration")
        self.epoch = epoch
        self.seatings = seatings
        self.schema = schema
        var places: [StoreID: Set<Int>] = [:]
        for (shard, seating) in seatings.enumerated() {
            for seat in seating.all { places[seat.store, default: []].insert(shard) }
        }
        seatOfStore = places
        moving = seatings.indices.filter { seatings[$0].before != nil }
    }

    /// Who keeps the configuration: the first five of these, or the largest odd number that there are.
    public static func keepers(among stores: [StoreID]) -> [StoreID] {
        Array(stores.prefix(stores.isEmpty ? 0 : min(5, stores.count - (stores.count + 1) % 2)))
    }

    public func electorate(of shard: Int) -> Electorate { Electorate(epoch: epoch, sets: seatings[shard].sets) }

    /// How many of those that live stand before the store as a shard's home: 0 for the home itself. Nil when it has no place there.
    /// - Parameter astray: whether the wall clock at a store is off. Such a one stands behind all that are right: it would fire no timer.
    public func rank(
        of store: StoreID, in shard: Int, live: (StoreID) -> Bool, astray: (StoreID) -> Bool = { _ in false }
    ) -> Int? {
        let seats = seatings[shard].all
        guard let place = seats.firstIndex(where: { $0.store == store }) else { return nil }
        let isAstray = astray(store)
        return seats.indices.count { i in
            guard i != place, live(seats[i].store) else { return false }
            return astray(seats[i].store) == isAstray ? i < place : isAstray
        }
    }

    /// Whether the store holds a replica of the shard.
    public func has(_ store: StoreID, in shard: Int) -> Bool { seatOfStore[store]?.contains(shard) ?? false }

    /// Whether the store holds a replica of anything.
    func holds(_ store: StoreID) -> Bool { seatOfStore[store] != nil }

    /// The shards of which the store holds a replica, sorted.
    func shards(of store: StoreID) -> [Int] { seatOfStore[store]?.sorted() ?? [] }

    /// The epoch in which the store was given its place in the shard; nil when it has none.
    func since(_ store: StoreID, in shard: Int) -> UInt64? { seatings[shard].all.first { $0.store == store }?.since }

    /// Of how many shards, that of the configuration aside, these stores are a majority: there changes and reads are answered.
    public func decidableShards(by live: Set<StoreID>) -> Int { (0..<Shard.count).count { electorate(of: $0).isDecided(by: live) } }

    /// How many shards, that of the configuration aside, have none of these stores: nobody can say what lies there.
    public func shardsWithout(_ live: Set<StoreID>) -> Int {
        (0..<Shard.count).count { shard in !seatings[shard].all.contains { live.contains($0.store) } }
    }

    /// All stores that hold anything, sorted.
    public var stores: [StoreID] { seatOfStore.keys.sorted() }

    /// The stores that share a shard with this one, sorted: those who can witness for it.
    public func neighbours(of store: StoreID) -> [StoreID] {
        Set(shards(of: store).lazy.flatMap { self.seatings[$0].all.map(\.store) }).subtracting([store]).sorted()
    }

    // MARK: Reconfiguration

    /// Whether a reconfiguration is under way.
    public var isJoint: Bool { !moving.isEmpty }

    /// Stores that are given a place in the shard which they did not have.
    func newcomers(in shard: Int) -> [StoreID] { seatings[shard].seats.filter { $0.since == epoch }.map(\.store) }

    /// The next epoch's map, in which every shard that is to have other stores is decided by majorities of both.
    ///
    /// Only a settled map can be followed by it. A shard that keeps its stores takes on their new order.
    public func joint(with target: [[StoreID]], keepers: [StoreID], mutations: Set<Mutation> = []) -> ReplicaMap {
        precondition(!isJoint, "a reconfiguration is under way in epoch \(epoch)")
        precondition(target.count == Shard.count, "a replica map lists \(Shard.count) shards, not \(target.count)")
        return ReplicaMap(
            epoch: epoch + 1,
            seatings: zip(seatings, target + [keepers]).map { old, new in
                let seats = new.map { store in old.seats.first { $0.store == store } ?? Seat(store: store, since: epoch + 1) }
                let isJoint = Set(seats) != Set(old.seats) && !mutations.contains(.oneJump)
                return Seating(seats: seats, before: isJoint ? old.seats : nil)
            }, schema: schema)
    }

    /// The next epoch's map, in which the new stores alone decide. Only when all was carried over to them.
    public func settled() -> ReplicaMap {
        ReplicaMap(epoch: epoch + 1, seatings: seatings.map { Seating(seats: $0.seats) }, schema: schema)
    }

    /// The next epoch's map, in which the old stores alone decide as before. Always safe: nothing was decided without them.
    public func abandoned() -> ReplicaMap {
        ReplicaMap(epoch: epoch + 1, seatings: seatings.map { Seating(seats: $0.before ?? $0.seats) }, schema: schema)
    }

    // MARK: Schema

    /// The next epoch's map, under which states are written in a later schema. Never an earlier one: who reads only that would read them no more.
    ///
    /// Only a settled map can be followed by it.
    public func raised(to schema: UInt32) -> ReplicaMap {
        precondition(!isJoint, "a reconfiguration is under way in epoch \(epoch)")
        precondition(schema > self.schema, "schema \(schema) is not above \(self.schema)")
        return ReplicaMap(epoch: epoch + 1, seatings: seatings, schema: schema)
    }
}
