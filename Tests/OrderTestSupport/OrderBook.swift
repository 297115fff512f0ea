import Choreography
import Orders
import Synchronization
import World

/// Orders in memory, by the rules of the room. Nothing happens to an order but what the test lets happen.
package final class OrderBook: OrderGateway {
    private struct State {
        let rehearsal: Rehearsal
        var failure: OrderGatewayError?
        var orders: [WorkID] = []
    }

    private let state: Mutex<State>
    /// When everything happens.
    package let now: WallTime
    private let world: any World

    package init(_ world: any World) {
        self.world = world
        let now = world.wallTime
        self.now = now
        state = Mutex(State(rehearsal: Rehearsal([Order.self, Account.self, Stock.self, Shipping.self], seed: 1, now: now)))
    }

    // MARK: What a test does

    /// From now on everything fails like this; nil for no more. What fails with `unknown` has happened.
    package func fail(_ error: OrderGatewayError?) { state.withLock { $0.failure = error } }

    /// The orders, in the order in which they were placed.
    package var orders: [WorkID] { state.withLock { $0.orders } }

    package func request(of id: WorkID) throws -> Place? {
        try state.withLock { try $0.rehearsal.state(of: ActorName(Order.kind, of: id), Order.self).request }
    }

    /// Lets things happen until the order stands like this, or nothing is left to happen.
    package func advance(_ id: WorkID, to status: Order.Status) throws {
        try state.withLock { state in
            let actor = ActorName(Order.kind, of: id)
            while try state.rehearsal.state(of: actor, Order.self).status != status, try state.rehearsal.step() {}
        }
    }

    /// Lets everything happen.
    package func play() throws { try state.withLock { try $0.rehearsal.play() } }

    // MARK: What an edge does

    package func place(_ request: Place, id: WorkID) async throws(OrderGatewayError) {
        try change { rehearsal, orders in
            try rehearsal.tell(request, to: ActorName(Order.kind, of: id), as: id)
            orders.append(id)
        }
    }

    package func order(_ id: WorkID) async throws(OrderGatewayError) -> Order.State? {
        let state = try read { try $0.state(of: ActorName(Order.kind, of: id), Order.self) }
        return state.request == nil ? nil : state
    }

    package func order(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(OrderGatewayError) -> OrderSighting? {
        let actor = ActorName(Order.kind, of: id), end = world.now + patience
        while true {
            let (state, number) = try read { rehearsal in
                (try rehearsal.state(of: actor, Order.self), UInt64(try rehearsal.trace(of: id).count { $0.actor == actor }))
            }
            guard state.request != nil else { return nil }
            if number > seen ?? 0 || state.status.isTerminal || world.now >= end { return OrderSighting(state: state, number: number) }
            try? await world.sleep(for: .milliseconds(5))
        }
    }

    package func cancel(_ id: WorkID, operation: WorkID) async throws(OrderGatewayError) -> Bool {
        guard let order = try await order(id) else { return false }
        guard !order.status.isTerminal else { throw OrderGatewayError(.ended, "order \(id) has ended: \(order.status.rawValue)") }
        _ = try change { rehearsal, _ in try rehearsal.tell(Cancel(), to: ActorName(Order.kind, of: id), as: id) }
        return true
    }

    package func account(_ name: String) async throws(OrderGatewayError) -> Account.State {
        try read { try $0.state(of: Self.actor(Account.kind, name), Account.self) }
    }

    package func setAccount(
        _ name: String, balance: Int64, over revision: UInt64, operation: WorkID
    ) async throws(OrderGatewayError) -> Account.State {
        try set(SetBalance(balance, over: revision), Account.kind, name, operation)
        return try await account(name)
    }

    package func stock(_ name: String) async throws(OrderGatewayError) -> Stock.State {
        try read { try $0.state(of: Self.actor(Stock.kind, name), Stock.self) }
    }

    package func setStock(
        _ name: String, quantity: Int64, over revision: UInt64, operation: WorkID
    ) async throws(OrderGatewayError) -> Stock.State {
        try set(SetQuantity(quantity, over: revision), Stock.kind, name, operation)
        return try await stock(name)
    }

    private func set(_ event: some DurableEvent, _ kind: String, _ name: String, _ operation: WorkID) throws(OrderGatewayError) {
        let answer = try change { rehearsal, _ in try rehearsal.tell(event, to: Self.actor(kind, name), as: operation) }
        switch answer.first.flatMap(SettingOutcome.init) {
        case .done: return
        case .otherRevision: throw OrderGatewayError(.otherRevision, "\(kind)/\(name) has another revision")
        case .lessThanHeld: throw OrderGatewayError(.lessThanHeld, "orders hold more of \(kind)/\(name)")
        case nil: throw OrderGatewayError(.invalid, "no answer")
        }
    }

    private func read<Value: Sendable>(_ body: @Sendable (Rehearsal) throws -> Value) throws(OrderGatewayError) -> Value {
        let result = state.withLock { state -> Result<Value, OrderGatewayError> in
            if let failure = state.failure { return .failure(failure) }
            return Self.result { try body(state.rehearsal) }
        }
        return try result.get()
    }

    private func change<Value: Sendable>(
        _ body: @Sendable (Rehearsal, inout [WorkID]) throws -> Value
    ) throws(OrderGatewayError) -> Value {
        let result = state.withLock { state -> Result<Value, OrderGatewayError> in
            if let failure = state.failure, failure.code != .unknown { return .failure(failure) }
            let result = Self.result { try body(state.rehearsal, &state.orders) }
            return state.failure.map { .failure($0) } ?? result
        }
        return try result.get()
    }

    private static func result<Value>(_ body: () throws -> Value) -> Result<Value, OrderGatewayError> {
        do { return .success(try body()) } catch { return .failure(OrderGatewayError(.invalid, "\(error)")) }
    }

    private static func actor(_ kind: String, _ name: String) throws -> ActorName {
        guard let actor = ActorName(kind, named: name) else { throw OrderGatewayError(.invalid, "\"\(name)\" is no name") }
        return actor
    }
}
