import Choreography
import World

// THE EVENTS OF AN ORDER
//
//                 Charge             Reserve            Ship                    Capture, Dispatch, Close
//   Place ▶ order ──────▶ account     ──────▶ stock      ──────▶ shipping        ──────▶ account, stock, shipping
//             ▲◀───────── Charged     ◀────── Reserved   ◀────── Shipped  (the order decides: it is shipped)
//             ▲◀───────── Refused     ◀────── Refused    ◀────── Refused
//             │
//             └ Refused, Deadline or Cancel (the order decides: it is cancelled), then in reverse
//                         CancelShipping ▶ Released, Release ▶ Released, Refund ▶ Released ▶ the order is cancelled
//
// The order asks one after the other and is the one who decides. Nobody asks anybody else, and nobody waits: between two events an order
// is nothing but its register.

/// A step of an order, by the names that its users know.
public enum OrderStep: String, Codable, Hashable, Sendable, CaseIterable {
    case order, payment, inventory, shipping
}

/// Somebody orders.
public struct Place: DurableEvent, Hashable {
    public static let name = "place"
    public let customer: String
    public let item: String
    /// At least 1.
    public let quantity: Int64
    /// What it costs, at least 0, in the smallest unit of whatever accounts hold.
    public let amount: Int64
    /// The step that is to fail, for trying out.
    public let failAt: OrderStep?
    /// When the order is given up, milliseconds since 1970.
    public let deadlineMs: Int64

    public init(customer: String, item: String, quantity: Int64, amount: Int64, failAt: OrderStep?, deadlineMs: Int64) {
        (self.customer, self.item, self.quantity, self.amount) = (customer, item, quantity, amount)
        (self.failAt, self.deadlineMs) = (failAt, deadlineMs)
    }
}

/// What an account is to have; not less than orders hold of it.
public struct SetBalance: DurableEvent, Hashable {
    public static let name = "set-balance"
    public let balance: Int64
    /// The revision that it takes the place of; 0 for an account that nobody has made.
    public let revision: UInt64
    public init(_ balance: Int64, over revision: UInt64) { (self.balance, self.revision) = (balance, revision) }
}

/// How much there is to be of an item; not less than orders hold of it.
public struct SetQuantity: DurableEvent, Hashable {
    public static let name = "set-quantity"
    public let quantity: Int64
    /// The revision that it takes the place of; 0 for an item that nobody has made.
    public let revision: UInt64
    public init(_ quantity: Int64, over revision: UInt64) { (self.quantity, self.revision) = (quantity, revision) }
}

/// The answer to these two: one byte.
public enum SettingOutcome: UInt8, Sendable {
    case done = 1
    /// Another revision is there by now.
    case otherRevision = 2
    /// Orders hold more than that.
    case lessThanHeld = 3
}

/// Its customer does not want it any more.
public struct Cancel: DurableEvent, Hashable {
    public static let name = "cancel"
    public init() {}
}

/// The order has taken too long.
struct Deadline: DurableEvent, Hashable { static let name = "deadline" }

/// What the order asks of the others. All carry how much, so that each can be undone from itself alone.
struct Charge: DurableEvent, Hashable { static let name = "charge"; let amount: Int64; let fails: Bool }
struct Reserve: DurableEvent, Hashable { static let name = "reserve"; let quantity: Int64; let fails: Bool }
struct Ship: DurableEvent, Hashable { static let name = "ship"; let item: String; let quantity: Int64; let fails: Bool }

/// What they answer.
struct Charged: DurableEvent, Hashable { static let name = "charged" }
struct Reserved: DurableEvent, Hashable { static let name = "reserved" }
struct Shipped: DurableEvent, Hashable { static let name = "shipped" }
struct Refused: DurableEvent, Hashable { static let name = "refused"; let step: OrderStep; let reason: String }

/// It was shipped: what was held is spent.
struct Capture: DurableEvent, Hashable { static let name = "capture"; let amount: Int64 }
struct Dispatch: DurableEvent, Hashable { static let name = "dispatch"; let quantity: Int64 }
struct Close: DurableEvent, Hashable { static let name = "close" }

/// It was cancelled: what was held is free again.
struct Refund: DurableEvent, Hashable { static let name = "refund"; let amount: Int64 }
struct Release: DurableEvent, Hashable { static let name = "release"; let quantity: Int64 }
struct CancelShipping: DurableEvent, Hashable { static let name = "cancel-shipping" }
struct Released: DurableEvent, Hashable { static let name = "released"; let step: OrderStep }
