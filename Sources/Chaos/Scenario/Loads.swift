extension Workload {
    /// How long so many of something take at a rate a second.
    package static func span(of count: Int, rate: Int) -> Duration {
        .nanoseconds(1_000_000_000 * Int64(count) / Int64(rate))
    }

    /// How many of something there are at a rate a second; at least 1.
    package static func count(in duration: Duration, rate: Int) -> Int { max(1, Int(duration.milliseconds) * rate / 1_000) }

    /// Lines that the history has of it at least: of a job or an order, its submission, its end and what one edge says of it in the end.
    package var leastRecords: Int {
        switch self {
        case .primes(let load): 3 * load.jobs
        case .lookups(let load): 3 * Self.count(in: load.duration, rate: load.rate)
        case .orders(let load): 3 * Self.count(in: load.duration, rate: load.rate)
        case .items(let load): Self.count(in: load.duration, rate: load.rate)
        }
    }
}

/// Orders of a few customers for a few items, which the load makes first.
package struct OrdersLoad: Hashable, Sendable {
    /// Orders a second, 1 ... 100.
    package let rate: Int
    package let duration: Duration
    /// 1 ... 100.
    package let customers: Int
    /// 1 ... 100.
    package let items: Int
    package let shares: Shares

    /// Of a hundred orders, how many. Together at most 100, and all but the repeated ones less.
    package struct Shares: Hashable, Sendable {
        /// Are to fail at one of their steps.
        package let failing: Int
        /// Cost more than their customer has.
        package let unaffordable: Int
        /// Order more of an item than there is.
        package let outOfStock: Int
        /// Are cancelled by their customer, soon after they were accepted.
        package let cancelled: Int
        /// Are handed in once more at the next edge, under the key under which they were accepted.
        package let repeated: Int

        package init(failing: Int = 0, unaffordable: Int = 0, outOfStock: Int = 0, cancelled: Int = 0, repeated: Int = 0) {
            (self.failing, self.unaffordable, self.outOfStock) = (failing, unaffordable, outOfStock)
            (self.cancelled, self.repeated) = (cancelled, repeated)
        }
    }

    package init(rate: Int, duration: Duration, customers: Int, items: Int, shares: Shares) {
        (self.rate, self.duration, self.customers, self.items, self.shares) = (rate, duration, customers, items, shares)
    }
}

/// Clients that add items to a few tenants and count them.
package struct ItemsLoad: Hashable, Sendable {
    /// 1 ... 100.
    package let tenants: Int
    /// Clients, each of which does one thing after the other, 1 ... 64.
    package let workers: Int
    /// Operations a second that all clients together begin at most, 1 ... 500.
    package let rate: Int
    package let duration: Duration

    package init(tenants: Int, workers: Int, rate: Int, duration: Duration) {
        (self.tenants, self.workers, self.rate, self.duration) = (tenants, workers, rate, duration)
    }

    /// From one operation of a client to its next.
    package var beat: Duration { Workload.span(of: workers, rate: rate) }
}
