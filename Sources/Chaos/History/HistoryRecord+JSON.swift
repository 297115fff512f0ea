import JSONDocument
import Jobs
import Orders

extension HistoryRecord {
    /// The line of the history file, without its end.
    package var json: JSON {
        let (key, input, output) = event.parts
        return [
            "process": .number(process), "op": .string(event.name), "key": .text(key), "input": input, "output": output,
            "call_ns": .number(callNs), "return_ns": returnNs.map { .number($0) } ?? .null, "outcome": .string(outcome.rawValue),
            "via": .text(via), "who": .string(who.rawValue), "wall_ms": .number(wallMs), "detail": .string(detail),
        ]
    }
}

extension HistoryEvent {
    package var name: String {
        switch self {
        case .start: "start"
        case .submit: "submit"
        case .read: "read"
        case .audit: "audit"
        case .cancel: "cancel"
        case .put: "put"
        case .get: "get"
        case .items(_, .add): "add"
        case .items(_, .read): "count"
        case .settle: "settle"
        case .total: "total"
        case .kill: "kill"
        case .pause: "pause"
        case .resume: "resume"
        case .restart: "restart"
        case .died: "died"
        case .cut: "cut"
        case .heal: "heal"
        case .views: "views"
        case .missed: "missed"
        case .end: "end"
        }
    }

    /// What it was about, what went in, what came out.
    fileprivate var parts: (key: String?, input: JSON, output: JSON) {
        switch self {
        case .start(let nodes): (nil, [:], ["nodes": .array(nodes.map { .string($0) })])
        case .submit(let submission):
            (
                submission.jobId, submission.request,
                [
                    "kind": .string(submission.kind), "order": .number(submission.order),
                    "expected": submission.expected.map { .number($0) } ?? .null,
                    "refusal": submission.refusal.map { .number($0) } ?? .null,
                ]
            )
        case .read(let reading): (reading.jobId, [:], reading.json)
        case .audit(let jobId, let reading): (jobId, [:], reading?.json ?? .null)
        case .cancel(let jobId, let answer): (jobId, [:], ["answer": .text(answer?.rawValue)])
        case .put(let holding, let amount): (holding.path, ["value": .number(amount)], .null)
        case .get(let holding, let reading): (holding.path, [:], reading?.json ?? .null)
        case .items(let tenant, let deed): (tenant, deed.parts.input, deed.parts.output)
        case .settle(let tenant, let ids): (tenant, ItemRecord.Deed.add(ids).parts.input, .null)
        case .total(let tenant, let count): (tenant, [:], ItemRecord.Deed.read(count: count).parts.output)
        case .kill(let node, let inFlight), .pause(let node, let inFlight): (node, [:], ["inFlight": .number(inFlight)])
        case .resume(let node), .restart(let node): (node, [:], [:])
        case .died(let node, let isBack): (node, [:], ["back": .bool(isBack)])
        case .cut(let name, let mode, let apart):
            (
                name,
                ["mode": .string(mode), "apart": .array(apart.map { .array([.string($0.from), .string($0.to)]) })], [:]
            )
        case .heal(let name, let hits): (name, [:], ["hits": .number(hits)])
        case .views(let views): (nil, [:], Self.json(views))
        case .missed(let step): (step, [:], [:])
        case .end(let ending): (nil, [:], ["because": .string(ending.rawValue)])
        }
    }

    private static func json(_ views: [String: [String: String]?]) -> JSON {
        .object(views.sorted { $0.key < $1.key }.map { node, view in
            .init(node, view.map { .object($0.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }) } ?? .null)
        })
    }
}

extension JobReading {
    var json: JSON {
        [
            "status": .string(status), "done": .number(done), "total": .number(total), "inFlight": .number(inFlight),
            "resent": .number(resent), "gathered": .number(gathered), "missing": .number(missing),
            "count": count.map { .number($0) } ?? .null, "warnings": .array(warnings.map { .string($0) }),
        ]
    }

    /// From the document of the edge: of a primes job (`chunks`, `nodes`), of a lookup (`requestedServices`, `results`), or of an order
    /// (`steps`). Nil for what is no such document.
    package init?(document: JSON) {
        guard let id = (document["jobId"] ?? document["orderId"])?.string, let status = document["status"]?.string else { return nil }
        let warnings = (document["warnings"]?.elements ?? []).compactMap(\.string)
        if let chunks = document["chunks"] {
            let shares = (document["nodes"]?.members ?? []).reduce(0) { $0 + ($1.value.integer(Int.self) ?? 0) }
            self.init(
                jobId: id, status: status, done: chunks["done"]?.integer() ?? 0, total: chunks["total"]?.integer() ?? 0,
                inFlight: chunks["inFlight"]?.integer() ?? 0, resent: chunks["resent"]?.integer() ?? 0, gathered: shares,
                count: document["count"]?.integer(UInt64.self), warnings: warnings)
        } else if let steps = document["steps"]?.elements {
            // That it was placed takes nothing from anybody.
            let taking = steps.filter { $0["step"]?.string != OrderStep.order.rawValue }
            let done = taking.filter { $0["state"]?.string == Order.Progress.done.rawValue }
            let moving: Set<String?> = [Order.Progress.asked.rawValue, Order.Progress.undoing.rawValue]
            self.init(
                jobId: id, status: status, done: Set(done.map { $0["step"]?.string }).count, total: OrderStep.allCases.count - 1,
                inFlight: taking.count { moving.contains($0["state"]?.string) }, gathered: done.count,
                warnings: [document["reason"]?.string].compactMap { $0 })
        } else {
            let results = document["results"]?.elements ?? []
            let distinct = Set(results.map { $0["serviceType"]?.text() ?? "" })
            let missing = results.count { $0["success"] == .bool(false) && $0["errorMessage"]?.string == JobWarning.deadline }
            self.init(
                jobId: id, status: status, done: distinct.count, total: document["requestedServices"]?.elements?.count ?? 0,
                resent: document["resent"]?.integer() ?? 0, gathered: results.count, missing: missing, warnings: warnings)
        }
    }
}
