import Mesh
import Placement
import Registers
import Truth
import Web
import World

/// What the admin port reads and writes of the mesh's registers. ``Truth/TruthService`` is one.
public protocol TruthInspection: Sendable {
    /// What the node goes by; nil before the mesh has begun.
    var configuration: MeshConfiguration? { get }
    /// What keeps the mesh from beginning, as far as this node tries; nil when nothing does.
    var obstacle: String? { get }
    /// Why the node cannot go by the newest configuration; nil when it can.
    var trouble: String? { get }
    /// The node's own store; nil when it has none.
    var store: StoreID? { get }
    /// Whether the node's own store takes part; nil when it has none, and before the mesh has begun.
    var standing: Standing? { get }
    /// Of how many shards a majority of the stores lives and votes, as gossip tells; nil before the mesh has begun.
    var decidableShards: Int? { get }
    /// The node that runs a store, if it lives.
    func node(of store: StoreID) -> NodeIdentity?
    /// The newest schema of states that the program of a store writes; nil when it does not live.
    func newestSchema(of store: StoreID) -> UInt32?
    /// Shard, replicas and home of a key.
    func explain(_ key: RegisterKey) -> KeyExplanation?
    /// Has other stores hold the shards. Returns when that is written down.
    func change(_ wish: StoreChange, patience: Duration) async throws -> StoreChangeOutcome
    /// How far the reconfiguration has come that is under way; nil without one, and when who knows does not say.
    func progress() async -> ReconfigurationProgress?
    /// Values under names.
    var values: KeyValue { get }
}

extension TruthService: TruthInspection {}

extension TruthInspection {
    /// Why the node's store does not do its part, in a sentence; nil while it does, or has none.
    public var complaint: String? {
        if let trouble { return trouble }
        return switch standing {
        case nil, .voting: nil
        case .asking: "the store asks its peers what they have heard of it, and does not vote before they have answered"
        case .full: "the disk of the store is full: it neither promises nor accepts until there is room"
        case .rolledBack:
            "the store is an older copy of itself and never votes again: put the newest copy back, or wipe its disk and replace the store"
        }
    }

    /// How much of the work can be done here: all while every shard has a majority of live stores that vote, some while some have, and none else. A node
    /// whose store does not vote is not ready, however well it sees the mesh: what needs its replicas goes elsewhere.
    /// - Parameter node: how the node itself stands; nothing is better than that.
    public func readiness(of node: Readiness) -> Readiness {
        guard node != .unhealthy, complaint == nil, let decidable = decidableShards, decidable > 0 else { return .unhealthy }
        return decidable < Shard.count ? .degraded : node
    }

    /// Why ``readiness(of:)`` is not the best, in a sentence or two.
    /// - Parameter node: why the node itself is not at its best; nil when it is.
    public func reason(of node: String?) -> String? {
        let reasons = [reason, node].compactMap(\.self)
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// Why ``readiness(of:)`` is not the best, in a sentence, as far as that is no affair of the node itself.
    public var reason: String? {
        if let complaint { return complaint }
        guard let decidable = decidableShards else {
            return "the mesh has not begun: \(obstacle ?? "gossamer store list says what it waits for")"
        }
        guard decidable < Shard.count else { return nil }
        let without = decidable == 0 ? "none of the \(Shard.count) shards has" : "\(Shard.count - decidable) of \(Shard.count) shards do not have"
        return "\(without) a majority of live stores that vote: gossamer store list says which are down"
    }
}
