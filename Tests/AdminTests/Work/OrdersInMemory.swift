import Choreography
import Orders
import WorkTestSupport
import World

/// Orders in memory, as far as a test lets them come.
struct OrdersInMemory {
    static let id = WorkID(milliseconds: 1_800_000_000_000, randomA: 1, randomB: 2)
    static let start = WallTime(millisecondsSince1970: 1_800_000_000_000)
    static let order = ActorName("order", of: id)

    let work: MemoryWork
    var engine: MemoryEngine { work.engine }
    let account: ActorName

    /// An order that has asked its customer's account for payment.
    /// - Parameter customer: names of customers are what people like.
    init(customer: String = "alice") throws {
        work = MemoryWork(engine: MemoryEngine(Choreography.orderActors, now: Self.start), kinds: [Order.kind])
        account = ActorName("account", named: customer)!
        try engine.tell(SetBalance(100, over: 0), to: account, as: WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: 1))
        let place = Place(customer: customer, item: "lamp", quantity: 1, amount: 20, failAt: nil, deadlineMs: 1_800_000_030_000)
        try engine.tell(place, to: Self.order, as: Self.id)
    }

    var letter: DeadID { .letter(from: Self.order, sequence: 1, to: account) }

    func pass(_ milliseconds: Int64) { engine.now.nanosecondsSince1970 += milliseconds * 1_000_000 }

    /// The account has refused to pay.
    func refuse() throws {
        try engine.change(Self.order, .bury(to: account, sequence: 1, cause: "the account is closed"))
    }

    /// It has paid, at the third attempt, and the order asks for the item.
    func pay() throws {
        try engine.carry(from: Self.order, to: account, attempt: 3)
        try engine.carry(from: account, to: Self.order)
    }
}
