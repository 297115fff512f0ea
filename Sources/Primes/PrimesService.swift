import Jobs
import Mesh
import World

/// All that a node has of primes: its worker and home when it has the role, and the way to the jobs of the whole mesh.
///
/// Make it before the node starts, so that its actors can be called from the first moment, and keep it.
public final class PrimesService: Sendable {
    /// For edges and commands.
    public let gateway: any JobGateway<PrimesStatus>
    /// What a job may ask of this mesh.
    public let limits: JobLimits
    private let mesh: PrimesMesh

    /// What a node with the role has. The doors are kept so that they live; those behind them are asked directly, for nothing
    /// here crosses a node's border.
    private struct Counting {
        let bench: PrimesWorkbench
        let desk: JobDesk<PrimesJob>
        let worker: PrimesWorker
        let home: PrimesHome
    }

    private let counting: Counting?

    /// The error types that must be in `NodeConfiguration.errors`.
    public static var errors: [any (Error & Codable & Sendable).Type] { [JobError.self] }

    /// - Parameters:
    ///   - processors: of this machine.
    ///   - registry: where the node's jobs of all kinds are listed.
    public init(
        node: Node, processors: Int, limits: JobLimits = PrimesRequest.defaultLimits, registry: JobRegistry = JobRegistry()
    ) {
        let mesh = PrimesMesh(node: node, processors: processors)
        self.mesh = mesh
        self.limits = limits
        let metadata = node.configuration.metadata
        if metadata.roles.contains(PrimesJob.role) {
            let threads = min(PrimesMesh.threads(capacity: metadata.capacity), max(1, processors))
            let bench = PrimesWorkbench(world: node.world, parallelism: threads)
            let desk = JobDesk<PrimesJob>(world: node.world, crew: mesh, identity: node.identity, limits: limits)
            registry.add(desk)
            counting = Counting(
                bench: bench, desk: desk, worker: PrimesWorker(actorSystem: node.system, bench: bench),
                home: PrimesHome(actorSystem: node.system, desk: desk))
        } else {
            counting = nil
        }
        gateway = JobClient(world: node.world, homes: mesh, role: PrimesJob.role)
    }

    /// Processors of the mesh that count at the same time, for the estimate.
    public func workers() -> Int { mesh.workers() }

    /// Jobs whose home this node is and that have not ended, or of whose end nobody else knows yet: what a drained node waits for
    /// before it leaves.
    public func unfinishedJobs() async -> Int {
        guard let counting else { return 0 }
        return await counting.desk.unfinishedCount
    }

    /// What this node has counted, and the jobs it is home of. Empty without the role.
    public func metrics() async -> [MetricSample] {
        guard let counting else { return [] }
        return await counting.bench.metrics + counting.desk.metrics
    }
}
