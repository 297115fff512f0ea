import Mesh
import World

/// All that a node has of primes: its worker and home when it has the role, and the way to the jobs of the whole mesh.
///
/// Make it before the node starts, so that its actors can be called from the first moment, and keep it.
public final class PrimesService: Sendable {
    /// For edges and commands.
    public let gateway: PrimesClient

    private let worker: PrimesWorker?
    private let home: PrimesHome?

    /// The error types that must be in `NodeConfiguration.errors`.
    public static var errors: [any (Error & Codable & Sendable).Type] { [PrimesError.self] }

    /// - Parameters:
    ///   - processors: of this machine.
    public init(node: Node, processors: Int, limits: PrimesLimits = PrimesLimits()) {
        let mesh = PrimesMesh(node: node, processors: processors)
        let metadata = node.configuration.metadata
        if metadata.roles.contains(PrimesJob.role) {
            let threads = min(PrimesMesh.threads(capacity: metadata.capacity), max(1, processors))
            worker = PrimesWorker(actorSystem: node.system, parallelism: threads)
            home = PrimesHome(actorSystem: node.system, crew: mesh, limits: limits)
        } else {
            worker = nil
            home = nil
        }
        gateway = PrimesClient(world: node.world, homes: mesh, limits: limits)
    }

    /// Jobs whose home this node is and that have not ended: what a drained node waits for before it leaves.
    public func runningJobs() async -> Int {
        guard let home else { return 0 }
        return await home.whenLocal { await $0.runningJobs() } ?? 0
    }

    /// What this node has counted, and the jobs it is home of. Empty without the role.
    public func metrics() async -> [MetricSample] {
        guard let worker, let home else { return [] }
        let counting = await worker.whenLocal { await $0.metrics() } ?? []
        let jobs = await home.whenLocal { await $0.metrics() } ?? []
        return counting + jobs
    }
}
