import World

/// Orders, accounts and stock, as an edge sees them. Everything may be asked again under the same id.
public protocol OrderGateway: Sendable {
    /// Places an order. When this returns it is kept, and will end, whatever dies.
    /// - Parameter id: the order's; the same once more is the same order.
    func place(_ request: Place, id: WorkID) async throws(OrderGatewayError)

    /// How an order stands; nil when there is none of that id.
    func order(_ id: WorkID) async throws(OrderGatewayError) -> Order.State?

    /// How an order stands, and the number of what has happened to it; nil when there is none of that id. When that is the number `seen`,
    /// waits up to `patience` for more.
    func order(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(OrderGatewayError) -> OrderSighting?

    /// Cancels an order: it will be undone. False when there is none.
    /// - Throws: `ended` when it has ended.
    func cancel(_ id: WorkID, operation: WorkID) async throws(OrderGatewayError) -> Bool

    /// An account; revision 0 when nobody has made it.
    func account(_ name: String) async throws(OrderGatewayError) -> Account.State

    /// Makes an account (over revision 0), or sets the balance of the revision.
    /// - Throws: `otherRevision` when that is not the revision that is there, `lessThanHeld` when orders hold more.
    func setAccount(_ name: String, balance: Int64, over revision: UInt64, operation: WorkID) async throws(OrderGatewayError) -> Account.State

    /// How much there is of an item; revision 0 when nobody has made it.
    func stock(_ name: String) async throws(OrderGatewayError) -> Stock.State

    /// Makes an item (over revision 0), or sets the quantity of the revision.
    /// - Throws: `otherRevision` when that is not the revision that is there, `lessThanHeld` when orders hold more.
    func setStock(_ name: String, quantity: Int64, over revision: UInt64, operation: WorkID) async throws(OrderGatewayError) -> Stock.State
}

/// An order at one moment.
public struct OrderSighting: Hashable, Sendable {
    public let state: Order.State
    /// Rises with everything that happens to the order; 1 when it was placed.
    public let number: UInt64

    public init(state: Order.State, number: UInt64) {
        self.state = state
        self.number = number
    }
}

/// Why an edge has nothing for its client.
public struct OrderGatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// A majority of the replicas does not answer. Nothing has happened.
        case unavailable
        /// The same, and it may have happened: asking again under the same id tells.
        case unknown
        /// What is asked for cannot be, by the rules.
        case invalid
        /// Another revision is there.
        case otherRevision
        /// Orders hold more than that.
        case lessThanHeld
        /// The order has ended.
        case ended
    }

    public let code: Code
    /// What is wrong, with the value and the remedy.
    public let description: String
    public let retryAfterSeconds: Int

    public init(_ code: Code, _ description: String, retryAfterSeconds: Int = 1) {
        self.code = code
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }
}
