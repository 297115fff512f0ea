import Chaos
import JSONDocument

/// A history for the judge, written as what happened.
struct TestHistory {
    private(set) var records: [HistoryRecord] = []
    private var ms: Int64 = 0

    init(nodes: [String] = ["n1", "n2", "n3"]) { add(.director, .start(nodes: nodes)) }

    mutating func add(
        _ who: HistoryRecord.Who, _ event: HistoryEvent, process: Int = 0, outcome: HistoryRecord.Outcome = .ok, via: String? = nil,
        detail: String = ""
    ) {
        records.append(
            HistoryRecord(
                who: who, process: process, event: event, callNs: ms * 1_000_000, returnNs: ms * 1_000_000, outcome: outcome, via: via,
                detail: detail))
    }

    mutating func at(_ milliseconds: Int64) { ms = milliseconds }

    mutating func accept(_ process: Int, order: Int? = nil, expected: UInt64? = 100) {
        add(
            .client,
            .submit(Submission(
                kind: "primes", request: [:], order: order ?? process, jobId: "id-\(process)", expected: expected)),
            process: process, via: "n1")
    }

    /// What an edge says of a job in the end: its status, or with nil that there is none.
    mutating func audit(
        _ job: Int, _ status: String?, by edge: String, done: Int = 10, resent: Int = 0, missing: Int = 0, count: UInt64? = 100,
        warnings: [String] = []
    ) {
        let document = status.map {
            JobReading(
                jobId: "id-\(job)", status: $0, done: done, total: 10, resent: resent, missing: missing,
                count: $0 == "Completed" ? count : nil, warnings: warnings)
        }
        add(
            .client, .audit(jobId: "id-\(job)", document), process: 100, outcome: status == nil ? .failed : .ok, via: edge,
            detail: status == nil ? "404: Job not found" : "")
    }

    mutating func read(
        _ process: Int, _ status: String, done: Int, gathered: Int? = nil, resent: Int = 0, missing: Int = 0, count: UInt64? = nil,
        warnings: [String] = [], via: String = "n1"
    ) {
        add(
            .client,
            .read(JobReading(
                jobId: "id-\(process)", status: status, done: done, total: 10, resent: resent, gathered: gathered,
                missing: missing, count: count, warnings: warnings)), process: process, via: via)
    }

    /// What everybody sees: alive all but those given.
    mutating func views(_ others: [String: String] = [:], silent: [String] = [], of nodes: [String] = ["n1", "n2", "n3"]) {
        var views: [String: [String: String]?] = [:]
        for node in nodes {
            let view = Dictionary(uniqueKeysWithValues: nodes.map { ($0, others[$0] ?? "alive") })
            views.updateValue(silent.contains(node) ? nil : view, forKey: node)
        }
        add(.observer, .views(views))
    }

    mutating func end(_ ending: HistoryEvent.Ending = .settled) { add(.director, .end(ending)) }

    func verdict(_ expectations: [Invariant], bites: [Bite] = [], workload: [Workload] = []) -> Verdict {
        Judge.verdict(records, expectations: expectations, bites: bites, workload: workload)
    }

    /// A worker was killed, its parts were sent again, and all went well.
    static func good(ends: Bool = true) -> TestHistory {
        var history = TestHistory()
        history.views()
        history.accept(1)
        history.read(1, "Processing", done: 4)
        history.at(1_000)
        history.add(.director, .kill(node: "n3", inFlight: 2))
        history.at(1_500)
        history.views(["n3": "dead"], silent: ["n3"])
        history.read(1, "Processing", done: 6, resent: 2)
        history.at(5_000)
        history.read(1, "Completed", done: 10, resent: 2, count: 100)
        if ends { history.end() }
        return history
    }
}
