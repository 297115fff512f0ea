import JSONDocument

/// What one run of the clients finds, at one number of them.
package struct RegistersFigures: Hashable, Sendable {
    /// Clients, each of which waits for its answer before it asks again.
    package let clients: Int
    /// Whether all of them change one register. Else each has registers of its own.
    package let isHot: Bool
    /// Acknowledged changes in a second.
    package let rate: Double
    /// Microseconds from the call of a change to its answer.
    package let p50: Double
    package let p99: Double

    package init(clients: Int, isHot: Bool, rate: Double, p50: Double, p99: Double) {
        self.clients = clients
        self.isHot = isHot
        self.rate = rate
        self.p50 = p50
        self.p99 = p99
    }

    package init?(_ json: JSON) {
        guard let clients: Int = json["clients"]?.integer(), case .bool(let isHot) = json["isHot"],
            let rate = json["rate"]?.double, let p50 = json["p50"]?.double, let p99 = json["p99"]?.double
        else { return nil }
        self.init(clients: clients, isHot: isHot, rate: rate, p50: p50, p99: p99)
    }

    package var json: JSON {
        [
            "clients": .number(clients), "isHot": .bool(isHot), "rate": .number(rate), "p50": .number(p50), "p99": .number(p99),
        ]
    }

    /// The driver's line. `nil` when a figure is missing.
    package static func all(_ json: JSON) -> [RegistersFigures]? {
        guard let elements = json.elements else { return nil }
        let figures = elements.compactMap { RegistersFigures($0) }
        return figures.count == elements.count ? figures : nil
    }
}

/// One round of `bench registers`: what the mesh did, and what three processes did that only write.
package struct RegistersRound: Hashable, Sendable {
    package let ours: [RegistersFigures]
    /// Changes' rows in a second, in each of the processes.
    package let floors: [Double]

    package init(ours: [RegistersFigures], floors: [Double]) {
        self.ours = ours
        self.floors = floors
    }

    /// A change is acknowledged when a majority has it, so three processes are as fast as the slowest at most.
    package var floor: Double { floors.min() ?? 0 }
}

extension RegistersRound {
    /// The number of clients at which the floor is held against the mesh: as many as the floor writes rows of in one commit.
    package static let judgedClients = RawCommits.batch
    /// The least share of the floor.
    package static let leastShare = 0.4

    /// The lines of the comparison: three for each number of clients, in the order in which the driver ran them.
    package static func rows(_ rounds: [RegistersRound]) -> [BenchRow] {
        let floor = Samples(rounds.map(\.floor))
        return (rounds.first?.ours ?? []).indices.flatMap { index -> [BenchRow] in
            let figures = rounds.compactMap { $0.ours.indices.contains(index) ? $0.ours[index] : nil }
            guard let first = figures.first else { return [] }
            let isJudged = first.clients == judgedClients && !first.isHot
            let clients = first.clients == 1 ? "1 client" : "\(first.clients) clients"
            let name = first.isHot ? "changes of one register, \(clients)" : "changes, \(clients)"
            return [
                BenchRow(
                    name, "1/s", ours: Samples(figures.map(\.rate)), yardstick: floor,
                    goal: isJudged ? .ratioAtLeast(leastShare) : nil),
                BenchRow("\(name), p50", "us", ours: Samples(figures.map(\.p50))),
                BenchRow("\(name), p99", "us", ours: Samples(figures.map(\.p99))),
            ]
        }
    }
}
