import Membership
import Mesh
import Placement
import Synchronization
import World

// LIMITS ACROSS EDGES
//
// A client may go to any edge, and to several at a time; so its requests are counted at one place of the mesh, its bucket's home: the node
// that the work ring names for the bucket. It must have the role `store`, because those nodes last; guests of a mesh and nodes that are
// being drained have none. An edge asks the home with one call, and a home that is the edge itself with none.
//
// Buckets are volatile. When the ring moves one, because a node has come or gone, it begins anew: a client may then have up to twice its
// limit within one window. That is what it costs to keep no register for each request.
//
// A home that is silent must not hold up a request, nor let everything pass. After a second the edge goes by its share of the limit: the
// limit divided by the number of edges, counted in a bucket of its own; and it does not ask that home again for a while. Meanwhile the
// others find out whether the home is dead, and then the ring names another.

/// Keeps count of requests across all edges of a mesh.
public final class MeshLimits: LimitKeeper {
    /// The role of nodes that keep buckets.
    public static let role = "store"
    /// How long a home may take to answer.
    static let patience = Duration.seconds(1)
    /// For how long a home that has not answered is not asked.
    static let silence = Duration.seconds(5)

    private let node: Node
    private let buckets: LimitBuckets
    /// Kept so that it lives.
    private let door: LimitDoor
    /// Until when homes are not asked. They are members, so there are not many.
    private let silent = Mutex<[NodeIdentity: Instant]>([:])
    private let shares = Atomic<UInt64>(0)

    /// Make it before the node starts, on every node: any may be a home.
    public init(node: Node) {
        self.node = node
        buckets = LimitBuckets(world: node.world)
        door = LimitDoor(actorSystem: node.system, buckets: buckets)
    }

    public func take(_ order: LimitOrder) async -> LimitTicket {
        precondition(order.isValid, "a limit with figures that are not allowed: \(order)")
        guard let home = home(of: order) else { return share(order) }
        if home == node.identity { return LimitTicket(buckets.judge(order), order) }
        guard !isSilent(home) else { return share(order) }
        do {
            let verdict = try await node.system.withDeadline(Self.patience) {
                try await node.system.singleton(LimitDoor.self, on: home).take(order)
            }
            guard verdict.isPossible(for: order.policy) else { return share(order) }
            return LimitTicket(verdict, order)
        } catch {
            heardNothing(of: home, error)
            return share(order)
        }
    }

    public func leave(_ ticket: LimitTicket) async {
        let order = ticket.order
        guard !ticket.isShare, let home = home(of: order), home != node.identity else {
            return buckets.giveBack(ticket.verdict.place, of: order)
        }
        // Nobody waits for this. A place that is not given back is free when its time has come.
        try? await node.system.oneWay {
            try await node.system.singleton(LimitDoor.self, on: home).leave(order, ticket.verdict.place)
        }
    }

    /// The node that counts for an order now; nil while none can.
    public func home(of order: LimitOrder) -> NodeIdentity? {
        guard let owner = node.ring.owner(of: "limit \(order.name)", role: Self.role, excluding: []) else { return nil }
        if owner.name == node.identity.name { return node.identity }
        return node.members.member(named: owner.name).flatMap { $0.status.isLive ? $0.identity : nil }
    }

    // MARK: Silence

    private func isSilent(_ home: NodeIdentity) -> Bool {
        let now = node.world.now
        return silent.withLock { ($0[home] ?? now) > now }
    }

    private func heardNothing(of home: NodeIdentity, _ error: any Error) {
        let now = node.world.now
        // What is full now may have room for the next, and what the asker has called off says nothing of the home.
        if let error = error as? MeshError, error.code == .overloaded || error.code == .cancelled { return }
        silent.withLock { silent in
            silent = silent.filter { $0.value > now }
            silent[home] = now + Self.silence
        }
    }

    private func share(_ order: LimitOrder) -> LimitTicket {
        shares.add(1, ordering: .relaxed)
        let edges = node.decidedMembers.count { $0.metadata.edgeURL != nil }
        let share = LimitOrder(name: "share of " + order.name, policy: order.policy.share(of: edges))
        return LimitTicket(buckets.judge(share), share, isShare: true)
    }

    /// Counters and gauges of the node's buckets, and how often a home was silent.
    public var metrics: [MetricSample] {
        let shares = Double(self.shares.load(ordering: .relaxed))
        return buckets.metrics + [
            MetricSample(
                "gossamer_limits_fallback_total", .counter, shares,
                help: "Requests that were judged by this edge's own share of the limit, because the home of their bucket was silent."),
        ]
    }
}
