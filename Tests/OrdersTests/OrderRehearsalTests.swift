import Choreography
import Orders
import Testing
import World

/// Orders, in every order of events that a seed thinks of. What is conserved is looked at when nothing is left to do.
@Suite struct OrderRehearsalTests {
    private static let actors: [any DurableActor.Type] = [Order.self, Account.self, Stock.self, Shipping.self]
    private static let start = WallTime(millisecondsSince1970: 1_800_000_000_000)
    private static let alice = ActorName("account", named: "alice")!, lamp = ActorName("stock", named: "lamp")!

    private struct Scene {
        let rehearsal: Rehearsal
        private var number: UInt64 = 0

        init(seed: UInt64, balance: Int64 = 1_000, quantity: Int64 = 10) throws {
            rehearsal = Rehearsal(OrderRehearsalTests.actors, seed: seed, now: OrderRehearsalTests.start)
            try rehearsal.tell(SetBalance(balance, over: 0), to: OrderRehearsalTests.alice, as: nextID())
            try rehearsal.tell(SetQuantity(quantity, over: 0), to: OrderRehearsalTests.lamp, as: nextID())
        }

        mutating func nextID() -> WorkID {
            number += 1
            return WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: number)
        }

        mutating func place(quantity: Int64 = 1, amount: Int64 = 20, failAt: OrderStep? = nil, deadline: Int64 = 60_000) throws -> WorkID {
            let id = nextID()
            let request = Place(
                customer: "alice", item: "lamp", quantity: quantity, amount: amount, failAt: failAt, deadlineMs: 1_800_000_000_000 + deadline)
            try rehearsal.tell(request, to: order(id), as: id)
            return id
        }

        func order(_ id: WorkID) -> ActorName { ActorName("order", of: id) }
        func state(_ id: WorkID) throws -> Order.State { try rehearsal.state(of: order(id), Order.self) }
        func shipped(_ id: WorkID) throws -> Int64 { try rehearsal.state(of: ActorName("shipping", of: id), Shipping.self).quantity }
        var account: Account.State { get throws { try rehearsal.state(of: OrderRehearsalTests.alice, Account.self) } }
        var stock: Stock.State { get throws { try rehearsal.state(of: OrderRehearsalTests.lamp, Stock.self) } }
    }

    @Test func theChoreographyIsSound() throws {
        let orders = try Choreography.orders()
        #expect(orders.steps.map { "\($0.kind) \($0.event)" }.contains("stock reserve"))
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func anOrderIsShippedAndWhatItHeldIsSpent(seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        let id = try scene.place(quantity: 2, amount: 300)
        try scene.rehearsal.play()
        let order = try scene.state(id)
        #expect(order.status == .shipped)
        #expect(order.steps.map(\.progress) == [.done, .done, .done, .done])
        #expect(try scene.account.balance == 700 && scene.account.held == 0)
        #expect(try scene.stock.quantity == 8 && scene.stock.reserved == 0)
        #expect(try scene.shipped(id) == 2)
        #expect(scene.rehearsal.isFinished(scene.order(id)))
        #expect(try scene.rehearsal.deadLetters.isEmpty)
    }

    @Test(arguments: OrderStep.allCases, 0..<20 as Range<UInt64>)
    func anOrderThatFailsLeavesNothingBehind(step: OrderStep, seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        let id = try scene.place(failAt: step)
        try scene.rehearsal.play()
        let order = try scene.state(id)
        #expect(order.status == .cancelled)
        #expect(order.reason == "\(step.rawValue): it was asked to fail")
        #expect(try scene.account.balance == 1_000 && scene.account.held == 0)
        #expect(try scene.stock.quantity == 10 && scene.stock.reserved == 0)
        #expect(try scene.shipped(id) == 0)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func tooLittleIsRefusedForWhatItIs(seed: UInt64) throws {
        var scene = try Scene(seed: seed, balance: 50, quantity: 1)
        let poor = try scene.place(amount: 60), greedy = try scene.place(quantity: 2, amount: 0)
        try scene.rehearsal.play()
        #expect(try scene.state(poor).reason == "payment: the account has 50 to spend, not 60")
        #expect(try scene.state(greedy).reason == "inventory: 1 are in stock, not 2")
        #expect(try scene.account.balance == 50 && scene.account.held == 0)
        #expect(try scene.stock.quantity == 1 && scene.stock.reserved == 0)
    }

    /// An order is cancelled, or its time is over, at any moment of its life; other orders want the same. Either all of it has happened in the
    /// end, or nothing.
    @Test(arguments: 0..<300 as Range<UInt64>) func moneyAndStockAreConserved(seed: UInt64) throws {
        var scene = try Scene(seed: seed, balance: 100, quantity: 4)
        var random = RandomStream(seed: seed, name: "moments")
        var ids: [WorkID] = []
        for _ in 0..<6 {
            let failAt = random.chance(0.3) ? OrderStep.allCases[random.below(4)] : nil
            ids.append(try scene.place(
                quantity: 1 + Int64(random.below(2)), amount: 10 + Int64(random.below(3)) * 20, failAt: failAt,
                deadline: random.chance(0.5) ? 500 : 60_000))
            for _ in 0..<random.below(12) { try scene.rehearsal.step() }
            if random.chance(0.4) {
                let victim = ids[random.below(ids.count)]
                // One that has ended cannot be cancelled, and says so.
                do { try scene.rehearsal.tell(Cancel(), to: scene.order(victim), as: victim) } catch {
                    #expect(try scene.state(victim).status.isTerminal)
                }
            }
            scene.rehearsal.wait(.milliseconds(random.below(300)))
        }
        scene.rehearsal.wait(.seconds(120))
        try scene.rehearsal.play()
        let orders = try ids.map { try scene.state($0) }
        #expect(orders.allSatisfy { $0.status.isTerminal })
        let done = orders.filter { $0.status == .shipped }.compactMap(\.request)
        let spent = done.reduce(0) { $0 + $1.amount }, gone = done.reduce(0) { $0 + $1.quantity }
        #expect(try scene.account.balance == 100 - spent && scene.account.held == 0)
        #expect(try scene.stock.quantity == 4 - gone && scene.stock.reserved == 0)
        for id in ids {
            let state = try scene.state(id)
            #expect(try scene.shipped(id) == (state.status == .shipped ? state.request?.quantity : 0))
        }
        #expect(try scene.rehearsal.deadLetters.isEmpty)
    }

    /// Every entry but the first follows from one that is there.
    @Test func theCausalGraphIsComplete() throws {
        var scene = try Scene(seed: 7)
        let id = try scene.place(failAt: .shipping)
        try scene.rehearsal.play()
        let trace = try scene.rehearsal.trace(of: id)
        #expect(Set(trace.map(\.actor.kind)) == ["order", "account", "stock", "shipping"])
        for (actor, entry) in trace {
            switch entry.origin {
            case .letter(let sender, let sequence, let cause, _):
                let source = try #require(trace.first { $0.actor == sender && $0.entry.number == cause })
                #expect(source.entry.sent.contains { $0.receiver == actor && $0.sequence == sequence && $0.event == entry.event })
            case .outside: #expect(entry.event == "place")
            case .timer, .worker, .burial, .operator: Issue.record("an order that fails at once waits for nothing: \(entry)")
            }
        }
        let outcomes = trace.filter { $0.entry.event == "ship" }.map(\.entry.outcome)
        #expect(outcomes == [.declined("it was asked to fail")])
    }
}
