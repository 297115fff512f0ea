import Transport
import World

/// How an actor that was watched came to its end.
public enum Termination: Hashable, Sendable {
    /// The actor was let go by its node, or never was there.
    case stopped
    /// Its node is dead, has left, or lives another life.
    case nodeDown
}

/// Who watches whom: the local watchers of actors elsewhere and here, and the sessions by which others watch local actors.
///
/// A watch from afar belongs to the session by which it came: the answer goes back on it, and with it the watch ends. A node
/// watches again when it has a new session; a client has no other.
struct Watches {
    typealias Watcher = AsyncStream<Termination>.Continuation

    /// Watches that one node may hold, and that one session may hold on this node's actors.
    static let limit = 32_768

    private var watchers: [MeshActorID: [UInt64: Watcher]] = [:]
    private var watchedBy: [ActorReference: Set<SessionID>] = [:]
    private var watching: [SessionID: Set<ActorReference>] = [:]
    /// Watches of this node's own.
    private(set) var count = 0

    /// Watches by which others hear of this node's actors.
    var servedCount: Int { watching.values.reduce(0) { $0 + $1.count } }

    /// - Returns: whether it is the first on this actor; nil when the limit is reached.
    mutating func add(_ subscription: Subscription<Termination>, on id: MeshActorID) -> Bool? {
        guard count < Self.limit else { return nil }
        count += 1
        let isFirst = watchers[id] == nil
        watchers[id, default: [:]][subscription.number] = subscription.continuation
        return isFirst
    }

    /// - Returns: whether it was the last on this actor.
    mutating func remove(_ number: UInt64, on id: MeshActorID) -> Bool {
        guard watchers[id]?.removeValue(forKey: number) != nil else { return false }
        count -= 1
        guard watchers[id]?.isEmpty == true else { return false }
        watchers[id] = nil
        return true
    }

    /// The actors of `node` that are watched from here, sorted.
    func targets(on node: NodeIdentity) -> [MeshActorID] {
        watchers.keys.filter { $0.node == node }.sorted { ($0.type, $0.number) < ($1.type, $1.number) }
    }

    /// Takes out the watchers of `id`, in the order in which they came.
    mutating func take(_ id: MeshActorID) -> [Watcher] {
        let taken = watchers.removeValue(forKey: id) ?? [:]
        count -= taken.count
        return taken.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Takes out the watchers of all actors of `node`.
    mutating func takeAll(on node: NodeIdentity) -> [Watcher] { targets(on: node).flatMap { take($0) } }

    /// Takes out all watchers, in the order in which they came.
    mutating func takeAll() -> [Watcher] {
        let all = watchers.values.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        watchers = [:]
        count = 0
        return all
    }

    /// Notes that a local actor is watched by a session. False when the session's limit is reached.
    mutating func watch(_ actor: ActorReference, for session: SessionID) -> Bool {
        guard watching[session, default: []].count < Self.limit else { return false }
        watching[session, default: []].insert(actor)
        watchedBy[actor, default: []].insert(session)
        return true
    }

    mutating func unwatch(_ actor: ActorReference, for session: SessionID) {
        watching[session]?.remove(actor)
        if watching[session]?.isEmpty == true { watching[session] = nil }
        watchedBy[actor]?.remove(session)
        if watchedBy[actor]?.isEmpty == true { watchedBy[actor] = nil }
    }

    /// Takes out the sessions that watch a local actor, oldest first.
    mutating func takeSessions(watching actor: ActorReference) -> [SessionID] {
        let sessions = (watchedBy[actor] ?? []).sorted()
        for session in sessions { unwatch(actor, for: session) }
        return sessions
    }

    /// Forgets the watches of a session that has ended.
    mutating func forget(_ session: SessionID) {
        for actor in watching[session] ?? [] { unwatch(actor, for: session) }
    }
}
