import Choreography
import Items
import Orders
import Primes
import World

/// What durable actors show when all is quiet, as far as their judges have to know it.
package struct Books {
    /// Of an account or an item: all of it, and what of that is held.
    package struct Balance: Hashable {
        package var whole: Int64
        package var held: Int64

        package init(whole: Int64, held: Int64) { (self.whole, self.held) = (whole, held) }
    }

    /// The items of a tenant, and how many it says that they are.
    package struct Tenant: Hashable {
        package var count: UInt64 = 0
        package var ids: [String] = []

        package init() {}

        /// Takes a page of its rows: an id is the key of its row behind a zero, or the value of one that begins otherwise.
        mutating func take(_ rows: [(key: [UInt8], value: [UInt8])], count: UInt64) {
            self.count = count
            ids += rows.map { row in String(decoding: row.key.first == 0 ? Array(row.key.dropFirst()) : row.value, as: UTF8.self) }
        }
    }

    package struct Entry {
        package let work: WorkID
        package let actor: ActorName
        package let entry: TraceEntry

        package init(work: WorkID, actor: ActorName, entry: TraceEntry) { (self.work, self.actor, self.entry) = (work, actor, entry) }
    }

    /// Of the orders that are there.
    package var orders: [WorkID: Order.Status] = [:]
    /// What was sent out for an order and not taken back.
    package var shipped: [WorkID: Int64] = [:]
    package var accounts: [String: Balance] = [:]
    package var stock: [String: Balance] = [:]
    /// Of the trips that are there.
    package var trips: [WorkID: Trip.Decision] = [:]
    package var hotels: [String: Hotel.State] = [:]
    /// Of the gathers that are there.
    package var gathers: [WorkID: Gather.State] = [:]
    /// By their names, those that anything was added to.
    package var tenants: [String: Tenant] = [:]
    /// Of the deliveries that are there.
    package var deliveries: [WorkID: Delivery.Status] = [:]
    /// The jobs that are there.
    package var jobs: [WorkID: PrimesStatus] = [:]
    /// Parts that workers have done.
    package var performed: Set<Performance> = []
    /// How many of the lives to which a part was given any node has held for dead; a part that is not there has none.
    package var partDeaths: [Performance: Int] = [:]
    /// Actors of pieces of work that are over.
    package var ended: Set<ActorName> = []
    /// What actors have yet to do, one sentence each.
    package var leftovers: [String] = []
    /// The causal graph, actor by actor.
    package var graph: [Entry] = []

    package init() {}

    /// Notes what an actor has yet to do.
    package mutating func note(_ duties: ActorDuties, of actor: ActorName) {
        if duties.isEnding { ended.insert(actor) }
        for pair in duties.pairs where !pair.letters.isEmpty {
            let events = pair.letters.map(\.event).joined(separator: ", "), cause = pair.dead.map { " (dead: \($0))" } ?? ""
            leftovers.append("\(actor) has letters for \(pair.receiver): \(events)\(cause)")
        }
        for timer in duties.timers { leftovers.append("\(actor) has a timer \(timer.name)") }
        for order in duties.orders {
            leftovers.append("\(actor) waits for part \(order.part)" + (order.row.dead.map { " (dead: \($0))" } ?? ""))
        }
    }
}
