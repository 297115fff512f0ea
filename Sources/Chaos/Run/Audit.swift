import JSONDocument
import Synchronization
import World

/// Asks every edge for everything once more, when all work is over and all harm is undone.
///
/// A client believes the first edge that says how its job ended. Only this finds that another edge says otherwise, still waits, or
/// has forgotten the job; and what orders have left of money and stock, and how many items count.
package final class Audit: Sendable {
    package enum Question: Sendable {
        case job(JobBoard.Entry)
        case holding(Holding)
        /// How many items it has.
        case tenant(String)
        /// What comes before: ids of a tenant of which nobody knows whether they count are added again, and then they do.
        case addition(String, [String])
    }

    private let stage: any ChaosStage
    private let recorder: Recorder
    private let world: any World
    /// How long an edge may go on saying the same of what has not come to rest.
    private let patience: Duration
    private let running = Mutex(0)

    /// Questions that each edge is asked at the same time.
    private static let workers = 8

    package init(stage: any ChaosStage, recorder: Recorder, world: any World, patience: Duration) {
        self.stage = stage
        self.recorder = recorder
        self.world = world
        self.patience = patience
    }

    /// True when every edge has been asked everything.
    package var isOver: Bool { running.withLock { $0 == 0 } }

    /// Begins to add again what is doubtful, each at one edge after the other, and returns at once.
    package func settle(_ additions: [Question], edges: [String]) {
        guard !edges.isEmpty else { return }
        begin(additions, at: edges)
    }

    /// Begins, and returns at once.
    /// - Parameter edges: those that run.
    package func begin(_ questions: [Question], edges: [String]) {
        for edge in edges { begin(questions, at: [edge]) }
    }

    /// - Parameter edges: those that may answer.
    private func begin(_ questions: [Question], at edges: [String]) {
        let next = Counter()
        for _ in 0..<min(Self.workers, questions.count) {
            running.withLock { $0 += 1 }
            world.spawn("chaos.audit") { [self] in
                var process = recorder.nextProcess()
                while !Task.isCancelled, let question = next.element(of: questions) {
                    if await ask(question, at: edges, process) == .unknown { process = recorder.nextProcess() }
                }
                running.withLock { $0 -= 1 }
            }
        }
    }

    /// Shared by the workers of one edge.
    private final class Counter: Sendable {
        private let taken = Mutex(0)

        func element(of questions: [Question]) -> Question? {
            taken.withLock { taken in
                defer { taken += 1 }
                return taken < questions.count ? questions[taken] : nil
            }
        }
    }

    private func ask(_ question: Question, at edges: [String], _ process: Int) async -> HistoryRecord.Outcome {
        let edge = edges[0]
        switch question {
        case .addition(let tenant, let ids): return await add(ids, to: tenant, at: edges, process)
        case .job(let job):
            return await ask(
                "/api/\(job.kind)/\(job.jobId)", at: edge, process, read: { JobReading(document: $0) }, isFinal: \.isOver,
                event: { .audit(jobId: job.jobId, $0) })
        case .holding(let holding):
            // What an order has spent is held until that is written, which is after the order has ended.
            return await ask(
                "/api/\(holding.path)", at: edge, process, read: { HoldingReading($0, of: holding.kind) }, isFinal: { $0.held == 0 },
                event: { .get(holding, $0) })
        case .tenant(let tenant):
            return await ask(
                ItemHammer.path(of: tenant), at: edge, process, read: { $0["count"]?.integer(Int.self) }, isFinal: { _ in true },
                event: { .total(tenant: tenant, $0) })
        }
    }

    /// Until an edge has acknowledged the ids, or for as long as an edge may be silent. Written down once: attempts before the last add
    /// the same ids, if any.
    private func add(_ ids: [String], to tenant: String, at edges: [String], _ process: Int) async -> HistoryRecord.Outcome {
        let call = recorder.now, deadline = world.now + patience
        var turn = 0
        while true {
            let edge = edges[turn % edges.count]
            turn += 1
            let answer = await stage.ask(ItemHammer.addition(of: ids, to: tenant, at: edge))
            let isAdded = if case .answered(200, _, _) = answer { true } else { false }
            if isAdded || world.now > deadline {
                let outcome: HistoryRecord.Outcome = isAdded ? .ok : .unknown
                recorder.record(
                    .client, .settle(tenant: tenant, ids: ids), process: process, call: call, outcome: outcome, via: edge,
                    detail: isAdded ? "" : answer.complaint)
                return outcome
            }
            guard (try? await world.sleep(for: Client.beat)) != nil else { return .unknown }
        }
    }

    /// Until the edge has a document that stays as it is, or says that it has none, or has said nothing new for too long.
    private func ask<Reading: Equatable & Sendable>(
        _ path: String, at edge: String, _ process: Int, read: (JSON) -> Reading?, isFinal: (Reading) -> Bool,
        event: (Reading?) -> HistoryEvent
    ) async -> HistoryRecord.Outcome {
        var last: Reading?, since = world.now
        while true {
            let call = recorder.now
            let answer = await stage.ask(StageQuestion(edge, .edge, .get, path))
            let reading = answer.document.flatMap(read)
            if let reading, reading != last { (last, since) = (reading, world.now) }
            let outcome: HistoryRecord.Outcome? = if let reading {
                isFinal(reading) || world.now - since > patience ? .ok : nil
            } else if case .answered(404, _, _) = answer {
                .failed
            } else {
                world.now - since > patience ? .unknown : nil
            }
            if let outcome {
                recorder.record(
                    .client, event(reading), process: process, call: call, outcome: outcome, via: edge,
                    detail: reading == nil ? answer.complaint : "")
                return outcome
            }
            // Cut short: whoever judges sees that the run did not settle.
            guard (try? await world.sleep(for: Client.beat)) != nil else { return .ok }
        }
    }
}
