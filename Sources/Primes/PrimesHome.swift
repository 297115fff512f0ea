import Distributed
import Mesh
import World

/// A question about a job.
public struct PrimesQuery: Codable, Hashable, Sendable {
    public let id: WorkID
    /// The version that the asker has; nil for an answer at once.
    public let seen: UInt64?
    /// How long the home may wait for a later one. At most 2,000.
    public let patienceMs: Int64

    public init(id: WorkID, seen: UInt64?, patience: Duration) {
        self.id = id
        self.seen = seen
        patienceMs = patience.milliseconds
    }
}

/// The door to a node's ``PrimesDesk``. One on every node with the role primes.
public distributed actor PrimesHome: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let desk: PrimesDesk

    public init(actorSystem: MeshActorSystem, desk: PrimesDesk) {
        self.actorSystem = actorSystem
        self.desk = desk
    }

    /// See ``PrimesDesk/submit(_:id:)``.
    public distributed func submit(_ request: PrimesRequest, _ id: WorkID) async throws -> PrimesStatus {
        try await desk.submit(request, id: id)
    }

    /// See ``PrimesDesk/status(_:seen:patience:)``.
    public distributed func status(_ query: PrimesQuery) async throws -> PrimesAnswer {
        await desk.status(query.id, seen: query.seen, patience: .milliseconds(max(0, query.patienceMs)))
    }

    /// See ``PrimesDesk/cancel(_:)``.
    public distributed func cancel(_ id: WorkID) async throws -> PrimesStatus { try await desk.cancel(id) }

    /// See ``PrimesDesk/remember(_:)``.
    public distributed func remember(_ note: PrimesNote) async throws { await desk.remember(note) }
}

extension PrimesDesk {
    var metrics: [MetricSample] {
        let totals = totals
        return [
            MetricSample(
                "gossamer_primes_jobs_running", .gauge, Double(runningCount), help: "Primes jobs whose home this node is."),
            MetricSample(
                "gossamer_primes_jobs_accepted_total", .counter, Double(totals.accepted), help: "Primes jobs accepted by this home."),
            MetricSample(
                "gossamer_primes_parts_resent_total", .counter, Double(totals.resent),
                help: "Parts that this home has sent once more, because a worker died or was silent."),
        ]
    }
}
