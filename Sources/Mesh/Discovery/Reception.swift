import World

/// An actor as its node names it to others: its type and number.
struct ActorReference: Hashable, Sendable, Comparable {
    var type: ActorType
    var number: UInt64

    static func < (a: ActorReference, b: ActorReference) -> Bool { (a.type, a.number) < (b.type, b.number) }
}

/// Who is checked in under which key, on this node and on all others.
///
/// Every node is the only source of its own check-ins. It sends them whole when a session begins and key by key when they
/// change; sessions keep order and lose nothing, so a peer's picture is right or the session is gone. What a node has
/// checked in goes when the node dies. Nothing is relayed, so no stale news of third parties exists.
struct Reception {
    /// Check-ins that one node may hold.
    static let limit = 4096

    private var local: [String: [ActorReference]] = [:]
    private var localKeys: [ActorReference: Set<String>] = [:]
    private var localCount = 0
    private var remote: [NodeIdentity: [String: [ActorReference]]] = [:]

    /// The node's own check-ins, sorted by key.
    var snapshot: [(key: String, actors: [ActorReference])] {
        local.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func localActors(of key: String) -> [ActorReference] { local[key] ?? [] }

    /// - Returns: whether anything changed; nil when the node's limit is reached.
    mutating func checkIn(_ actor: ActorReference, as key: String) -> Bool? {
        guard !(local[key] ?? []).contains(actor) else { return false }
        guard localCount < Self.limit else { return nil }
        local[key, default: []].append(actor)
        local[key]?.sort()
        localKeys[actor, default: []].insert(key)
        localCount += 1
        return true
    }

    /// - Returns: the keys under which the actor was checked in.
    mutating func checkOut(_ actor: ActorReference, from only: String? = nil) -> [String] {
        let keys = (localKeys[actor] ?? []).sorted().filter { only == nil || only == $0 }
        for key in keys {
            local[key]?.removeAll { $0 == actor }
            if local[key]?.isEmpty == true { local[key] = nil }
            localKeys[actor]?.remove(key)
            localCount -= 1
        }
        if localKeys[actor]?.isEmpty == true { localKeys[actor] = nil }
        return keys
    }

    /// Takes in what `node` says of itself.
    /// - Parameter isWhole: the entries are all there are; otherwise each replaces what was known of its key.
    /// - Returns: the keys that changed.
    mutating func update(
        from node: NodeIdentity, isWhole: Bool, entries: [(key: String, actors: [ActorReference])]
    ) -> [String] {
        let before = remote[node] ?? [:]
        var after = isWhole ? [:] : before
        for entry in entries { after[entry.key] = entry.actors.isEmpty ? nil : entry.actors }
        let count = after.values.reduce(0) { $0 + $1.count }
        guard count <= Self.limit else { return [] }
        remote[node] = after.isEmpty ? nil : after
        return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    }

    /// Forgets what a dead node had checked in.
    /// - Returns: the keys that changed.
    mutating func forget(_ node: NodeIdentity) -> [String] { remote.removeValue(forKey: node)?.keys.sorted() ?? [] }

    /// All actors of the mesh under `key`, sorted by node.
    func listing(of key: String, local me: NodeIdentity) -> [MeshActorID] {
        var nodes = remote.compactMap { node, keys in keys[key].map { (node, $0) } }
        if let mine = local[key] { nodes.append((me, mine)) }
        return nodes.sorted { $0.0 < $1.0 }.flatMap { node, actors in
            actors.map { MeshActorID(node: node, type: $0.type, number: $0.number) }
        }
    }
}
