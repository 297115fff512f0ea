import Placement
import Registers
import World

/// Judges wishes by the newest configuration and by who is seen.
struct StoreJudge {
    let configuration: MeshConfiguration
    let nodes: [StoreSight]
    let mutations: Set<Mutation>

    private var stores: [ShardStore] { configuration.shards.stores }

    /// The store that holds shards, or will, under a node's name.
    private func holder(_ name: String) -> ShardStore? { stores.first { $0.name == name } }

    // MARK: Wishes

    func add(_ name: String) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        if let pending = configuration.change {
            if pending.leaving.isEmpty, try isOnly(pending.joining, theStoreOf: name) { return .joined(pending) }
            throw underWay(pending)
        }
        let node = try known(name)
        if let holder = holder(name) {
            if node?.store == nil || node?.store == holder.id {
                return .nothing("the store of \(name) holds shards already, in epoch \(configuration.epoch)")
            }
            throw StoreChangeRefusal(
                .otherStore,
                "\(name) has a new store, and the shards are those of its old one, \(holder.id); give them to the new one with: "
                    + "gossamer store replace \(name)")
        }
        return try begin(stores + [try newcomer(name)])
    }

    func remove(_ name: String, allowsOneCopy: Bool) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        if let pending = configuration.change {
            if pending.joining.isEmpty, pending.leaving.map(\.name) == [name] { return .joined(pending) }
            throw underWay(pending)
        }
        guard holder(name) != nil else {
            _ = try known(name)
            return .nothing("no store of \(name) holds shards, in epoch \(configuration.epoch)")
        }
        let rest = stores.filter { $0.name != name }
        guard !rest.isEmpty else {
            throw StoreChangeRefusal(
                .lastStore,
                "\(name) has the only store: nothing would hold what it holds; add another one first with: gossamer store add NODE")
        }
        guard ShardMap.replication(stores: rest.count) == configuration.shards.replication || allowsOneCopy else {
            throw StoreChangeRefusal(
                .oneCopy,
                "without \(name) there are \(rest.count) stores, which keep one copy of each shard instead of "
                    + "\(configuration.shards.replication); replace it with another one, or say --allow-one-copy")
        }
        return try begin(rest)
    }

    func replace(_ name: String, with other: String) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        if let pending = configuration.change {
            if pending.leaving.map(\.name) == [name], try isOnly(pending.joining, theStoreOf: other) { return .joined(pending) }
            throw underWay(pending)
        }
        guard let old = holder(name) else {
            if name != other, holder(other) != nil {
                return .nothing("\(other) holds shards already, and \(name) holds none, in epoch \(configuration.epoch)")
            }
            _ = try known(name)
            throw StoreChangeRefusal(
                .noStore,
                "no store of \(name) holds shards, so there is nothing to replace; to have it hold some: gossamer store add \(name)")
        }
        let node = try known(other)
        if name == other, let node, node.isLive, node.store == old.id {
            return .nothing("the shards are those of the store that \(name) has, \(old.id), in epoch \(configuration.epoch)")
        }
        if name != other, let holder = holder(other) {
            throw StoreChangeRefusal(
                .holdsShards,
                "\(other) holds shards already, in store \(holder.id), and cannot take those of \(name) over; name a spare node, or "
                    + "remove \(name) with: gossamer store remove \(name)")
        }
        return try begin(replacing: old, with: try newcomer(other))
    }

    func cancel(_ name: String?) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        guard let pending = configuration.change else {
            return .nothing("no change of stores is under way, in epoch \(configuration.epoch)")
        }
        if let name, !(pending.joining + pending.leaving).contains(where: { $0.name == name }) {
            throw StoreChangeRefusal(
                .underWay, "the change under way, \(pending), does not concern \(name); to take it back: gossamer store cancel",
                pending: pending)
        }
        return .write(try written { () throws(ShardMapError) in try configuration.abandoned() })
    }

    // MARK: What they need

    /// The node, if it was seen.
    /// - Throws: when nothing is known of it at all.
    private func known(_ name: String) throws(StoreChangeRefusal) -> StoreSight? {
        if let node = nodes.first(where: { $0.name == name }) { return node }
        if holder(name) != nil || configuration.before?.stores.contains(where: { $0.name == name }) == true { return nil }
        throw StoreChangeRefusal(
            .unknownNode,
            "no member and no store of the mesh is called \"\(name.prefix(64))\"; gossamer members and gossamer store list show them")
    }

    /// Whether those who join are the store that a node has now; or, when it tells of none, that of its name.
    private func isOnly(_ joining: [ShardStore], theStoreOf name: String) throws(StoreChangeRefusal) -> Bool {
        guard joining.map(\.name) == [name] else { return false }
        let present = nodes.first { $0.name == name && $0.isLive }?.store
        return present == nil || present == joining.first?.id
    }

    /// The store of a live node that holds nothing.
    private func newcomer(_ name: String) throws(StoreChangeRefusal) -> ShardStore {
        guard let node = try known(name), node.isLive else {
            throw StoreChangeRefusal(.notLive, "\(name) is not live, so nothing can be carried over to its store; start it, and try again")
        }
        guard node.hasRole else {
            throw StoreChangeRefusal(
                .noStore, "\(name) has no store; give it the role \"\(TruthService.role)\" in the topology file and start it again")
        }
        if let schemas = node.schemas, !schemas.contains(configuration.schema) {
            throw StoreChangeRefusal(
                .schema,
                "the mesh writes states in schema \(configuration.schema), and the program of \(name) knows \(schemas); update it, and try again")
        }
        guard let store = node.store else {
            throw StoreChangeRefusal(.noStore, "\(name) has not told the id of its store yet; try again in a moment")
        }
        if let holder = stores.first(where: { $0.id == store }) {
            throw StoreChangeRefusal(
                .holdsShards,
                "the store of \(name), \(store), holds shards under the name \(holder.name) already; was its data directory copied?")
        }
        return ShardStore(id: store, name: name, capacity: node.capacity, zone: node.zone)
    }

    func underWay(_ pending: PendingChange) -> StoreChangeRefusal {
        StoreChangeRefusal(
            .underWay,
            "another change is under way since epoch \(pending.epoch): \(pending), with \(pending.moving) shards to carry over; "
                + "wait for its end, which gossamer store list shows, or take it back with: gossamer store cancel",
            pending: pending)
    }

    // MARK: What follows

    private func begin(_ next: [ShardStore]) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        try joint { () throws(ShardMapError) in try configuration.shards.rebalanced(stores: next) }
    }

    /// The shards stay where they are, but for the id; unless the new store has another size, or stands elsewhere.
    private func begin(replacing old: ShardStore, with new: ShardStore) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        let shards = configuration.shards
        return try joint(replacing: [old.id: new.id]) { () throws(ShardMapError) in
            let swapped = try ShardMap(
                epoch: shards.epoch, stores: shards.stores.filter { $0.id != old.id } + [new],
                replicaIDs: shards.replicaIDs.map { $0.map { $0 == old.id ? new.id : $0 } })
            return old.capacity == new.capacity && old.zone == new.zone ? swapped : try swapped.rebalanced(stores: swapped.stores)
        }
    }

    private func joint(
        replacing: [StoreID: StoreID] = [:], _ target: () throws(ShardMapError) -> ShardMap
    ) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        .write(
            try written { () throws(ShardMapError) in
                let target = try target()
                let keepers = Self.keepers(
                    after: configuration.map.seatings[Shard.configuration].seats.map { replacing[$0.store] ?? $0.store },
                    among: target.stores.map(\.id))
                return try configuration.joint(with: target, keepers: keepers, mutations: mutations)
            })
    }

    /// Who keeps the configuration: those who stay keep their places, and others fill up, in the order of their names.
    static func keepers(after old: [StoreID], among stores: [StoreID]) -> [StoreID] {
        let stay = old.filter(stores.contains)
        return ReplicaMap.keepers(among: stay + stores.filter { !stay.contains($0) })
    }

    func written(_ next: () throws(ShardMapError) -> MeshConfiguration) throws(StoreChangeRefusal) -> MeshConfiguration {
        let configuration: MeshConfiguration
        do { configuration = try next() } catch { throw StoreChangeRefusal(.unfit, error.sentence) }
        let size = configuration.document.count, limit = min(RegisterLimits.commandBytes, RegisterLimits.stateBytes) - 8
        guard size <= limit else {
            throw StoreChangeRefusal(
                .unfit,
                "the configuration of \(configuration.shards.stores.count) stores would have \(size) bytes, and \(limit) fit into its "
                    + "register; use fewer stores, or shorter names")
        }
        return configuration
    }
}
