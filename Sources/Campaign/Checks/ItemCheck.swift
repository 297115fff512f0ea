import Items
import World

// WHAT COUNTS
//
// Ids say by themselves what became of them, so everything is judged exactly: in the end a tenant has every id that somebody was told
// counts, none that surely does not, and each once; what nobody knows may be there or not. While it ran, each count that a majority has
// answered must have a moment between its question and its answer, between the additions that it tells of (see ``CountCheck``); and what
// single replicas have told must go together by the versions that they have told with it.

/// Judges tenants and deliveries.
package enum ItemCheck {
    /// What one wish adds to one tenant.
    private struct Addition {
        let ids: [String]
        let wish: EdgeLog.Wish
        let asked: Instant
        let outcome: EdgeLog.Outcome

        var isFailed: Bool { if case .failed = outcome { true } else { false } }
        var done: Instant? { if case .done(let reply) = outcome { reply.at } else { nil } }
    }

    package static func judge(_ log: EdgeLog, _ books: Books) -> [Violation] {
        let named = log.wishes.flatMap { wish -> [String] in
            switch wish.request {
            case .add(let items): items.map(\.tenant)
            case .count(let tenant), .glance(let tenant): [tenant]
            case .submit, .status, .cancel: []
            }
        }
        let tenants = Set(named).union(books.tenants.keys).sorted()
        return refused(log) + deliveries(books)
            + tenants.flatMap { tenant in
                let additions = additions(to: tenant, log)
                return present(tenant, additions, books.tenants[tenant] ?? Books.Tenant()) + counts(tenant, additions, log)
                    + glances(tenant, additions, log)
            }
    }

    private static func additions(to tenant: String, _ log: EdgeLog) -> [Addition] {
        log.wishes.compactMap { wish in
            guard case .add(let items) = wish.request, let first = log.firstAsked(wish) else { return nil }
            let ids = items.filter { $0.tenant == tenant }.map(\.id)
            return ids.isEmpty ? nil : Addition(ids: ids, wish: wish, asked: first.asked, outcome: log.outcome(of: wish))
        }
    }

    /// Nothing that users ask may be refused: all of it can be done.
    private static func refused(_ log: EdgeLog) -> [Violation] {
        let told = log.answered { request, answer -> String? in
            if case .refused(let sentence) = answer { "\(request.text): \(sentence)" } else { nil }
        }
        return told.map { Violation(.refused, $0.value) }
    }

    private static func deliveries(_ books: Books) -> [Violation] {
        books.deliveries.keys.sorted().compactMap { work in
            guard let status = books.deliveries[work], status == .loading || status == .underWay else { return nil }
            return Violation(.unended, "delivery \(work) is \(status.rawValue), and all is quiet")
        }
    }

    // MARK: In the end

    private static func present(_ tenant: String, _ additions: [Addition], _ shown: Books.Tenant) -> [Violation] {
        let there = Set(shown.ids), asked = Set(additions.flatMap(\.ids))
        let possible = Set(additions.filter { !$0.isFailed }.flatMap(\.ids))
        var found = additions.compactMap { addition -> Violation? in
            let missing = addition.ids.filter { !there.contains($0) }
            guard addition.done != nil, let first = missing.first else { return nil }
            let what = "\(missing.count) of \(addition.ids.count) ids, \(first.prefix(12)) among them"
            return Violation(.lost, "tenant \(tenant) lacks \(what), of which somebody was told that they count")
        }
        found += shown.ids.compactMap { id in
            guard asked.contains(id) else { return Violation(.future, "tenant \(tenant) has \(id.prefix(12)), which nobody has named") }
            return possible.contains(id)
                ? nil : Violation(.ghost, "tenant \(tenant) has \(id.prefix(12)), of which all were told that it does not count")
        }
        if shown.count != UInt64(there.count) {
            let kind: Violation.Kind = shown.count > UInt64(there.count) ? .twice : .mixed
            found.append(Violation(kind, "tenant \(tenant) counts \(shown.count) items and has \(there.count)"))
        }
        return found
    }

    // MARK: While it ran

    private static func counts(_ tenant: String, _ additions: [Addition], _ log: EdgeLog) -> [Violation] {
        var known: Set<String> = []
        let added = additions.compactMap { addition -> CountCheck.Addition? in
            // What counts already is added once more without effect.
            let fresh = addition.isFailed ? [] : addition.ids.filter { known.insert($0).inserted }
            guard !fresh.isEmpty else { return nil }
            return CountCheck.Addition(
                ids: fresh.count, called: addition.asked.nanoseconds, returned: addition.done?.nanoseconds,
                name: addition.wish.request.text)
        }
        let read = log.answered { request, answer -> UInt64? in
            if request == .count(tenant: tenant), case .count(let count) = answer { count } else { nil }
        }
        let reads = read.map { sending, at, count in
            CountCheck.Read(
                count: Int(clamping: count), called: sending.asked.nanoseconds, returned: at.nanoseconds,
                name: "the count of \(tenant) asked at \(Trace.time(sending.asked).trimmed) ms")
        }
        return CountCheck.judge(added, reads).map { [Violation($0)] } ?? []
    }

    private static func glances(_ tenant: String, _ additions: [Addition], _ log: EdgeLog) -> [Violation] {
        let told = log.answered { request, answer -> ItemGlance? in
            if request == .glance(tenant: tenant), case .glance(let glance) = answer { glance } else { nil }
        }
        var found = told.compactMap { _, at, glance -> Violation? in
            let most = Set(additions.filter { $0.asked < at }.flatMap(\.ids)).count
            guard glance.count > UInt64(most) else { return nil }
            return Violation(.future, "a glance at \(tenant) tells \(glance.count), and \(most) had been named by then")
        }
        let sorted = told.map(\.value).sorted { ($0.version, $0.count) < ($1.version, $1.count) }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.version == b.version ? a.count != b.count : a.count > b.count {
            let text = "\(a.count) at version \(a.version) and \(b.count) at version \(b.version)"
            found.append(Violation(.regress, "glances at \(tenant) have told \(text)"))
        }
        return found
    }
}

extension Violation {
    init(_ finding: CountCheck.Finding) {
        let kind: Kind = switch finding.kind {
        case .stale: .stale
        case .future: .future
        case .regress: .regress
        }
        self.init(kind, finding.sentence)
    }
}
