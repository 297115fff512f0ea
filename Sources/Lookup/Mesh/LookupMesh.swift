import Jobs
import Mesh
import World

/// The mesh as the lookup room uses it: the only file that makes calls between nodes.
public struct LookupMesh: JobCrew, JobHomes {
    public typealias Machine = LookupJob
    public typealias Document = LookupStatus

    /// A worker ends every lookup by its own time-out. One that is silent for longer than that and the home's patience has lost
    /// the call.
    static let performPatience = LookupJob.silenceLimit * 2

    private let mesh: JobMesh

    public init(node: Node) { mesh = JobMesh(node: node, role: LookupJob.role) }

    /// Workers bound what they take themselves, so a home gives them no credits to count.
    public func views() -> AsyncStream<CrewView> { mesh.views { _ in 1 } }

    public func candidates(for id: WorkID) -> [NodeIdentity] { mesh.candidates(for: id) }

    public func isDead(_ identity: NodeIdentity) -> Bool { mesh.isDead(identity) }

    public func hasDied(_ node: NodeIdentity) -> Bool { mesh.hasDied(node) }

    // MARK: Calls

    public func perform(
        _ order: LookupOrder, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(JobCallFailure) -> LookupOutcome {
        try await mesh.call(min(patience, Self.performPatience)) {
            try await $0.singleton(LookupPerformer.self, on: node).perform(order, of: job)
        }
    }

    public func tell(_ note: JobNote<LookupStatus>, to node: NodeIdentity) async -> Bool {
        do throws(JobCallFailure) {
            try await mesh.call(JobMesh.notePatience) { try await $0.singleton(LookupHome.self, on: node).remember(note) }
            return true
        } catch {
            return false
        }
    }

    public func submit(
        _ request: LookupRequest, id: WorkID, to node: NodeIdentity
    ) async throws(JobCallFailure) -> LookupStatus {
        try await mesh.call(JobMesh.submitPatience) { try await $0.singleton(LookupHome.self, on: node).submit(request, id) }
    }

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration, on node: NodeIdentity
    ) async throws(JobCallFailure) -> JobAnswer<LookupStatus> {
        let query = JobQuery(id: id, seen: seen, patience: patience)
        return try await mesh.call(patience + JobMesh.answerPatience) {
            try await $0.singleton(LookupHome.self, on: node).status(query)
        }
    }

    public func cancel(_ id: WorkID, on node: NodeIdentity) async throws(JobCallFailure) -> LookupStatus {
        try await mesh.call(JobMesh.submitPatience) { try await $0.singleton(LookupHome.self, on: node).cancel(id) }
    }
}
