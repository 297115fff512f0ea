import JSONDocument

/// What the nodes from which a target was looked up have found of one service, side by side.
public struct LookupComparison: Hashable, Sendable {
    /// Nodes with the same essential answer.
    public struct Group: Hashable, Sendable {
        /// That answer; null where it could not be read.
        public let answer: JSON
        public fileprivate(set) var nodes: [String] = []
        /// What they have looked up, sorted: one name may lead to several addresses.
        public fileprivate(set) var addresses: [String] = []
    }

    /// How long echoes took, to one node.
    public struct RoundTrip: Hashable, Sendable {
        public let node: String
        /// Milliseconds, on average.
        public let average: Double
    }

    /// The ``LookupService/value`` of what was asked.
    public let service: Int
    /// Largest first; of equal ones that of the earlier node.
    public let groups: [Group]
    /// The nodes that have failed, by where the reason lies.
    public let failures: [LookupFailure.Source: [String]]
    /// Those that have not ended yet.
    public let pending: [String]
    /// Of ``LookupService/ping``: of those that were answered, the shortest; nil when none was.
    public let fastest: RoundTrip?
    /// The longest.
    public let slowest: RoundTrip?

    /// Whether all nodes that have ended say the same: one answer, or failures for one reason. Nil while fewer than two have ended.
    public var agreement: Bool? {
        let ended = groups.reduce(0) { $0 + $1.nodes.count } + failures.values.reduce(0) { $0 + $1.count }
        return ended < 2 ? nil : groups.count + failures.count == 1
    }

    /// - Parameters:
    ///   - nodes: from which was to be looked, in their order.
    ///   - outcomes: of this service, with their decoded documents; nil for those that cannot be read.
    init(service: Int, nodes: [String], outcomes: [(outcome: LookupOutcome, document: JSON?)]) {
        self.service = service
        var groups: [Group] = [], failures: [LookupFailure.Source: [String]] = [:], trips: [RoundTrip] = []
        for (outcome, document) in outcomes {
            guard outcome.isSuccess else {
                failures[outcome.failureSource ?? .server, default: []].append(outcome.node)
                continue
            }
            let answer = document.map { LookupOutcome.essence(of: $0, service: service) } ?? .null
            let index = groups.firstIndex { $0.answer == answer } ?? groups.endIndex
            if index == groups.endIndex { groups.append(Group(answer: answer)) }
            groups[index].nodes.append(outcome.node)
            groups[index].addresses = Set(groups[index].addresses + [outcome.resolvedAddress].compactMap { $0 }).sorted()
            if service == LookupService.ping.value, let average = document?.averageRoundTrip {
                trips.append(RoundTrip(node: outcome.node, average: average))
            }
        }
        self.groups = groups.enumerated().sorted { ($1.element.nodes.count, $0.offset) < ($0.element.nodes.count, $1.offset) }.map(\.element)
        self.failures = failures
        let ended = Set(outcomes.map(\.outcome.node))
        pending = nodes.filter { !ended.contains($0) }
        fastest = trips.min { $0.average < $1.average }
        slowest = trips.max { $0.average < $1.average }
    }
}

extension LookupStatus {
    /// For each service, in the order of the request, what its nodes have found; empty when the user has not said from where to look.
    /// - Parameter documents: the decoded data of each of the ``results``; nil for what has none, or cannot be read.
    public func comparisons(_ documents: [JSON?]) -> [LookupComparison] {
        guard let vantage = request.vantage else { return [] }
        let pairs = zip(results, documents).map { (outcome: $0, document: $1) }
        return request.services.map { service in
            LookupComparison(service: service, nodes: vantage.nodes, outcomes: pairs.filter { $0.outcome.service == service })
        }
    }
}
