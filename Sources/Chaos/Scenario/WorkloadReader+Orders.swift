import Topology

extension WorkloadReader {
    static let shareKeys = ["failing", "unaffordable", "outOfStock", "cancelled", "repeated"]
    static let orderKeys = ["rate", "for", "customers", "items"] + shareKeys
    static let itemKeys = ["tenants", "workers", "rate", "for"]

    func orders(_ section: Section) -> OrdersLoad? {
        guard let load = section.section("orders", known: Self.orderKeys) else { return nil }
        demand(["rate", "for"], of: load)
        let rate = load.integer("rate", in: 1...100)?.value, customers = number("customers", in: 1...100, else: 4, load)
        let items = number("items", in: 1...100, else: 3, load), shares = shares(load)
        guard let duration = duration(of: load), let rate, let customers, let items, let shares else { return nil }
        return OrdersLoad(rate: rate, duration: duration, customers: customers, items: items, shares: shares)
    }

    func items(_ section: Section) -> ItemsLoad? {
        guard let load = section.section("items", known: Self.itemKeys) else { return nil }
        demand(["rate", "for"], of: load)
        let rate = load.integer("rate", in: 1...500)?.value
        let tenants = number("tenants", in: 1...100, else: 4, load), workers = number("workers", in: 1...64, else: 8, load)
        guard let duration = duration(of: load), let rate, let tenants, let workers else { return nil }
        return ItemsLoad(tenants: tenants, workers: workers, rate: rate, duration: duration)
    }

    /// A whole number that may be left out.
    private func number(_ key: String, in range: ClosedRange<Int>, else standard: Int, _ load: Section) -> Int? {
        load.has(key) ? load.integer(key, in: range)?.value : standard
    }

    /// Nil, and reported, when one is no share, or together they leave nothing that is shipped.
    private func shares(_ load: Section) -> OrdersLoad.Shares? {
        let percents = Self.shareKeys.compactMap { number($0, in: 0...100, else: 0, load) }
        guard percents.count == Self.shareKeys.count else { return nil }
        let sum = percents.reduce(0, +), shipped = 100 - sum + percents[4]
        guard sum <= 100, shipped > 0 else {
            let most = sum > 100 ? "at most 100" : "less than 100 without those that are repeated, or none is shipped"
            let keys = Self.shareKeys.joined(separator: ", ")
            load.diagnostics.report(
                .badValue, at: load.place, "\(load.place.keyPath): of a hundred orders \(keys) are \(sum) together; they must be \(most)")
            return nil
        }
        return OrdersLoad.Shares(
            failing: percents[0], unaffordable: percents[1], outOfStock: percents[2], cancelled: percents[3], repeated: percents[4])
    }
}
