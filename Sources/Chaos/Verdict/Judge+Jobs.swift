import Jobs
import World

// WHAT BECAME OF THE JOBS
//
// Once a client has been told that its job is accepted, the job stands in a register, and nobody's death, pause or silence may take it
// back or change how it ends. So nothing excuses a loss. A job's client follows it at one edge until that edge says how it ended; in the
// end every edge is asked once more (`audit`). All of them must say the same: an end that differs, an edge that denies the job, one that
// still waits for what another says is over, each is a broken promise. An order whose outcome its client does not know was not
// acknowledged: there is no job that could be asked for, and nothing is promised of it.
//
// The right end is `Completed`. A scenario may allow that time runs out: a job that counts has then failed with that reason and no other,
// and a lookup is completed without the outcomes that were missing. Clients cancel no jobs, so one that was cancelled is lost.

extension Judge {
    static func jobsEnd(_ story: Story, deadlinesMayCome: Bool) -> Answer {
        let jobs = story.scattered
        var completed = 0, late = 0, doubt: Answer?
        for job in jobs {
            switch fault(in: job, story, { objection(to: $0.document, deadlinesMayCome: deadlinesMayCome) }) {
            case nil: break
            case (.broken, let reason)?: return (.broken, reason)
            case let unknown: doubt = doubt ?? unknown
            }
            if job.last?.document.isLate == true { late += 1 } else { completed += 1 }
        }
        if let doubt { return doubt }
        guard !jobs.isEmpty else { return (.unknown, "there is no job") }
        // Where none completed the mesh may as well do nothing.
        let reason = "\(completed) of \(jobs.count) completed" + (late > 0 ? ", \(late) met their deadline" : "")
        return (completed > 0 ? .holds : .unknown, reason)
    }

    /// Why a piece of work has not ended, or not in one way that it may end in; nil when it has.
    /// - Parameter objection: what is wrong with an end; nil for one that it may have.
    static func fault(in job: Story.Job, _ story: Story, _ objection: (Story.Job.Reading) -> String?) -> Answer? {
        guard let last = job.last, last.document.isOver else { return unended(job, story) }
        for ending in job.endings {
            if let objection = objection(ending) { return (.broken, "\(job.name), by \(ending.via ?? "?"): \(objection)") }
            guard ending.document == last.document else {
                return (
                    .broken,
                    "\(job.name) has ended in two ways: by \(last.via ?? "?") \(last.document.words), "
                        + "by \(ending.via ?? "?") \(ending.document.words)"
                )
            }
        }
        var doubt: Answer?
        for audit in job.audits {
            switch contradiction(audit, last) {
            case nil: break
            case (.broken, let reason)?: return (.broken, "\(job.name), by \(audit.via): \(reason)")
            case (let answer, let reason)?: doubt = doubt ?? (answer, "\(job.name), by \(audit.via): \(reason)")
            }
        }
        return doubt
    }

    private static func unended(_ job: Story.Job, _ story: Story) -> Answer {
        let state = job.last.map { "\($0.document.status), \($0.document.done) of \($0.document.total) done" } ?? "never told of"
        let silence = job.silence.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "  ")
        // A run that was cut short cannot tell slow from stuck.
        let answer: Verdict.Answer = story.ending == .stuck || story.ending == .settled ? .broken : .unknown
        return (answer, "\(job.name) has not ended: \(state)" + (silence.isEmpty ? "" : "; asked last: \(silence)"))
    }

    /// What is wrong with an end; nil for one that a job may have.
    private static func objection(to end: JobReading, deadlinesMayCome: Bool) -> String? {
        if end.isLate, deadlinesMayCome { return nil }
        if end.status != "Completed" { return "it has failed: \(end.warnings.joined(separator: "; "))" }
        return end.isLate ? "it has completed without \(end.missing) outcomes, which did not come before its deadline" : nil
    }

    /// Why what an edge says in the end is no end.
    private static func contradiction(_ audit: Story.Job.Audit, _ last: Story.Job.Reading) -> Answer? {
        switch audit.outcome {
        case .unknown: return (.unknown, "no answer in the end: \(audit.detail)")
        case .failed: return (.broken, "there is no such job (\(audit.detail))")
        case .ok:
            guard let document = audit.document else { return (.unknown, "no document in the end") }
            guard !document.isOver else { return nil }
            return (.broken, "\(document.words) in the end, when it had ended by \(last.via ?? "?")")
        }
    }

    // MARK: Results

    static func totalExact(_ story: Story) -> Answer {
        var right = 0
        for job in story.scattered {
            guard let expected = job.submission.expected else { continue }
            let ends = job.endings.filter { $0.document.status == "Completed" }
            for end in ends where end.document.count != expected {
                let count = end.document.count.map { String($0) } ?? "nothing"
                return (.broken, "\(job.name) counted \(count) primes; there are \(expected)")
            }
            if !ends.isEmpty { right += 1 }
        }
        return right > 0 ? (.holds, "\(right) totals are right") : (.unknown, "no job with a known total has completed")
    }

    static func countedOnce(_ story: Story) -> Answer {
        var looked = 0
        for job in story.scattered {
            var before = 0
            for document in job.readings.map(\.document) + job.endings.map(\.document) {
                if document.done > document.total || document.gathered != document.done {
                    return (.broken, "\(job.name) has \(document.gathered) results for \(document.done) of \(document.total) parts")
                }
                if document.done < before { return (.broken, "\(job.name) had \(before) parts done, and then \(document.done)") }
                before = document.done
            }
            let ends = job.endings.map(\.document).filter { $0.status == "Completed" }
            if let end = ends.first(where: { $0.done != $0.total }) {
                return (.broken, "\(job.name) has completed with \(end.done) of \(end.total) parts")
            }
            if !ends.isEmpty { looked += 1 }
        }
        return looked > 0 ? (.holds, "\(looked) jobs have each result once") : (.unknown, "no job has completed")
    }
}

extension JobReading {
    /// Whether time ran out: for the whole job, or for parts of it.
    fileprivate var isLate: Bool { (status == "Failed" && warnings == [JobWarning.deadline]) || (status == "Completed" && missing > 0) }

    /// All of it that an end is told by.
    fileprivate var words: String {
        let details = [
            count.map { "\($0) primes" }, gathered == done ? nil : "\(gathered) results", missing > 0 ? "\(missing) missing" : nil,
            resent > 0 ? "\(resent) sent again" : nil, warnings.isEmpty ? nil : warnings.joined(separator: "; "),
        ]
        return (["\(status) \(done) of \(total)"] + details.compactMap { $0 }).joined(separator: ", ")
    }
}
