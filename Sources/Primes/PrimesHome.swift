import Distributed
import Jobs
import Mesh
import World

/// The door to a node's ``JobDesk`` for primes. One on every node with the role primes.
public distributed actor PrimesHome: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let desk: JobDesk<PrimesJob>

    public init(actorSystem: MeshActorSystem, desk: JobDesk<PrimesJob>) {
        self.actorSystem = actorSystem
        self.desk = desk
    }

    /// See ``JobDesk/submit(_:id:)``.
    public distributed func submit(_ request: PrimesRequest, _ id: WorkID) async throws -> PrimesStatus {
        try await desk.submit(request, id: id)
    }

    /// See ``JobDesk/status(_:seen:patience:)``.
    public distributed func status(_ query: JobQuery) async throws -> JobAnswer<PrimesStatus> {
        await desk.status(query.id, seen: query.seen, patience: .milliseconds(max(0, query.patienceMs)))
    }

    /// See ``JobDesk/cancel(_:)``.
    public distributed func cancel(_ id: WorkID) async throws -> PrimesStatus { try await desk.cancel(id) }

    /// See ``JobDesk/remember(_:)``.
    public distributed func remember(_ note: JobNote<PrimesStatus>) async throws { await desk.remember(note) }
}
