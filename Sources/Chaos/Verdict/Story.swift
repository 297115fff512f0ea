import JSONDocument

/// What a history tells, put together by job, fault and moment.
struct Story {
    /// Harm, and to whom.
    struct Harm {
        let callNs: Int64
        /// For sentences: `the end of n3`, `cut2`.
        let about: String
        /// Whom others may see as suspect or dead because of it.
        let victims: Set<String>
        /// In a cut: from, to.
        let apart: Set<HistoryEvent.Apart>
        /// Of a cut that has healed: frames that its rules have touched.
        var hits = 0

        var isCut: Bool { !apart.isEmpty }
    }

    /// A moment at which something began or was over.
    struct Moment {
        let callNs: Int64
        let ns: Int64
        let kind: Invariant.Moment
        let about: String
    }

    /// Something that a client wanted to be done, at whichever edge and in however many attempts.
    struct Order {
        let number: Int
        let kind: String
        let request: JSON
        /// When its first attempt began.
        let askedNs: Int64
        /// By which id it was accepted; nil when it was not.
        var jobId: String?
        var isAccepted = false
        /// There was an attempt of which nobody knows what became.
        var isDoubtful = false
        /// The last answer that was no acceptance.
        var answer = ""
    }

    private(set) var nodes: [String] = []
    /// In the order of the first attempts.
    private(set) var orders: [Order] = []
    /// In the order of acceptance, orders for goods among them.
    private(set) var jobs: [Job] = []
    /// Their places.
    private var jobsById: [String: Int] = [:]
    /// Of what was sent again under its key, what was accepted as something else.
    private(set) var doubles: [String] = []
    /// Of what was sent again under its key, what was refused although it had been accepted.
    private(set) var refusals: [String] = []
    /// How often something was sent again under its key and was the same.
    private(set) var repeats = 0
    private(set) var books = Books()
    /// What was added to tenants and counted.
    private(set) var items = ItemStory()
    /// When requests of clients had ended otherwise than they should.
    private(set) var failures: [Int64] = []
    private(set) var harms: [Harm] = []
    private(set) var moments: [Moment] = []
    private(set) var looks: [Look] = []
    /// When a node ended, and when it was started again.
    private(set) var lives: [(ns: Int64, node: String, runs: Bool)] = []
    /// Ends that were none of the harness's doing.
    private(set) var deaths: [String] = []
    private(set) var missed: [String] = []
    private(set) var troubles: [String] = []
    private(set) var ending: HistoryEvent.Ending?
    private(set) var endNs: Int64 = 0

    init(_ history: [HistoryRecord]) {
        for record in history {
            endNs = max(endNs, record.lastNs)
            take(record)
        }
    }

    /// Jobs that are scattered over workers.
    var scattered: [Job] { jobs.filter { !$0.isOrder } }
    /// Orders for goods.
    var placed: [Job] { jobs.filter(\.isOrder) }

    private mutating func take(_ record: HistoryRecord) {
        if record.event.isRequest, record.outcome != .ok, let returned = record.returnNs { failures.append(returned) }
        switch record.event {
        case .submit(let submission): take(submission, record)
        case .read(let document): take(document, record)
        case .audit(let jobId, let document):
            guard let index = jobsById[jobId] else { return }
            jobs[index].audits.append(
                Job.Audit(
                    via: record.via ?? "?", ns: record.lastNs, document: document, outcome: record.outcome, detail: record.detail))
        case .cancel(let jobId, let answer):
            guard let index = jobsById[jobId] else { return }
            jobs[index].cancels.append(Job.Cancel(via: record.via ?? "?", answer: answer, outcome: record.outcome, detail: record.detail))
        case .put(let holding, let amount): books.put(holding, amount, record)
        case .get(let holding, let reading): books.get(holding, reading, record)
        case .items(let tenant, let deed):
            items.take(
                ItemRecord(
                    process: record.process, tenant: tenant, deed: deed, callNs: record.callNs, returnNs: record.returnNs,
                    outcome: record.outcome, via: record.via ?? "?"))
        case .settle(let tenant, let ids): items.settle(ids, of: tenant, record)
        case .total(let tenant, let count): items.total(tenant, count, record)
        case .views(let views) where record.outcome == .ok:
            looks.append(Look(callNs: record.callNs, returnNs: record.lastNs, views: views))
        case .missed(let step): missed.append("\(step): \(record.detail)")
        case .end(let ending):
            self.ending = ending
            if !record.detail.isEmpty { troubles.append(record.detail) }
        case .heal(let name, let hits): heal(name, hits, record)
        default:
            guard record.outcome == .ok else {
                troubles.append("\(record.event.name) did not work: \(record.detail)")
                return
            }
            takeHarm(record)
        }
    }

    private mutating func takeHarm(_ record: HistoryRecord) {
        let ns = record.lastNs
        func note(_ kind: Invariant.Moment, _ about: String) {
            moments.append(Moment(callNs: record.callNs, ns: ns, kind: kind, about: about))
        }
        switch record.event {
        case .start(let nodes):
            self.nodes = nodes
            note(.start, "the start")
        case .kill(let node, _):
            harms.append(Harm(callNs: record.callNs, about: "the end of \(node)", victims: [node], apart: []))
            lives.append((ns, node, false))
            note(.kill, "the end of \(node)")
        case .pause(let node, _): harms.append(Harm(callNs: record.callNs, about: "the pause of \(node)", victims: [node], apart: []))
        case .resume(let node): note(.resume, "\(node) went on")
        case .restart(let node):
            lives.append((ns, node, true))
            note(.restart, "the new start of \(node)")
        case .cut(let name, _, let apart): harms.append(Harm(callNs: record.callNs, about: name, victims: [], apart: Set(apart)))
        case .died(let node, let isBack):
            if !isBack { lives.append((ns, node, false)) }
            deaths.append("\(node), to which nothing was done: \(record.detail) after \(ns / 1_000_000) ms")
        default: break
        }
    }

    private mutating func heal(_ name: String, _ hits: Int, _ record: HistoryRecord) {
        if let index = harms.lastIndex(where: { $0.about == name }) { harms[index].hits = hits }
        if record.outcome == .ok {
            moments.append(Moment(callNs: record.callNs, ns: record.lastNs, kind: .heal, about: "\(name) healed"))
        } else {
            troubles.append("\(name) did not heal in order: \(record.detail)")
        }
    }

    // MARK: Work

    private mutating func take(_ submission: Submission, _ record: HistoryRecord) {
        let index: Int
        if let known = orders.lastIndex(where: { $0.number == submission.order }) {
            index = known
        } else {
            orders.append(
                Order(number: submission.order, kind: submission.kind, request: submission.request, askedNs: record.callNs))
            index = orders.count - 1
        }
        guard record.outcome == .ok else {
            orders[index].answer = [record.via, record.detail].compactMap { $0 }.joined(separator: " answered ")
            if record.outcome == .unknown { orders[index].isDoubtful = true }
            if let known = orders[index].jobId, submission.refusal != nil {
                refusals.append("\(known), by \(record.via ?? "?"): \(record.detail)")
            }
            return
        }
        if let known = orders[index].jobId, let id = submission.jobId {
            guard known != id else { return repeats += 1 }
            return doubles.append("\(known) was accepted once more as \(id), by \(record.via ?? "?")")
        }
        (orders[index].isAccepted, orders[index].jobId) = (true, submission.jobId)
        if let id = submission.jobId { jobsById[id] = jobsById[id] ?? jobs.count }
        jobs.append(
            Job(process: record.process, submission: submission, askedNs: orders[index].askedNs, acceptedNs: record.lastNs))
    }

    private mutating func take(_ document: JobReading, _ record: HistoryRecord) {
        guard let index = jobs.lastIndex(where: { $0.process == record.process }) else { return }
        guard record.outcome == .ok else {
            jobs[index].silence[record.via ?? "?"] = record.detail
            return
        }
        jobs[index].silence = [:]
        jobs[index].readings.append(Job.Reading(via: record.via, callNs: record.callNs, ns: record.lastNs, document: document))
    }

    // MARK: Lives

    /// Who ran at a moment.
    func running(at ns: Int64) -> Set<String> {
        var running = Set(nodes)
        for change in lives where change.ns <= ns {
            if change.runs { running.insert(change.node) } else { running.remove(change.node) }
        }
        return running
    }
}
