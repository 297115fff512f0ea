import Choreography
import Registers
import World

/// Orders of the mesh, as an edge reaches them.
public struct OrderDesk: OrderGateway {
    private let actors: DurableActors

    public init(actors: DurableActors) { self.actors = actors }

    public func place(_ request: Place, id: WorkID) async throws(OrderGatewayError) {
        // Named here, because what the order's first reaction throws would be the same for every node.
        _ = try named(Account.kind, request.customer)
        _ = try named(Stock.kind, request.item)
        _ = try await tell(request, to: ActorName(Order.kind, of: id), as: id, operation: id)
    }

    public func order(_ id: WorkID) async throws(OrderGatewayError) -> Order.State? {
        let state = try await state(of: ActorName(Order.kind, of: id), Order.self)
        return state?.request == nil ? nil : state
    }

    public func order(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(OrderGatewayError) -> OrderSighting? {
        let actor = ActorName(Order.kind, of: id), sighting: ActorSighting<Order>?
        do throws(RegisterError) {
            sighting = try await actors.sighting(of: actor, Order.self, seen: seen, rows: 0, patience: patience)
        } catch {
            if error.code == .expired { return nil }
            throw OrderGatewayError(error)
        }
        return sighting.flatMap { $0.state.request == nil ? nil : OrderSighting(state: $0.state, number: $0.number) }
    }

    public func cancel(_ id: WorkID, operation: WorkID) async throws(OrderGatewayError) -> Bool {
        guard let state = try await order(id) else { return false }
        guard !state.status.isTerminal else { throw OrderGatewayError(.ended, "order \(id) has ended already: \(state.status.rawValue)") }
        do throws(OrderGatewayError) {
            _ = try await tell(Cancel(), to: ActorName(Order.kind, of: id), as: id, operation: operation)
        } catch {
            // It may have ended in between.
            guard error.code == .invalid, let state = try await order(id), state.status.isTerminal else { throw error }
            throw OrderGatewayError(.ended, "order \(id) has ended already: \(state.status.rawValue)")
        }
        return true
    }

    public func account(_ name: String) async throws(OrderGatewayError) -> Account.State {
        try await state(of: named(Account.kind, name), Account.self) ?? Account.blank
    }

    public func setAccount(
        _ name: String, balance: Int64, over revision: UInt64, operation: WorkID
    ) async throws(OrderGatewayError) -> Account.State {
        try await set(SetBalance(balance, over: revision), named(Account.kind, name), operation)
        do throws(OrderGatewayError) { return try await account(name) } catch { throw Self.done(error, "account \(name)") }
    }

    public func stock(_ name: String) async throws(OrderGatewayError) -> Stock.State {
        try await state(of: named(Stock.kind, name), Stock.self) ?? Stock.blank
    }

    public func setStock(
        _ name: String, quantity: Int64, over revision: UInt64, operation: WorkID
    ) async throws(OrderGatewayError) -> Stock.State {
        try await set(SetQuantity(quantity, over: revision), named(Stock.kind, name), operation)
        do throws(OrderGatewayError) { return try await stock(name) } catch { throw Self.done(error, "stock \(name)") }
    }

    // MARK: Actors

    private func named(_ kind: String, _ name: String) throws(OrderGatewayError) -> ActorName {
        guard let actor = ActorName(kind, named: name) else {
            throw OrderGatewayError(.invalid, "\"\(name)\" is no name of \(kind); give 1 to 500 bytes")
        }
        return actor
    }

    private func set(_ event: some DurableEvent, _ actor: ActorName, _ operation: WorkID) async throws(OrderGatewayError) {
        let answer = try await tell(event, to: actor, as: operation, operation: operation)
        switch answer.first.flatMap(SettingOutcome.init) {
        case .done: return
        case .otherRevision: throw OrderGatewayError(.otherRevision, "\(actor) has another revision by now; read it and try again")
        case .lessThanHeld: throw OrderGatewayError(.lessThanHeld, "orders under way hold more of \(actor) than that")
        case nil: throw OrderGatewayError(.unknown, "\(actor) has answered what this program does not know; update it")
        }
    }

    /// It was set, and could not be read afterwards: nobody may say that nothing has happened.
    private static func done(_ error: OrderGatewayError, _ what: String) -> OrderGatewayError {
        OrderGatewayError(.unknown, "\(what) was set and cannot be read now: \(error)", retryAfterSeconds: error.retryAfterSeconds)
    }

    private func tell(
        _ event: some DurableEvent, to actor: ActorName, as work: WorkID, operation: WorkID
    ) async throws(OrderGatewayError) -> [UInt8] {
        do throws(RegisterError) {
            return try await actors.tell(event, to: actor, as: work, operation: operation)
        } catch {
            throw OrderGatewayError(error)
        }
    }

    private func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type) async throws(OrderGatewayError) -> Actor.State? {
        do throws(RegisterError) { return try await actors.state(of: actor, type) } catch {
            // Whose hour is closed, and who is not there, will never be.
            if error.code == .expired { return nil }
            throw OrderGatewayError(error)
        }
    }
}

extension OrderGatewayError {
    init(_ error: RegisterError) {
        let code: Code =
            switch error.conclusion {
            case .refused: .invalid
            case .unavailable: .unavailable
            case .unknown: .unknown
            }
        self.init(code, error.sentence, retryAfterSeconds: error.retryAfterSeconds)
    }
}
