import Choreography
import Jobs
import Primes
import World

// WHAT BECAME OF JOBS
//
// Each range is asked for by one wish alone, so a job says by its range whose it is. In the end each is over, and there are as many as
// there may be; one that has its result has the right one, each part of which somebody has counted; one that has not was cancelled, was
// too late, or had a part that was given to as many workers as it may cost, all of which somebody held for dead. What users were told
// while it ran goes together with that: a job never stands further back than it stood, and what is over stays as it is.

/// Judges jobs by what users were told, and by how they stand in the end.
package struct JobCheck {
    private typealias Look = (sending: EdgeLog.Sending, at: Instant, value: PrimesStatus)

    private let log: EdgeLog
    private let books: Books
    private let limits: JobLimits
    /// Whether all wall clocks were right all the time.
    private let showsTime: Bool

    package init(_ log: EdgeLog, _ books: Books, _ limits: JobLimits, showsTime: Bool) {
        (self.log, self.books, self.limits, self.showsTime) = (log, books, limits, showsTime)
    }

    package func judge() -> [Violation] {
        let jobs = books.jobs.sorted { $0.key < $1.key }
        return log.wishes.flatMap { judge($0) } + jobs.flatMap { judge($0.key, $0.value) } + cancellations() + missed() + looks()
    }

    // MARK: Submissions

    private func judge(_ wish: EdgeLog.Wish) -> [Violation] {
        guard case .submit(let range) = wish.request else { return [] }
        let own = books.jobs.keys.filter { books.jobs[$0]?.request == range }.sorted()
        var found = own.dropFirst().map { Violation(.twice, "\(wish.request.text) are counted by job \($0), and by job \(own[0])") }
        switch log.outcome(of: wish) {
        case .done(let reply):
            guard case .accepted(let id) = reply.answer, !own.contains(id) else { break }
            found.append(Violation(.lost, "job \(id) was accepted and is not there"))
        case .failed: found += own.map { Violation(.ghost, "job \($0) is there, and all were told that nothing has happened") }
        case .unknown: break
        }
        return found
    }

    // MARK: Jobs

    private func judge(_ id: WorkID, _ job: PrimesStatus) -> [Violation] {
        let wishes = log.wishes.filter { $0.request == .submit(job.request) }
        guard let asked = wishes.compactMap({ log.firstAsked($0) }).first else {
            return [Violation(.future, "job \(id) counts primes from \(job.request.from) on, which nobody has asked for")]
        }
        let actor = ActorName(PrimesJob.kind, of: id)
        guard job.status.isTerminal, books.ended.contains(actor) else {
            return [Violation(.unended, "job \(id) is \(job.status.rawValue)")]
        }
        return job.status == .completed ? judge(result: job, of: actor) : judge(failure: job, id, asked)
    }

    private func judge(result job: PrimesStatus, of actor: ActorName) -> [Violation] {
        let right = UInt64((job.request.from...job.request.to).count { PrimeCounter.isPrime($0) })
        var found: [Violation] = []
        if job.count != right { found.append(Violation(.unbalanced, "\(actor) has counted \(job.count ?? 0) primes, and not \(right)")) }
        let shares = job.nodes.reduce(0) { $0 + $1.parts }
        if job.chunks.done != job.chunks.total || shares != job.chunks.total {
            let text = "\(job.chunks.done) parts done and \(shares) by nodes, of \(job.chunks.total)"
            found.append(Violation(.unbalanced, "\(actor) is complete with \(text)"))
        }
        let parts = (0..<PrimesPlan(job.request).runCount).map { "\($0)" }
        let missing = parts.filter { !books.performed.contains(Performance(actor: actor, part: $0)) }
        return found + missing.map { Violation(.ghost, "\(actor) has an answer to part \($0), which nobody has done") }
    }

    private func judge(failure job: PrimesStatus, _ id: WorkID, _ asked: EdgeLog.Sending) -> [Violation] {
        let reason = job.warnings.last ?? ""
        switch reason {
        case JobWarning.cancelled:
            let isAsked = log.sendings.contains { log.request(of: $0) == .cancel(id) }
            return isAsked ? [] : [Violation(.ghost, "job \(id) was cancelled, and nobody has asked for that")]
        case JobWarning.deadline:
            let early = asked.askedMs + limits.deadline.milliseconds - (job.completedAtMs ?? 0)
            return showsTime && early > 0 ? [Violation(.early, "job \(id) was too late \(early) ms before its deadline")] : []
        default:
            // A part that kills whoever has it in hand is given up.
            let actor = ActorName(PrimesJob.kind, of: id)
            let deaths = books.partDeaths.lazy.filter { $0.key.actor == actor }.map(\.value).max() ?? 0
            if reason.contains("nodes died"), deaths >= PartDeaths.limit { return [] }
            return [Violation(.unbalanced, "job \(id) has failed, with \(deaths) deaths at most for one part: \(reason)")]
        }
    }

    // MARK: What users were told

    private func cancellations() -> [Violation] {
        let told = log.answered { request, answer -> WorkID? in
            if case .cancel(let id) = request, answer == .cancelled { id } else { nil }
        }
        return told.compactMap { told in
            guard let job = books.jobs[told.value] else { return nil }
            if job.status == .failed, job.warnings.contains(JobWarning.cancelled) { return nil }
            return Violation(.unbalanced, "job \(told.value) took its cancellation and is \(job.status.rawValue) \(job.warnings)")
        }
    }

    /// Nobody asks about a job that was not accepted.
    private func missed() -> [Violation] {
        let told = log.answered { request, answer in answer == .notFound ? request.text : nil }
        return told.map { Violation(.stale, "\($0.value) was answered with no such job, which was accepted before") }
    }

    private func looks() -> [Violation] {
        let told = log.answered { request, answer -> PrimesStatus? in
            if case .status = request, case .status(let status) = answer { status } else { nil }
        }
        return Dictionary(grouping: told, by: \.value.jobId).sorted { $0.key < $1.key }.flatMap { id, looks in
            looks.compactMap { look in books.jobs[id].flatMap { judge(look, by: $0) } } + order(id, looks)
        }
    }

    /// What is over stays as it is.
    private func judge(_ look: Look, by end: PrimesStatus) -> Violation? {
        let status = look.value
        guard status.status.isTerminal else {
            guard status.version > end.version else { return nil }
            return Violation(.future, "job \(status.jobId) was at version \(status.version), and ended at \(end.version)")
        }
        let isSame = status.status == end.status && status.count == end.count && status.warnings == end.warnings
            && status.completedAtMs == end.completedAtMs
        guard !isSame else { return nil }
        let texts = [status, end].map { "\($0.status.rawValue) with \($0.count.map { "\($0)" } ?? "no result") \($0.warnings)" }
        return Violation(.twice, "job \(status.jobId) has ended as \(texts[0]), and as \(texts[1])")
    }

    /// Who asks later is not told less.
    private func order(_ id: WorkID, _ looks: [Look]) -> [Violation] {
        looks.enumerated().compactMap { place, look in
            let before = looks.prefix(place).filter { $0.at < look.sending.asked }.max { $0.value.version < $1.value.version }
            let now = look.value
            guard let then = before?.value, then.version > now.version || then.chunks.done > now.chunks.done else { return nil }
            let text = "version \(now.version) with \(now.chunks.done) parts, after \(then.version) with \(then.chunks.done)"
            return Violation(.stale, "job \(id) was told to be at \(text)")
        }
    }
}
