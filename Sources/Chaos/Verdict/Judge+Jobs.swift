import World

// WHAT BECAME OF THE JOBS
//
// A job's client follows it at one edge until that edge says how it ended; in the end every edge is asked once more (`audit`). All that
// they say is held against each other: two ends that differ, an edge that denies a job that had completed, one that still
// waits for what another says is over. Where losses are allowed, one is excused only if it can be the home's death: the home that the
// document names is the one that the ring had, and between the job's acceptance and that document it was killed, or the edge that
// says so held it for dead. A client that was told so asks no more, though the home may come back and complete the job: that is
// counted, and said aloud.

extension Judge {
    /// What an edge says, weighed.
    private enum Word {
        case completed(JobReading)
        case lost
        case denied
        case doubtful(String)
        case wrong(String)
    }

    static func jobsEnd(_ story: Story, homesMayDie: Bool) -> Answer {
        var completed = 0, lost = 0, disputed: [String] = [], doubt: String?
        for job in story.jobs {
            guard let last = job.last, last.document.isOver else { return unended(job, story) }
            var words: [(via: String, word: Word)] = [(last.via ?? "?", word(last, job, story, homesMayDie: homesMayDie))]
            words += job.audits.map { ($0.via, word($0, job, story, homesMayDie: homesMayDie)) }
            for (via, word) in words {
                if case .wrong(let reason) = word { return (.broken, "\(job.name), by \(via): \(reason)") }
                if case .doubtful(let reason) = word { doubt = doubt ?? "\(job.name), by \(via): \(reason)" }
            }
            let ends = words.compactMap { if case .completed(let document) = $0.word { document } else { nil } }
            if let first = ends.first, let other = ends.first(where: { !$0.says(first) }) {
                return (.broken, "\(job.name) has completed in two ways: \(first.words), \(other.words)")
            }
            if ends.isEmpty { lost += 1 } else { completed += 1 }
            let givenUp = words.filter { if case .lost = $0.word { true } else { false } }.map(\.via)
            if !ends.isEmpty, !givenUp.isEmpty { disputed.append("\(job.name) by \(Set(givenUp).sorted().joined(separator: " "))") }
        }
        if let doubt { return (.unknown, doubt) }
        guard !story.jobs.isEmpty else { return (.unknown, "there is no job") }
        var reason = "\(completed) of \(story.jobs.count) completed" + (lost > 0 ? ", \(lost) lost with their homes" : "")
        if let first = disputed.first {
            reason += "; of those that completed \(disputed.count) are told as lost by an edge that had held the home for dead, "
                + "such as \(first)"
        }
        // Where all were lost the mesh may as well do nothing.
        return (completed > 0 ? .holds : .unknown, reason)
    }

    private static func unended(_ job: Story.Job, _ story: Story) -> Answer {
        let state = job.last.map { "\($0.document.status), \($0.document.done) of \($0.document.total) done" } ?? "never told of"
        let silence = job.silence.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "  ")
        // A run that was cut short cannot tell slow from stuck.
        let answer: Verdict.Answer = story.ending == .stuck || story.ending == .settled ? .broken : .unknown
        return (answer, "\(job.name) has not ended: \(state)" + (silence.isEmpty ? "" : "; asked last: \(silence)"))
    }

    private static func word(_ audit: Story.Job.Audit, _ job: Story.Job, _ story: Story, homesMayDie: Bool) -> Word {
        switch audit.outcome {
        case .unknown: return .doubtful("no answer in the end: \(audit.detail)")
        case .failed:
            // It was told of, and an edge must find it as long as there is a home to ask.
            guard homesMayDie, let home = job.submission.home, story.ended(home, from: job.callNs, to: audit.ns) else {
                return .wrong("there is no such job (\(audit.detail))")
            }
            return .denied
        case .ok:
            guard let document = audit.document else { return .doubtful("no document in the end") }
            guard document.isOver else {
                return .wrong("\(document.words) in the end, when it had ended by \(job.last?.via ?? "?")")
            }
            let reading = Story.Job.Reading(via: audit.via, callNs: audit.ns, ns: audit.ns, document: document)
            return word(reading, job, story, homesMayDie: homesMayDie)
        }
    }

    /// Of a document that is over.
    private static func word(_ reading: Story.Job.Reading, _ job: Story.Job, _ story: Story, homesMayDie: Bool) -> Word {
        let document = reading.document
        if document.status == "Completed" { return .completed(document) }
        let failure = "it has failed: \(document.warnings.joined(separator: "; "))"
        guard homesMayDie, let home = document.lostHome else { return .wrong(failure) }
        let isDead = story.ended(home, from: job.callNs, to: reading.ns)
        let isHeldDead = reading.via.map { story.held(home, forDeadBy: $0, from: job.callNs, to: reading.ns) } ?? false
        guard isDead || isHeldDead else { return .wrong(failure + "; meanwhile it was neither killed nor held for dead there") }
        guard job.submission.home == home else {
            return .doubtful(failure + "; but the ring had the job at \(job.submission.home ?? "an unknown node")")
        }
        return .lost
    }

    // MARK: Results

    static func totalExact(_ story: Story) -> Answer {
        var right = 0
        for job in story.jobs {
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
        for job in story.jobs {
            var before = 0
            // What an edge says of a job whose home is lost tells of no parts.
            for document in (job.readings.map(\.document) + job.endings.map(\.document)) where document.status != "Failed" {
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
    /// The home whose death is given as the reason of the failure.
    fileprivate var lostHome: String? {
        for warning in warnings where warning.hasPrefix("home lost: ") {
            return String(warning.dropFirst("home lost: ".count).prefix { $0 != " " && $0 != "," })
        }
        return nil
    }

    /// Whether both tell of the same end.
    fileprivate func says(_ other: JobReading) -> Bool {
        (status, done, total, gathered, count) == (other.status, other.done, other.total, other.gathered, other.count)
    }

    fileprivate var words: String { "\(status) \(done) of \(total)" + (count.map { ", \($0) primes" } ?? "") }
}
