import World

/// How an actor that was watched came to its end.
public enum Termination: Hashable, Sendable {
    /// The actor was let go by its node, or never was there.
    case stopped
    /// Its node is dead, has left, or lives another life.
    case nodeDown
}

/// Who watches whom: the local watchers of actors elsewhere and here, and the nodes that watch local actors.
struct Watches {
    typealias Watcher = AsyncStream<Termination>.Continuation

    /// Watches that one node may hold on another's actors.
    static let limit = 65_536

    private var watchers: [MeshActorID: [UInt64: Watcher]] = [:]
    private var watchedFor: [ActorReference: Set<NodeIdentity>] = [:]
    private var watchedCount = 0
    private var made: UInt64 = 0

    /// - Returns: the watch's number, and whether it is the first on this actor.
    mutating func add(_ watcher: Watcher, on id: MeshActorID) -> (number: UInt64, isFirst: Bool) {
        made += 1
        let isFirst = watchers[id] == nil
        watchers[id, default: [:]][made] = watcher
        return (made, isFirst)
    }

    /// - Returns: whether it was the last on this actor.
    mutating func remove(_ number: UInt64, on id: MeshActorID) -> Bool {
        guard watchers[id]?.removeValue(forKey: number) != nil else { return false }
        if watchers[id]?.isEmpty == true { watchers[id] = nil }
        return watchers[id] == nil
    }

    /// The actors of `node` that are watched from here, sorted.
    func targets(on node: NodeIdentity) -> [MeshActorID] {
        watchers.keys.filter { $0.node == node }.sorted { ($0.type, $0.number) < ($1.type, $1.number) }
    }

    /// Takes out the watchers of `id`, in the order in which they came.
    mutating func take(_ id: MeshActorID) -> [Watcher] {
        (watchers.removeValue(forKey: id) ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    /// Takes out the watchers of all actors of `node`.
    mutating func takeAll(on node: NodeIdentity) -> [Watcher] { targets(on: node).flatMap { take($0) } }

    /// Notes that `node` watches a local actor. False when the limit is reached.
    mutating func watch(_ actor: ActorReference, for node: NodeIdentity) -> Bool {
        guard watchedCount < Self.limit else { return false }
        if watchedFor[actor, default: []].insert(node).inserted { watchedCount += 1 }
        return true
    }

    mutating func unwatch(_ actor: ActorReference, for node: NodeIdentity) {
        guard watchedFor[actor]?.remove(node) != nil else { return }
        watchedCount -= 1
        if watchedFor[actor]?.isEmpty == true { watchedFor[actor] = nil }
    }

    /// Takes out the nodes that watch a local actor, sorted.
    mutating func takeWatchingNodes(of actor: ActorReference) -> [NodeIdentity] {
        let nodes = (watchedFor.removeValue(forKey: actor) ?? []).sorted()
        watchedCount -= nodes.count
        return nodes
    }

    /// Forgets a dead node's watches.
    mutating func forget(_ node: NodeIdentity) {
        for actor in watchedFor.keys.sorted() { unwatch(actor, for: node) }
    }
}
