import Topology
import World

/// From a recorded history to a verdict: a pure function, so that histories can be judged again and violations planted.
package enum Judge {
    /// - Parameter workload: what the run was to do; what it has not even tried is not proved.
    package static func verdict(
        _ history: [HistoryRecord], expectations: [Invariant], bites: [Bite], workload: [Workload] = []
    ) -> Verdict {
        let story = Story(history)
        return Verdict(run(story) + undone(workload, story) + bites.map { judge($0, story) } + expectations.map { judge($0, story) })
    }

    typealias Finding = Verdict.Finding
    /// An answer and its reason.
    typealias Answer = (Verdict.Answer, String)

    /// Whether the run went as its file says.
    private static func run(_ story: Story) -> [Finding] {
        var findings: [Finding] = []
        if story.nodes.isEmpty { findings.append(Finding(.run, "mesh", .unknown, "it was never complete")) }
        findings += story.deaths.map { Finding(.run, "nodes", .broken, $0) }
        findings += story.missed.map { Finding(.run, "step", .unknown, $0) }
        findings += story.troubles.map { Finding(.run, "harness", .unknown, $0) }
        switch story.ending {
        case .settled?, .stuck?: break
        case .limit?: findings.append(Finding(.run, "limit", .unknown, "the run was over before its work was"))
        case .interrupted?: findings.append(Finding(.run, "end", .unknown, "the run was interrupted"))
        case .broken?, nil: findings.append(Finding(.run, "end", .unknown, "the run did not come to its end"))
        }
        if !story.nodes.isEmpty, let reason = unaccepted(story) { findings.append(Finding(.run, "work", .unknown, reason)) }
        return findings
    }

    /// Work that the mesh was not seen to do: it says nothing about what the mesh does with work.
    private static func unaccepted(_ story: Story) -> String? {
        if let entry = story.books.entries.first(where: { $0.initial == nil }) {
            return "\(entry.holding.path) was not made: \(entry.answer)"
        }
        guard !story.orders.isEmpty || !story.items.isEmpty else { return "no job was handed in" }
        let additions = story.items.records.filter { !$0.deed.isRead }
        if !additions.isEmpty, !additions.contains(where: { $0.outcome == .ok }) { return "none of \(additions.count) additions was taken" }
        let open = story.orders.filter { !$0.isAccepted }
        guard let first = open.first else { return nil }
        return "\(open.count) of \(story.orders.count) orders were not accepted, the first of them \(first.kind) order \(first.number): "
            + first.answer
    }

    private static func judge(_ invariant: Invariant, _ story: Story) -> Finding {
        let (answer, reason): Answer
        switch invariant {
        case .jobsEnd: (answer, reason) = jobsEnd(story, deadlinesMayCome: false)
        case .jobsEndOrMeetDeadline: (answer, reason) = jobsEnd(story, deadlinesMayCome: true)
        case .totalExact: (answer, reason) = totalExact(story)
        case .countedOnce: (answer, reason) = countedOnce(story)
        case .resent(let comparison):
            let resent = story.jobs.reduce(0) { $0 + $1.resent() }
            (answer, reason) = (comparison.holds(resent) ? .holds : .broken, "\(resent) orders were sent again")
        case .ordersEnd: (answer, reason) = ordersEnd(story)
        case .effectsOnce: (answer, reason) = effectsOnce(story)
        case .moneyConserved: (answer, reason) = conserved(.accounts, story)
        case .stockConserved: (answer, reason) = conserved(.stock, story)
        case .itemsCountedOnce: (answer, reason) = itemsCountedOnce(story)
        case .countsLinearizable: (answer, reason) = countsLinearizable(story)
        case .viewsEqual(let within, let kind): (answer, reason) = viewsEqual(story, within, kind)
        }
        return Finding(.invariant, "\(invariant)", answer, reason)
    }
}
