import Jobs
import World

extension PrimesJob {
    /// The job's document at this moment.
    public func document(now: Instant) -> PrimesStatus {
        let elapsed = max(.zero, (endedAt ?? now) - startedAt).milliseconds
        let inFlight = flights.count
        return PrimesStatus(
            jobId: id, request: request, status: documentPhase, createdAtMs: createdAtMs,
            completedAtMs: endedAt == nil ? nil : createdAtMs + elapsed,
            count: phase == .completed ? total : nil,
            chunks: .init(total: plan.partCount, done: doneCount, inFlight: inFlight, resent: resent),
            nodes: partsByNode.keys.sorted().map { .init(node: $0, parts: partsByNode[$0] ?? 0) },
            elapsedMs: elapsed, warnings: warnings, version: version)
    }

    private var documentPhase: JobPhase {
        switch phase {
        case .running: hasSent ? .processing : .pending
        case .completed: .completed
        case .failed: .failed
        }
    }

    private var warnings: [String] {
        switch phase {
        case .failed(let warning): [warning]
        case .running where seats.isEmpty: ["no node with the role primes is alive; the job waits for one"]
        case .running, .completed: []
        }
    }

    /// What holds after every change, checked in release builds too.
    func checkInvariants() {
        precondition(doneCount <= plan.partCount && nextPart <= plan.partCount, "more parts than there are")
        precondition(phase != .completed || doneCount == plan.partCount, "completed with parts missing")
        precondition(seats.allSatisfy { $0.inFlight >= 0 }, "a credit came back twice")
        precondition(phase == .running || (flights.isEmpty && waiting.isEmpty), "an ended job has nothing under way")
        precondition(waiting.count <= plan.partCount, "a part waits twice")
    }
}
