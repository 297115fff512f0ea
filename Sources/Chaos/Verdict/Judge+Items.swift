// WHAT BECAME OF THE ITEMS
//
// Every id is added once, so how many a tenant has tells whether one is missing, or counts twice. While the mesh is harmed, each count must
// be explained by what was added before it and meanwhile (`ItemVerdict`): what was acknowledged before it was asked for is in it,
// what had not been sent yet is not, and what an edge has surely refused never is. When all is over what has an unknown outcome is sent
// again until it is acknowledged, for an id that is added twice counts once. Then every edge is asked, and there is one right answer. Only
// where an addition stays unknown even then, or an edge does not answer, nothing is proved.

extension Judge {
    static func itemsCountedOnce(_ story: Story) -> Answer {
        var taken = 0, doubt: String?
        let tenants = Dictionary(grouping: story.items.records, by: \.tenant).sorted { $0.key < $1.key }
        for (tenant, records) in tenants {
            taken += ids(records, .ok)
            switch fault(in: tenant, records, story.items) {
            case nil: break
            case (.broken, let reason)?: return (.broken, reason)
            case (_, let reason)?: doubt = doubt ?? reason
            }
        }
        if let doubt { return (.unknown, doubt) }
        guard taken > 0 else { return (.unknown, "no item was acknowledged") }
        return (.holds, "\(taken) acknowledged items of \(tenants.count) tenants count, at every edge")
    }

    /// Why a tenant has not been seen to have exactly its items; nil when it has.
    private static func fault(in tenant: String, _ records: [ItemRecord], _ items: ItemStory) -> Answer? {
        let own = ids(records, .ok), open = ids(records, .unknown)
        // A count that began before the last addition was over is not the last.
        let added = records.filter { !$0.deed.isRead }.map { $0.returnNs ?? $0.callNs }.max() ?? 0
        let totals = (items.totals[tenant] ?? []).filter { $0.callNs > added }
        var doubt: Answer?
        for total in totals {
            guard total.outcome != .failed else { return (.broken, "\(tenant), by \(total.via): it has no items (\(total.detail))") }
            guard total.outcome == .ok, let count = total.count else {
                doubt = doubt ?? (.unknown, "\(tenant), by \(total.via): no answer in the end: \(total.detail)")
                continue
            }
            if count < own { return (.broken, "\(tenant) has \(count) items, by \(total.via), and \(own) were acknowledged") }
            if count > own + open {
                let most = "no more than \(own + open) were taken (\(ids(records, .failed)) were refused)"
                return (.broken, "\(tenant) has \(count) items, by \(total.via), and \(most)")
            }
        }
        guard !totals.isEmpty else { return (.unknown, "nobody has counted \(tenant) in the end") }
        if open > 0 {
            let why = items.doubts[tenant].map { ": \($0)" } ?? ""
            return doubt ?? (.unknown, "\(open) items of \(tenant) may count or not, although they were to be added again\(why)")
        }
        return doubt
    }

    static func countsLinearizable(_ story: Story) -> Answer {
        let verdict: ItemVerdict
        do throws(HistoryError) { verdict = try ItemVerdict(story.items.records) } catch { return (.unknown, error.description) }
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
