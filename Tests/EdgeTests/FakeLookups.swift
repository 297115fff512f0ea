import Jobs
import Lookup
import Synchronization
import World

/// Lookup jobs in memory that do what the test says.
final class FakeLookups: JobGateway {
    struct State: Sendable {
        var jobs: [WorkID: LookupStatus] = [:]
        /// What becomes of every submission.
        var failure: JobGatewayError?
        /// What becomes of those for a target.
        var failures: [String: JobGatewayError] = [:]
        /// Those of whose jobs nobody hears.
        var silent: Set<String> = []
        /// What becomes of every question for a job.
        var silence: JobGatewayError?
    }

    let world = SystemWorld()
    let state = Mutex(State())

    func submit(_ request: LookupRequest, id: WorkID) async throws(JobGatewayError) {
        if let failure = state.withLock({ $0.failures[request.target.text] ?? $0.failure }) { throw failure }
        if state.withLock({ $0.silent.contains(request.target.text) }) {
            try? await world.sleep(for: .seconds(60))
            throw JobGatewayError(.unknown, "nobody has answered")
        }
        let status = LookupStatus(jobId: id, request: request, status: .pending, createdAtMs: 1_764_000_000_123)
        state.withLock { $0.jobs[id] = status }
    }

    func status(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(JobGatewayError) -> LookupStatus {
        if let failure = state.withLock({ $0.silence }) { throw failure }
        guard let status = state.withLock({ $0.jobs[id] }) else { throw JobGatewayError(.notFound, "no job \(id)") }
        // Whoever waits for news does not ask without end.
        if status.version == seen, patience > .zero { try? await world.sleep(for: .milliseconds(5)) }
        return status
    }

    func cancel(_ id: WorkID) async throws(JobGatewayError) {
        let status = try await status(id, seen: nil, patience: .zero)
        if status.status.isTerminal { throw JobGatewayError(.alreadyEnded, "job \(id) has ended") }
    }

    func change(_ id: WorkID, _ body: (inout LookupStatus) -> Void) {
        state.withLock { if $0.jobs[id] != nil { body(&$0.jobs[id]!) } }
    }
}
