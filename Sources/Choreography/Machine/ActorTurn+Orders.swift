import Registers
import World

extension ActorTurn {
    func order(_ part: String) throws -> OrderRow? { try view[.order, ActorRows.order(part)].map { try OrderRow(packed: $0) } }

    mutating func open(_ order: Reaction.Order, trace: WorkID, cause: UInt64) throws {
        guard try self.order(order.part) == nil else { throw ReactionError("part \(order.part) of \(name) was ordered before") }
        guard header.openOrders < ChoreographyLimits.openOrders else {
            throw NotNow("\(header.openOrders) parts of \(name) are open already; wait for answers")
        }
        header.openOrders += 1
        let expected = UInt32(clamping: order.expected.milliseconds)
        let row = OrderRow(
            work: order.work, payload: order.payload, trace: trace, cause: cause, expectedMs: expected, place: order.place)
        put(row, order.part)
    }

    mutating func close(_ order: OrderRow, _ part: String) {
        header.openOrders -= 1
        if order.dead != nil { header.deadOrders -= 1 }
        var order = order
        (order.payload, order.place, order.dead, order.isClosed) = ([], nil, nil, true)
        put(order, part)
    }

    /// Changes the cause for which an open part is dead. Gives the part, unless it was that already.
    mutating func setDead(_ cause: String?, part: String) throws -> OrderRow? {
        guard var order = try order(part), !order.isClosed, (order.dead == nil) != (cause == nil) else { return nil }
        if cause == nil { header.deadOrders -= 1 } else { header.deadOrders += 1 }
        order.dead = cause
        put(order, part)
        return order
    }

    private mutating func put(_ order: OrderRow, _ part: String) { view[.order, ActorRows.order(part)] = order.packed }
}
