import Chaos
import JSONDocument
import Testing
import Topology
import World

/// Orders and items of scenario files, good and bad, and what follows from them.
@Suite struct LoadTests {
    private static let good = """
        name: loads
        topology: {nodes: 3}
        workload:
          - orders: {rate: 5, for: 3s, failing: 10, unaffordable: 5, outOfStock: 5, cancelled: 10, repeated: 10}
          - items: {tenants: 3, rate: 30, for: 3s}
        steps:
          - at: 1s
            kill: home of most orders
        expect: [orders end, effects once, money conserved, stock conserved, items counted once, counts linearizable]
        bites: [requests failed > 0]

        """

    private func scenario(_ text: String) throws -> Scenario {
        try Scenario.parse(text, file: "chaos/test.yaml", files: SystemFileSystem())
    }

    private func complaint(_ text: String) -> String {
        do {
            _ = try scenario(text)
            return "nothing is wrong"
        } catch {
            return (error as? TopologyError)?.problems.first?.description ?? "\(error)"
        }
    }

    @Test func aFileSaysWhatIsOrderedAndAdded() throws {
        let scenario = try scenario(Self.good)
        let shares = OrdersLoad.Shares(failing: 10, unaffordable: 5, outOfStock: 5, cancelled: 10, repeated: 10)
        #expect(scenario.workload == [
            .orders(OrdersLoad(rate: 5, duration: .seconds(3), customers: 4, items: 3, shares: shares)),
            .items(ItemsLoad(tenants: 3, workers: 8, rate: 30, duration: .seconds(3))),
        ])
        #expect(scenario.steps.map(\.action) == [.kill([.homeOfOrders])])
        #expect(scenario.expectations == [
            .ordersEnd, .effectsOnce, .moneyConserved, .stockConserved, .itemsCountedOnce, .countsLinearizable,
        ])
        #expect(scenario.bites == [.requestsFailed(Comparison(.greater, 0))])
    }

    @Test func sharesMayBeLeftOut() throws {
        let shares = ", failing: 10, unaffordable: 5, outOfStock: 5, cancelled: 10, repeated: 10"
        let text = Self.good.replacing(shares, with: ", customers: 2, items: 1")
        let load = OrdersLoad(rate: 5, duration: .seconds(3), customers: 2, items: 1, shares: .init())
        #expect(try scenario(text).workload.first == .orders(load))
        // All may be sent again: these are shipped like others.
        let most = Self.good.replacing("repeated: 10", with: "repeated: 70")
        #expect(complaint(most) == "nothing is wrong")
    }

    /// What is put in the place of what, and how the complaint begins and what it says.
    @Test(arguments: [
        ("- orders:", "- ordres:", "chaos/test.yaml:4:5: unknown key \"ordres\" under workload[0]", "did you mean \"orders\"?"),
        ("- items:", "- itmes:", "chaos/test.yaml:5:5: unknown key \"itmes\" under workload[1]", "did you mean \"items\"?"),
        ("failing: 10", "faling: 10", "chaos/test.yaml:4:32: unknown key \"faling\" under workload[0].orders", "did you mean \"failing\"?"),
        ("rate: 5, ", "", "chaos/test.yaml:4:13: workload[0].orders lacks the key \"rate\"", ""),
        ("rate: 5,", "rate: 0,", "chaos/test.yaml:4:20: \"workload[0].orders.rate\" is \"0\"", "a whole number from 1 to 100"),
        ("rate: 5,", "rate: 101,", "chaos/test.yaml:4:20:", "a whole number from 1 to 100"),
        ("for: 3s, failing", "for: 4m, failing", "chaos/test.yaml:4:28:", "the limit of the run, 3m"),
        ("for: 3s, failing", "failing", "chaos/test.yaml:4:13: workload[0].orders lacks the key \"for\"", ""),
        ("for: 3s, failing", "for: 3s, customers: 0, failing", "chaos/test.yaml:4:43:", "from 1 to 100"),
        ("for: 3s, failing", "for: 3s, items: 101, failing", "chaos/test.yaml:4:39:", "from 1 to 100"),
        ("failing: 10", "failin: 10", "chaos/test.yaml:4:32: unknown key \"failin\"", "did you mean \"failing\"?"),
        ("failing: 10", "failing: 101", "chaos/test.yaml:4:41: \"workload[0].orders.failing\" is \"101\"", "a whole number from 0 to 100"),
        ("failing: 10", "failing: few", "chaos/test.yaml:4:41:", "a whole number from 0 to 100"),
        (
            "failing: 10", "failing: 71", "chaos/test.yaml:4:13: workload[0].orders: of a hundred orders",
            "are 101 together; they must be at most 100"
        ),
        (
            "failing: 10, unaffordable: 5, outOfStock: 5, cancelled: 10, repeated: 10", "failing: 100", "chaos/test.yaml:4:13:",
            "or none is shipped"
        ),
        ("tenants: 3", "tenents: 3", "chaos/test.yaml:5:13: unknown key \"tenents\" under workload[1].items", "did you mean \"tenants\"?"),
        ("tenants: 3", "tenants: 101", "chaos/test.yaml:5:22:", "a whole number from 1 to 100"),
        ("tenants: 3", "workers: 65", "chaos/test.yaml:5:22:", "a whole number from 1 to 64"),
        ("rate: 30", "rate: 501", "chaos/test.yaml:5:31:", "a whole number from 1 to 500"),
        ("30, for: 3s", "30", "chaos/test.yaml:5:12: workload[1].items lacks the key \"for\"", ""),
        ("30, for: 3s", "30, for: 3", "chaos/test.yaml:5:40:", "from 1ms to 1h"),
        ("orders end", "order end", "chaos/test.yaml:9:10: \"expect[0]\" is \"order end\"", "did you mean \"orders end\"?"),
        ("counts linear", "count linear", "chaos/test.yaml:9:", "did you mean \"counts linearizable\"?"),
        ("orders end", "jobs end", "chaos/test.yaml:9:10:", "it has no \"primes\" or \"lookups\""),
        ("  - items: {tenants: 3, rate: 30, for: 3s}\n", "", "chaos/test.yaml:8:70: \"expect[4]\"", "it has no \"items\""),
        ("of most orders", "of most order", "chaos/test.yaml:8:11:", "did you mean \"home of most orders\"?"),
        ("failed > 0", "failed >= 0", "chaos/test.yaml:10:9:", "must not hold for 0"),
        ("requests failed", "request failed", "chaos/test.yaml:10:9:", "did you mean \"requests failed > 0\"?"),
    ])
    func whatIsWrongIsNamedAtItsLine(_ old: String, _ new: String, _ beginning: String, _ remedy: String) throws {
        try #require(Self.good.contains(old))
        let text = Self.good.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: new)
        let complaint = complaint(text)
        #expect(complaint.hasPrefix(beginning) && (remedy.isEmpty || complaint.contains(remedy)), "\(complaint)")
    }

    @Test(arguments: [
        ("rate: 30, for: 3s", "rate: 500, for: 401s", "chaos/test.yaml:6:5:", "at least 200545 records"),
        ("rate: 5, for: 3s", "rate: 100, for: 667s", "chaos/test.yaml:5:5:", "at least 200100 records"),
        // Neither by itself.
        ("rate: 30, for: 3s", "rate: 500, for: 399950ms", "chaos/test.yaml:6:5:", "at least 200020 records"),
    ])
    func whatNoHistoryHasRoomForIsRefused(_ old: String, _ new: String, _ beginning: String, _ words: String) throws {
        let long = Self.good.replacing("name: loads\n", with: "name: loads\nlimit: 1h\n")
        #expect(complaint(long) == "nothing is wrong")
        let complaint = complaint(long.replacing(old, with: new))
        #expect(complaint.hasPrefix(beginning) && complaint.contains(words), "\(complaint)")
    }

    @Test func ratesAreKeptToTheNanosecond() {
        #expect(ItemsLoad(tenants: 4, workers: 8, rate: 24, duration: .seconds(1)).beat == .nanoseconds(333_333_333))
        #expect(ItemsLoad(tenants: 4, workers: 1, rate: 500, duration: .seconds(1)).beat == .milliseconds(2))
        #expect(Workload.span(of: 360_000, rate: 100) == .seconds(3_600) && Workload.span(of: 1, rate: 3) == .nanoseconds(333_333_333))
    }

    // MARK: The plan of orders

    private static let plan = OrdersPlan(
        OrdersLoad(
            rate: 10, duration: .seconds(20), customers: 3, items: 2,
            shares: .init(failing: 12, unaffordable: 5, outOfStock: 4, cancelled: 8, repeated: 7)), number: 2)

    @Test func everyHundredOrdersHaveTheirShares() {
        #expect(Self.plan.count == 200)
        for start in [0, 37, 100] {
            let fates = (start..<start + 100).map(Self.plan.fate)
            func count(_ fate: OrdersPlan.Fate) -> Int { fates.count { $0 == fate } }
            #expect(fates.count { if case .failing = $0 { true } else { false } } == 12)
            #expect([count(.unaffordable), count(.outOfStock), count(.cancelled), count(.repeated), count(.plain)] == [5, 4, 8, 7, 64])
        }
        let steps = (0..<200).compactMap { Self.plan.request($0)["failAt"]?.string }
        #expect(steps.count == 24 && Set(steps) == ["order", "payment", "inventory", "shipping"])
    }

    /// Most of what is cancelled late has ended: where none is cancelled early no cancellation may be accepted.
    @Test func fewCancellationsHaveAllPausesToo() {
        for count in [60, 80, 200] {
            let cancelled = (0..<count).filter { Self.plan.fate($0) == .cancelled }
            let pauses = Dictionary(grouping: cancelled.map(Self.plan.pause), by: { $0 }).mapValues(\.count)
            #expect(pauses.count == 3 && pauses[.zero, default: 0] * 5 >= cancelled.count, "\(pauses)")
        }
    }

    @Test func whatOrdersTakeFromIsEnoughForAllButThoseThatAreToLack() throws {
        let requests = (0..<Self.plan.count).map(Self.plan.request)
        let holdings = Self.plan.holdings.map { ($0.holding.path, $0.amount) }
        #expect(holdings.map(\.0) == [
            "accounts/customer-2-1", "accounts/customer-2-2", "accounts/customer-2-3", "accounts/poor-2",
            "stock/item-2-1", "stock/item-2-2", "stock/scarce-2",
        ])
        for (path, amount) in holdings {
            let asked: [Int64] = requests.compactMap { request in
                let isAccount = path.hasPrefix("accounts/"), name = request[isAccount ? "customer" : "item"]?.string
                return path.hasSuffix("/\(name ?? "")") ? request[isAccount ? "amount" : "quantity"]?.integer(Int64.self) : nil
            }
            #expect(!asked.isEmpty)
            if path.contains("poor") || path.contains("scarce") {
                #expect(asked.allSatisfy { $0 > amount } && amount > 0, "\(path)")
            } else {
                #expect(asked.reduce(0, +) == amount, "\(path)")
            }
        }
        // One that is taken twice does not make good for another that is not taken.
        #expect(Set(requests.map { $0["amount"]?.text() }).count == 200 && Set(requests.map { $0["quantity"]?.text() }).count == 200)
    }
}
