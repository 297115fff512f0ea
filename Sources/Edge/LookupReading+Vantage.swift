import JSONDocument
import Lookup

extension LookupReading {
    /// What is added to the document of a job whose user has said from where to look: what was asked for and what was made of it, and for each
    /// service what the nodes have found, side by side.
    func vantage(_ profile: LookupProfile) -> [JSON.Member] {
        guard let vantage = status.request.vantage else { return [] }
        return [
            .init("vantage", ["asked": vantage.asked.json, "nodes": Self.names(vantage.nodes)]),
            .init("comparison", .array(status.comparisons(data).map { json($0, profile) })),
        ]
    }

    private func json(_ comparison: LookupComparison, _ profile: LookupProfile) -> JSON {
        let name = services.name(of: comparison.service)
        let failures = LookupFailure.Source.allCases.compactMap { source in
            comparison.failures[source].map { JSON.Member(source.rawValue, Self.names($0)) }
        }
        return [
            "serviceType": .string(profile == .readme ? String(comparison.service) : name),
            "serviceName": .string(name),
            "agreement": comparison.agreement.map { .bool($0) } ?? .null,
            "groups": .array(comparison.groups.map { group in
                ["answer": group.answer, "nodes": Self.names(group.nodes), "resolvedAddresses": Self.names(group.addresses)]
            }),
            "failures": .object(failures),
            "pending": Self.names(comparison.pending),
            "fastest": Self.json(comparison.fastest),
            "slowest": Self.json(comparison.slowest),
        ]
    }

    private static func json(_ trip: LookupComparison.RoundTrip?) -> JSON {
        trip.map { ["node": .string($0.node), "averageRoundtripMs": .number($0.average)] } ?? .null
    }

    private static func names(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
}
