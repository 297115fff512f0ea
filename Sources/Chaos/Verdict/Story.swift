/// What a history tells, put together by job, fault and moment.
struct Story {
    struct Job {
        let process: Int
        let submission: Submission
        /// Documents that differ, in order.
        var readings: [JobReading] = []
        /// Why the last question about it had no document for an answer; "" when it had.
        var silence = ""

        var last: JobReading? { readings.last }
        var name: String { "job \(process) (\(submission.kind) \(submission.jobId ?? "?"))" }
        var resent: Int { readings.map(\.resent).max() ?? 0 }
    }

    /// Harm, and to whom.
    struct Harm {
        let ns: Int64
        /// Whom others may see as suspect or dead because of it.
        let victims: Set<String>
        /// In a cut: from, to.
        let apart: Set<HistoryEvent.Apart>
    }

    /// A moment at which something began or was over.
    struct Moment {
        let ns: Int64
        let kind: Invariant.Moment
        let about: String
    }

    private(set) var nodes: [String] = []
    /// Accepted, by process number in order of acceptance.
    private(set) var jobs: [Job] = []
    private(set) var harms: [Harm] = []
    private(set) var moments: [Moment] = []
    private(set) var views: [(ns: Int64, views: [String: [String: String]?])] = []
    /// When a node was killed, and when it was started again.
    private(set) var lives: [(ns: Int64, node: String, runs: Bool)] = []
    private(set) var hits = 0
    private(set) var cuts = 0
    private(set) var missed: [String] = []
    private(set) var troubles: [String] = []
    private(set) var ending: HistoryEvent.Ending?
    private(set) var endNs: Int64 = 0
    /// Submissions of which nobody knows whether they were accepted.
    private(set) var unknownSubmissions = 0

    init(_ history: [HistoryRecord]) {
        for record in history {
            endNs = max(endNs, record.returnNs)
            if case .read = record.event {} else if record.outcome != .ok, takeFailure(record) { continue }
            take(record)
        }
    }

    /// True when there is no more in it than that.
    private mutating func takeFailure(_ record: HistoryRecord) -> Bool {
        switch record.event {
        case .submit:
            if record.outcome == .unknown { unknownSubmissions += 1 }
            return true
        case .missed, .trouble, .heal, .end: return false
        default:
            troubles.append("\(record.event.name) did not work: \(record.detail)")
            return true
        }
    }

    private mutating func take(_ record: HistoryRecord) {
        let ns = record.returnNs
        switch record.event {
        case .start(let nodes):
            self.nodes = nodes
            moments.append(Moment(ns: ns, kind: .start, about: "the start"))
        case .submit(let submission): jobs.append(Job(process: record.process, submission: submission))
        case .read(let reading):
            guard let index = jobs.lastIndex(where: { $0.process == record.process }) else { return }
            jobs[index].silence = record.outcome == .ok ? "" : record.detail
            if record.outcome == .ok { jobs[index].readings.append(reading) }
        case .kill(let node, _):
            harms.append(Harm(ns: record.callNs, victims: [node], apart: []))
            lives.append((ns, node, false))
            moments.append(Moment(ns: ns, kind: .kill, about: "the end of \(node)"))
        case .pause(let node, _): harms.append(Harm(ns: record.callNs, victims: [node], apart: []))
        case .resume(let node): moments.append(Moment(ns: ns, kind: .resume, about: "\(node) went on"))
        case .restart(let node):
            lives.append((ns, node, true))
            moments.append(Moment(ns: ns, kind: .restart, about: "the new start of \(node)"))
        case .cut(_, _, let apart):
            cuts += 1
            harms.append(Harm(ns: record.callNs, victims: [], apart: Set(apart)))
        case .heal(let name, let hits):
            self.hits += hits
            if record.outcome == .ok {
                moments.append(Moment(ns: ns, kind: .heal, about: "\(name) healed"))
            } else {
                troubles.append("\(name) did not heal in order: \(record.detail)")
            }
        case .views(let views): self.views.append((ns, views))
        case .missed(let step): missed.append("\(step): \(record.detail)")
        case .trouble: troubles.append(record.detail)
        case .end(let ending):
            self.ending = ending
            if !record.detail.isEmpty { troubles.append(record.detail) }
        }
    }

    /// Who ran at a moment.
    func running(at ns: Int64) -> Set<String> {
        var running = Set(nodes)
        for change in lives where change.ns <= ns {
            if change.runs { running.insert(change.node) } else { running.remove(change.node) }
        }
        return running
    }

    /// Killed by the harness, or held for dead by somebody at some time.
    func died(_ node: String) -> Bool {
        lives.contains { $0.node == node && !$0.runs }
            || views.contains { $0.views.values.contains { $0?[node] == "dead" } }
    }

    /// True when every node that runs answers, sees those that run alive and nobody else.
    func areEqual(_ views: [String: [String: String]?], running: Set<String>) -> Bool {
        running.allSatisfy { node in
            guard let view = views[node] ?? nil else { return false }
            return Set(view.filter { $0.value == "alive" }.keys) == running && !view.values.contains("suspect")
        }
    }
}
