// WHAT BECAME OF THE ITEMS
//
// Every id is added once, so how many a tenant has tells whether one is missing, or counts twice. While the mesh is harmed, each count must
// be explained by what was added before it and meanwhile (`ItemVerdict`): what was acknowledged before it was asked for is in it,
// what had not been sent yet is not, and what an edge has surely refused never is. When all is over every edge is asked once more, and
// then there is nothing left that could be explained by time. What has an unknown outcome may count or not.

extension Judge {
    static func itemsCountedOnce(_ story: Story) -> Answer {
        var taken = 0, open = 0, doubt: String?
        let tenants = Dictionary(grouping: story.items, by: \.tenant).sorted { $0.key < $1.key }
        for (tenant, records) in tenants {
            let own = ids(records, .ok), unknown = ids(records, .unknown)
            (taken, open) = (taken + own, open + unknown)
            // A count that began after all of them.
            let added = records.filter { !$0.deed.isRead }.map { $0.returnNs ?? $0.callNs }.max() ?? 0
            var isCounted = false
            for record in records where record.callNs > added && record.outcome == .ok {
                guard case .read(let count?) = record.deed else { continue }
                isCounted = true
                if count < own { return (.broken, "\(tenant) has \(count) items, by \(record.via), and \(own) were acknowledged") }
                if count > own + unknown {
                    let most = "no more than \(own + unknown) were taken (\(ids(records, .failed)) were refused)"
                    return (.broken, "\(tenant) has \(count) items, by \(record.via), and \(most)")
                }
            }
            if !isCounted { doubt = doubt ?? "nobody has counted \(tenant) in the end" }
        }
        if let doubt { return (.unknown, doubt) }
        guard taken > 0 else { return (.unknown, "no item was acknowledged") }
        let more = open > 0 ? ", \(open) may count or not" : ""
        return (.holds, "\(taken) acknowledged items of \(tenants.count) tenants count\(more)")
    }

    static func countsLinearizable(_ story: Story) -> Answer {
        let verdict: ItemVerdict
        do throws(HistoryError) { verdict = try ItemVerdict(story.items) } catch { return (.unknown, error.description) }
        for tenant in verdict.tenants {
            if let violation = tenant.violation { return (.broken, "\(tenant.name): \(violation)") }
        }
        let counts = verdict.tenants.reduce(0) { $0 + $1.reads }
        guard counts > 0 else { return (.unknown, "nothing was counted") }
        return (.holds, "\(counts) counts of \(verdict.tenants.count) tenants are explained")
    }

    /// Ids whose addition came out so.
    private static func ids(_ records: [ItemRecord], _ outcome: ItemRecord.Outcome) -> Int {
        records.reduce(0) { sum, record in
            if case .add(let ids) = record.deed, record.outcome == outcome { sum + ids.count } else { sum }
        }
    }
}
