import Topology
import World

/// From a recorded history to a verdict: a pure function, so that histories can be judged again and violations planted.
package enum Judge {
    package static func verdict(_ history: [HistoryRecord], expectations: [Invariant], bites: [Bite]) -> Verdict {
        let story = Story(history)
        return Verdict(run(story) + bites.map { judge($0, story) } + expectations.map { judge($0, story) })
    }

    private typealias Finding = Verdict.Finding

    /// Whether the run went as its file says.
    private static func run(_ story: Story) -> [Finding] {
        var findings: [Finding] = []
        if story.nodes.isEmpty { findings.append(Finding(.run, "mesh", .unknown, "it was never complete")) }
        findings += story.missed.map { Finding(.run, "step", .unknown, $0) }
        findings += story.troubles.map { Finding(.run, "harness", .unknown, $0) }
        switch story.ending {
        case .settled?, .stuck?: break
        case .limit?: findings.append(Finding(.run, "limit", .unknown, "the run was over before its work was"))
        case .interrupted?: findings.append(Finding(.run, "end", .unknown, "the run was interrupted"))
        case .broken?, nil: findings.append(Finding(.run, "end", .unknown, "the run did not come to its end"))
        }
        if !story.nodes.isEmpty, story.jobs.isEmpty {
            findings.append(Finding(.run, "work", .unknown, "no job was accepted"))
        }
        return findings
    }

    // MARK: Bites

    private static func judge(_ bite: Bite, _ story: Story) -> Finding {
        func finding(_ holds: Bool, _ reason: String) -> Finding {
            Finding(.bite, "\(bite)", holds ? .holds : .unknown, holds ? reason : reason + "; the fault was not felt")
        }
        switch bite {
        case .resent(let comparison):
            let resent = story.jobs.reduce(0) { $0 + $1.resent }
            return finding(comparison.holds(resent), "\(resent) orders were sent again")
        case .ruleHits(let comparison):
            return finding(comparison.holds(story.hits), "\(story.hits) frames were touched in \(story.cuts) cuts")
        case .victimSeen(let sight):
            guard let seen = sighting(sight, story) else { return finding(false, "nobody has seen a harmed node as \(sight.rawValue)") }
            return finding(true, seen)
        }
    }

    private static func sighting(_ sight: Bite.Sight, _ story: Story) -> String? {
        let wanted: Set<String> = sight == .dead ? ["dead"] : ["dead", "suspect"]
        for (ns, views) in story.views {
            for observer in views.keys.sorted() {
                guard let view = views[observer] ?? nil else { continue }
                for (member, status) in view.sorted(by: { $0.key < $1.key }) where wanted.contains(status) {
                    let isVictim = story.harms.contains { harm in
                        harm.ns <= ns && (harm.victims.contains(member) && !harm.victims.contains(observer)
                            || harm.apart.contains { $0.from == observer && $0.to == member || $0.from == member && $0.to == observer })
                    }
                    if isVictim { return "\(observer) saw \(member) \(status) after \(ns / 1_000_000) ms" }
                }
            }
        }
        return nil
    }

    // MARK: Invariants

    private static func judge(_ invariant: Invariant, _ story: Story) -> Finding {
        let (answer, reason): (Verdict.Answer, String)
        switch invariant {
        case .jobsEnd: (answer, reason) = jobsEnd(story, homesMayDie: false)
        case .jobsEndUnlessHomeDied: (answer, reason) = jobsEnd(story, homesMayDie: true)
        case .totalExact: (answer, reason) = totalExact(story)
        case .countedOnce: (answer, reason) = countedOnce(story)
        case .resent(let comparison):
            let resent = story.jobs.reduce(0) { $0 + $1.resent }
            (answer, reason) = (comparison.holds(resent) ? .holds : .broken, "\(resent) orders were sent again")
        case .viewsEqual(let within, let kind): (answer, reason) = viewsEqual(story, within, kind)
        }
        return Finding(.invariant, "\(invariant)", answer, reason)
    }

    private static func jobsEnd(_ story: Story, homesMayDie: Bool) -> (Verdict.Answer, String) {
        var completed = 0, excused = 0
        for job in story.jobs {
            guard let last = job.last, last.isOver else {
                let state = job.last.map { "\($0.status), \($0.done) of \($0.total) done" } ?? "never told of"
                let silence = job.silence.isEmpty ? "" : "; asked last: \(job.silence)"
                // A run that was cut short cannot tell slow from stuck.
                let answer: Verdict.Answer = story.ending == .stuck || story.ending == .settled ? .broken : .unknown
                return (answer, "\(job.name) has not ended: \(state)\(silence)")
            }
            if last.status == "Completed" {
                completed += 1
            } else if homesMayDie, let home = lostHome(job, last), story.died(home) {
                excused += 1
            } else {
                return (.broken, "\(job.name) has failed: \(last.warnings.joined(separator: "; "))")
            }
        }
        guard !story.jobs.isEmpty else { return (.unknown, "there is no job") }
        return (.holds, "\(completed) of \(story.jobs.count) completed" + (excused > 0 ? ", \(excused) lost with their homes" : ""))
    }

    /// The home whose death is given as the reason of a job's failure.
    private static func lostHome(_ job: Story.Job, _ last: JobReading) -> String? {
        for warning in last.warnings where warning.hasPrefix("home lost: ") {
            return String(warning.dropFirst("home lost: ".count).prefix { $0 != " " && $0 != "," })
        }
        return nil
    }

    private static func totalExact(_ story: Story) -> (Verdict.Answer, String) {
        var right = 0
        for job in story.jobs {
            guard let expected = job.submission.expected, let last = job.last, last.status == "Completed" else { continue }
            guard last.count == expected else {
                let count = last.count.map { String($0) } ?? "nothing"
                return (.broken, "\(job.name) counted \(count) primes; there are \(expected)")
            }
            right += 1
        }
        return right > 0 ? (.holds, "\(right) totals are right") : (.unknown, "no job with a known total has completed")
    }

    private static func countedOnce(_ story: Story) -> (Verdict.Answer, String) {
        var looked = 0
        for job in story.jobs {
            var before = 0
            for reading in job.readings {
                // A document that its reader made for a job whose home is gone has what it last heard.
                if reading.status == "Failed" { continue }
                if reading.done > reading.total || reading.gathered != reading.done {
                    return (.broken, "\(job.name) has \(reading.gathered) results for \(reading.done) of \(reading.total) parts")
                }
                if reading.done < before { return (.broken, "\(job.name) had \(before) parts done, and then \(reading.done)") }
                before = reading.done
            }
            guard let last = job.last, last.status == "Completed" else { continue }
            if last.done != last.total { return (.broken, "\(job.name) has completed with \(last.done) of \(last.total) parts") }
            looked += 1
        }
        return looked > 0 ? (.holds, "\(looked) jobs have each result once") : (.unknown, "no job has completed")
    }

    // MARK: Views

    private static func viewsEqual(_ story: Story, _ within: Duration, _ kind: Invariant.Moment) -> (Verdict.Answer, String) {
        let moments = story.moments.filter { $0.kind == kind }
        guard !moments.isEmpty else { return (.unknown, "there was no \(kind.rawValue)") }
        var slowest: Int64 = 0, undecided = ""
        for moment in moments {
            let deadline = moment.ns + within.nanoseconds
            // What happens next has its own time.
            let next = story.harms.map(\.ns).filter { $0 > moment.ns }.min() ?? .max
            let restart = story.moments.filter { $0.kind == .restart && $0.ns > moment.ns }.map(\.ns).min() ?? .max
            let horizon = min(deadline, next, restart)
            if let equal = firstEqual(story, from: moment.ns, to: horizon) {
                slowest = max(slowest, equal - moment.ns)
            } else if horizon < deadline {
                undecided = "\(moment.about), and other harm came before the views were equal"
            } else if story.endNs < deadline {
                undecided = "\(moment.about), and the run ended before the views were equal"
            } else {
                return (.broken, "\(moment.about), and \(within.milliseconds) ms later \(disagreement(story, at: deadline))")
            }
        }
        guard undecided.isEmpty else { return (.unknown, undecided) }
        return (.holds, "after \(slowest / 1_000_000) ms")
    }

    /// When the views were equal for the first time in a span; its beginning when they already were.
    private static func firstEqual(_ story: Story, from start: Int64, to end: Int64) -> Int64? {
        let running = story.running(at: start)
        if let before = story.views.last(where: { $0.ns <= start }), story.areEqual(before.views, running: running) { return start }
        return story.views.first { $0.ns > start && $0.ns <= end && story.areEqual($0.views, running: running) }?.ns
    }

    private static func disagreement(_ story: Story, at ns: Int64) -> String {
        let running = story.running(at: ns)
        guard let views = story.views.last(where: { $0.ns <= ns })?.views else { return "nobody had been asked" }
        for node in running.sorted() {
            guard let view = views[node] ?? nil else { return "\(node) did not answer" }
            for member in Set(view.keys).union(running).sorted() {
                let status = view[member] ?? "unknown"
                if (status == "alive") != running.contains(member) { return "\(node) saw \(member) as \(status)" }
            }
        }
        return "they were equal again"
    }
}
