import Synchronization
import World

/// Asks every edge for every job once more, when all work is over and all harm is undone.
///
/// A client believes the first edge that says how its job ended. Only this finds that another edge says otherwise, still waits, or
/// has forgotten the job.
final class Audit: Sendable {
    private let stage: any ChaosStage
    private let recorder: Recorder
    private let world: any World
    /// How long an edge may go on saying the same of a job that has not ended.
    private let patience: Duration
    private let running = Mutex(0)

    /// Jobs that are asked for at the same time at each edge.
    private static let workers = 8

    init(stage: any ChaosStage, recorder: Recorder, world: any World, patience: Duration) {
        self.stage = stage
        self.recorder = recorder
        self.world = world
        self.patience = patience
    }

    /// True when every edge has been asked for everything.
    var isOver: Bool { running.withLock { $0 == 0 } }

    /// Begins, and returns at once.
    /// - Parameter edges: those that run.
    func begin(_ jobs: [JobBoard.Entry], edges: [String]) {
        for edge in edges {
            let next = Counter()
            for _ in 0..<min(Self.workers, jobs.count) {
                running.withLock { $0 += 1 }
                world.spawn("chaos.audit") { [self] in
                    var process = recorder.nextProcess()
                    while !Task.isCancelled, let job = next.element(of: jobs) {
                        if await ask(job, at: edge, process) == .unknown { process = recorder.nextProcess() }
                    }
                    running.withLock { $0 -= 1 }
                }
            }
        }
    }

    /// Shared by the workers of one edge.
    private final class Counter: Sendable {
        private let taken = Mutex(0)

        func element(of jobs: [JobBoard.Entry]) -> JobBoard.Entry? {
            taken.withLock { taken in
                defer { taken += 1 }
                return taken < jobs.count ? jobs[taken] : nil
            }
        }
    }

    /// Until the edge says how the job ended, or that it has none, or has said nothing new for too long.
    private func ask(_ job: JobBoard.Entry, at edge: String, _ process: Int) async -> HistoryRecord.Outcome {
        var last: JobReading?, since = world.now
        while true {
            let call = recorder.now
            let answer = await stage.ask(StageQuestion(edge, .edge, .get, "/api/\(job.kind)/\(job.jobId)"))
            let reading = answer.document.flatMap { JobReading(document: $0) }
            if let reading, reading != last { (last, since) = (reading, world.now) }
            let outcome: HistoryRecord.Outcome? = if let reading {
                reading.isOver || world.now - since > patience ? .ok : nil
            } else if case .answered(404, _, _) = answer {
                .failed
            } else {
                world.now - since > patience ? .unknown : nil
            }
            if let outcome {
                recorder.record(
                    .client, .audit(jobId: job.jobId, reading), process: process, call: call, outcome: outcome, via: edge,
                    detail: reading == nil ? answer.complaint : "")
                return outcome
            }
            // Cut short: whoever judges sees that the run did not settle.
            guard (try? await world.sleep(for: Client.beat)) != nil else { return .ok }
        }
    }
}
