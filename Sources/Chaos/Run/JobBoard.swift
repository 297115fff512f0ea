import Synchronization
import World

/// What is known of the jobs of a run right now: clients write it, the director's conditions and targets read it.
package final class JobBoard: Sendable {
    package struct Entry: Sendable {
        let process: Int
        /// `primes`, `lookup` or `orders`.
        let kind: String
        let jobId: String
        var reading: JobReading?

        var isOver: Bool { reading?.isOver ?? false }
        /// Whether it is scattered over workers, and listed as a job.
        var isScattered: Bool { kind != Submission.orders }
    }

    private struct State {
        var entries: [Entry] = []
        var more: [Audit.Question] = []
        var doubtful: [Audit.Question] = []
        var nextOrder = 1
        /// Tasks that may still submit jobs.
        var submitters = 0
        var lastMove = Instant.zero
        var harms = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// A number that no order has had.
    func nextOrder() -> Int {
        state.withLock { state in
            defer { state.nextOrder += 1 }
            return state.nextOrder
        }
    }

    func submitterBegins() { state.withLock { $0.submitters += 1 } }

    func submitterEnds(at now: Instant) {
        state.withLock { state in
            state.submitters -= 1
            state.lastMove = now
        }
    }

    func accept(_ entry: Entry, at now: Instant) {
        state.withLock { state in
            state.entries.append(entry)
            state.lastMove = now
        }
    }

    func read(_ process: Int, _ reading: JobReading, at now: Instant) {
        state.withLock { state in
            guard let index = state.entries.lastIndex(where: { $0.process == process }) else { return }
            state.entries[index].reading = reading
            state.lastMove = now
        }
    }

    /// Notes what else the edges are asked in the end.
    func note(_ question: Audit.Question) { state.withLock { $0.more.append(question) } }

    /// How often harm has been done: what a client reads after each is written down even when it is nothing new.
    var harms: Int { state.withLock { $0.harms } }

    /// Notes that harm has been done and written down.
    package func noteHarm() { state.withLock { $0.harms += 1 } }

    /// Notes an addition of which nobody knows whether it counts.
    func noteDoubt(of ids: [String], _ tenant: String) { state.withLock { $0.doubtful.append(.addition(tenant, ids)) } }

    /// What is added again when all work is over.
    var doubtfulAdditions: [Audit.Question] { state.withLock { $0.doubtful } }

    /// What every edge is asked in the end.
    var questions: [Audit.Question] { state.withLock { state in state.entries.map(Audit.Question.job) + state.more } }

    /// In the order of acceptance.
    var entries: [Entry] { state.withLock { $0.entries } }
    /// Jobs that have not ended, without orders.
    var openJobs: [Entry] { entries.filter { !$0.isOver && $0.isScattered } }
    var lastMove: Instant { state.withLock { $0.lastMove } }
    /// True when no job will be added and none runs.
    var isOver: Bool { state.withLock { $0.submitters == 0 && $0.entries.allSatisfy(\.isOver) } }
    var isAccepting: Bool { state.withLock { $0.submitters > 0 } }

    /// True when some job is like that.
    func satisfies(_ condition: Condition) -> Bool {
        entries.contains { entry in
            let isAsWanted = switch condition.job {
            case nil, .accepted?: true
            case .running?: !entry.isOver && entry.reading != nil
            case .ended?: entry.isOver
            }
            return isAsWanted && (condition.done?.holds(entry.reading?.done ?? 0) ?? true)
                && (condition.resent?.holds(entry.reading?.resent ?? 0) ?? true)
        }
    }
}
