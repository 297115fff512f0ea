import Choreography
import CourierTestSupport
import Orders
import Testing
import World

/// Orders, carried out by couriers that die while calls get lost.
@Suite struct OrderCourierTests {
    private static let alice = ActorName("account", named: "alice")!, lamp = ActorName("stock", named: "lamp")!
    private static let began: UInt64 = 1_800_000_000_000

    private static func id(_ number: Int) -> WorkID { WorkID(milliseconds: began, randomA: 0, randomB: UInt64(number)) }
    private static func order(_ id: WorkID) -> ActorName { ActorName("order", of: id) }

    @Test(arguments: 0..<100 as Range<UInt64>) func moneyAndStockAreConservedWhoeverDies(seed: UInt64) throws {
        let stage = CourierStage([Order.self, Account.self, Stock.self, Shipping.self], seed: seed)
        try stage.tell(SetBalance(100, over: 0), to: Self.alice, as: Self.id(1_000))
        try stage.tell(SetQuantity(4, over: 0), to: Self.lamp, as: Self.id(1_001))
        var random = RandomStream(seed: seed, name: "moments")
        let ids = (0..<8).map(Self.id)
        for id in ids {
            let place = Place(
                customer: "alice", item: "lamp", quantity: 1 + Int64(random.below(2)), amount: 10 + Int64(random.below(3)) * 20,
                failAt: random.chance(0.25) ? OrderStep.allCases[random.below(4)] : nil, deadlineMs: Int64(Self.began) + 8_000)
            let moment = Int64(random.below(6_000))
            stage.at(moment) { try $0.tell(place, to: Self.order(id), as: id) }
            if random.chance(0.3) {
                // One that has ended says so.
                stage.at(moment + Int64(random.below(3_000))) { try? $0.tell(Cancel(), to: Self.order(id), as: id) }
            }
        }
        for _ in 0..<12 {
            let node = random.below(3)
            stage.at(Int64(random.below(12_000))) { $0.kill(node) }
        }
        stage.at(15_000) { $0.loss = 0 }
        stage.play(until: .seconds(300))
        #expect(stage.trouble == nil, "\(String(describing: stage.trouble))")
        let orders = try ids.map { try stage.actors.state(of: Self.order($0), Order.self) }
        #expect(orders.allSatisfy { $0.status.isTerminal }, "\(orders.map(\.status))")
        #expect(ids.allSatisfy { stage.actors.isFinished(Self.order($0)) })
        let done = orders.filter { $0.status == .shipped }.compactMap(\.request)
        let spent = done.reduce(0) { $0 + $1.amount }, gone = done.reduce(0) { $0 + $1.quantity }
        let account = try stage.actors.state(of: Self.alice, Account.self), stock = try stage.actors.state(of: Self.lamp, Stock.self)
        #expect(account.balance == 100 - spent && account.held == 0)
        #expect(stock.quantity == 4 - gone && stock.reserved == 0)
        for actor in stage.actors.names { #expect(stage.actors.due(actor) == nil, "\(actor) has yet to be looked after") }
    }
}
