import Jobs
import Logging
import Mesh
import World

/// All that a node has of lookups: its workers and home when it has the role, and the way to the jobs of the whole mesh.
///
/// Make it before the node starts, so that its actors can be called from the first moment, and keep it.
public final class LookupStation: Sendable {
    /// For edges and commands.
    public let gateway: any JobGateway<LookupStatus>
    /// What can be asked for.
    public let services: [LookupService]

    /// What a node with the role has. The doors are kept so that they live; those behind them are asked directly, for nothing
    /// here crosses a node's border.
    private struct Performing {
        let bench: LookupBench
        let desk: JobDesk<LookupJob>
        let performer: LookupPerformer
        let home: LookupHome
    }

    private let performing: Performing?

    /// The error types that must be in `NodeConfiguration.errors`.
    public static var errors: [any (Error & Codable & Sendable).Type] { [JobError.self] }

    /// - Parameters:
    ///   - workers: one for each service. All nodes of a mesh should have the same.
    ///   - results: where outcomes are saved before they are announced.
    ///   - registry: where the node's jobs of all kinds are listed.
    ///   - log: is told at once what will keep a worker from working.
    public init(
        node: Node, workers: [any LookupWorker], results: any LookupResultStore, limits: JobLimits = LookupRequest.defaultLimits,
        registry: JobRegistry = JobRegistry(), log: Logger = Logger(label: "lookup")
    ) {
        services = workers.map(\.service).sorted { $0.value < $1.value }
        let mesh = LookupMesh(node: node)
        if node.configuration.metadata.roles.contains(LookupJob.role) {
            for obstacle in workers.flatMap({ $0.obstacles(node.world) }) { log.warning("\(obstacle)") }
            let bench = LookupBench(world: node.world, node: node.identity.name, workers: workers, store: results, log: log)
            let desk = JobDesk<LookupJob>(world: node.world, crew: mesh, identity: node.identity, limits: limits)
            registry.add(desk)
            performing = Performing(
                bench: bench, desk: desk, performer: LookupPerformer(actorSystem: node.system, bench: bench),
                home: LookupHome(actorSystem: node.system, desk: desk))
        } else {
            performing = nil
        }
        gateway = JobClient(world: node.world, homes: mesh, role: LookupJob.role)
    }

    /// Jobs whose home this node is and that have not ended, or of whose end nobody else knows yet: what a drained node waits for
    /// before it leaves.
    public func unfinishedJobs() async -> Int {
        guard let performing else { return 0 }
        return await performing.desk.unfinishedCount
    }

    /// What this node has looked up, and the jobs it is home of. Empty without the role.
    public func metrics() async -> [MetricSample] {
        guard let performing else { return [] }
        return await performing.bench.metrics + performing.desk.metrics
    }
}
