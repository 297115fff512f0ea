/// What a history tells of items.
struct ItemStory {
    /// What an edge says in the end.
    struct Total {
        let via: String
        let callNs: Int64
        /// `failed`: the edge says that there is no such tenant.
        let outcome: HistoryRecord.Outcome
        let count: Int?
        let detail: String
    }

    /// What was added and counted while the mesh was harmed. An addition of which nobody knew, and which was acknowledged when it was sent
    /// again in the end, is one that took from its first call to that answer.
    private(set) var records: [ItemRecord] = []
    /// By tenant.
    private(set) var totals: [String: [Total]] = [:]
    /// By tenant, why the first addition that was sent again in the end has not been acknowledged even then.
    private(set) var doubts: [String: String] = [:]
    /// Where what adds an id stands in ``records``.
    private var places: [Name: Int] = [:]

    private struct Name: Hashable {
        let tenant: String
        let id: String
    }

    var isEmpty: Bool { records.isEmpty }

    mutating func take(_ record: ItemRecord) {
        if case .add(let ids) = record.deed, let first = ids.first { places[Name(tenant: record.tenant, id: first)] = records.count }
        records.append(record)
    }

    mutating func settle(_ ids: [String], of tenant: String, _ record: HistoryRecord) {
        guard record.outcome == .ok else {
            doubts[tenant] = doubts[tenant] ?? "\(record.via ?? "?") answered \(record.detail)"
            return
        }
        guard let first = ids.first, let place = places[Name(tenant: tenant, id: first)], records[place].deed == .add(ids) else { return }
        (records[place].outcome, records[place].returnNs) = (.ok, record.lastNs)
    }

    mutating func total(_ tenant: String, _ count: Int?, _ record: HistoryRecord) {
        totals[tenant, default: []].append(
            Total(via: record.via ?? "?", callNs: record.callNs, outcome: record.outcome, count: count, detail: record.detail))
    }
}
