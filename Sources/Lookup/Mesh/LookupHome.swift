import Distributed
import Jobs
import Mesh
import World

/// The door to a node's ``JobDesk`` for lookups. One on every node with the role lookup.
public distributed actor LookupHome: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let desk: JobDesk<LookupJob>

    public init(actorSystem: MeshActorSystem, desk: JobDesk<LookupJob>) {
        self.actorSystem = actorSystem
        self.desk = desk
    }

    /// See ``JobDesk/submit(_:id:)``.
    public distributed func submit(_ request: LookupRequest, _ id: WorkID) async throws -> LookupStatus {
        try await desk.submit(request, id: id)
    }

    /// See ``JobDesk/status(_:seen:patience:)``.
    public distributed func status(_ query: JobQuery) async throws -> JobAnswer<LookupStatus> {
        await desk.status(query.id, seen: query.seen, patience: .milliseconds(max(0, query.patienceMs)))
    }

    /// See ``JobDesk/cancel(_:)``.
    public distributed func cancel(_ id: WorkID) async throws -> LookupStatus { try await desk.cancel(id) }

    /// See ``JobDesk/remember(_:)``.
    public distributed func remember(_ note: JobNote<LookupStatus>) async throws { await desk.remember(note) }
}

/// The door to a node's ``LookupBench``. One on every node with the role lookup.
public distributed actor LookupPerformer: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let bench: LookupBench

    public init(actorSystem: MeshActorSystem, bench: LookupBench) {
        self.actorSystem = actorSystem
        self.bench = bench
    }

    /// Looks up one service of this job. Cancelling the call ends the lookup.
    /// - Throws: `JobError`; a lookup that fails is an outcome, not an error.
    public distributed func perform(_ order: LookupOrder, of job: WorkID) async throws -> LookupOutcome {
        try await bench.perform(order: order, job: job)
    }
}
