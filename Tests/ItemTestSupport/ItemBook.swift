import Items
import Synchronization
import World

/// Items in memory, for those who ask for them through an edge.
package final class ItemBook: ItemGateway {
    private struct State {
        var tenants: [[UInt8]: Set<[UInt8]>] = [:]
        var failure: ItemGatewayError?
        var adds: [[Item]] = []
        var deadlines: [Instant] = []
        var works: [WorkID] = []
        var forgets = false
    }

    private let state = Mutex(State())

    package init() {}

    /// From now on everything fails like this; nil for no more. What fails with `unknown` has happened.
    package func fail(_ error: ItemGatewayError?) { state.withLock { $0.failure = error } }

    /// Every third addition is acknowledged and does not count.
    package var forgets: Bool {
        get { state.withLock { $0.forgets } }
        set { state.withLock { $0.forgets = newValue } }
    }

    /// What was asked for, in order.
    package var adds: [[Item]] { state.withLock { $0.adds } }
    /// By when.
    package var deadlines: [Instant] { state.withLock { $0.deadlines } }
    /// Under which ids.
    package var works: [WorkID] { state.withLock { $0.works } }

    package func ids(of tenant: String) -> Set<[UInt8]> { state.withLock { $0.tenants[Array(tenant.utf8)] ?? [] } }

    package func add(_ items: [Item], ids: any WorkIDSource, by deadline: Instant) async throws(ItemGatewayError) {
        let failure = state.withLock { state -> ItemGatewayError? in
            state.adds.append(items)
            state.deadlines.append(deadline)
            state.works.append(ids.next())
            guard state.failure == nil || state.failure?.code == .unknown else { return state.failure }
            if state.forgets, state.adds.count % 3 == 0 { return nil }
            for item in items { state.tenants[Array(item.tenant.utf8), default: []].insert(Array(item.id.utf8)) }
            return state.failure
        }
        if let failure { throw failure }
    }

    package func count(_ tenant: String) async throws(ItemGatewayError) -> UInt64 {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return UInt64(ids(of: tenant).count)
    }

    /// Behind a failure, too: the replica is asked alone.
    package func glance(_ tenant: String) async throws(ItemGatewayError) -> ItemGlance {
        let count = UInt64(ids(of: tenant).count)
        return ItemGlance(count: count, version: count * 10)
    }
}
