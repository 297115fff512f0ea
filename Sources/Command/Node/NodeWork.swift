import Choreography
import Items
import Jobs
import Logging
import Lookup
import Mesh
import Orders
import Primes
import Topology
import Truth
import World

/// The work that a node knows, and what of it the node itself does.
struct NodeWork: Sendable {
    /// The durable actors of all kinds of work. All nodes of a mesh know the same.
    static let actors: [any DurableActor.Type] = Choreography.orderActors + Choreography.itemActors + [LookupJob.self, PrimesJob.self]
    /// The kinds of those that begin work, under its id.
    static let beginnings = [Order.kind, LookupJob.kind, PrimesJob.kind, Delivery.kind]
    /// What these have workers do.
    static let kinds = [LookupJob.work, PrimesJob.work]

    /// What can be looked up, by value.
    let services: [LookupService]
    private let lookups: LookupCrew?
    private let primes: PrimesCrew?

    var workers: [any Worker] {
        let all: [(any Worker)?] = [lookups, primes]
        return all.compactMap { $0 }
    }

    /// - Throws: `software` when the choreographies of this program cannot be carried out; `ioError` when results cannot be kept.
    init(_ topology: Topology, _ node: TopologyNode, _ mesh: Node, _ log: Logger) throws(CommandFailure) {
        // A program whose choreographies cannot be carried out starts no node.
        do {
            _ = (try Choreography.orders(), try Choreography.items())
            _ = try Choreography("lookups", [LookupJob.self])
            _ = try Choreography("primes", [PrimesJob.self])
        } catch {
            throw CommandFailure(.software, "\(error)")
        }
        let world = mesh.world, roles = mesh.configuration.metadata.roles
        let lookup = LookupConfiguration(topology)
        let outside = OutsideHosts(world: world, figures: lookup.outside, addresses: lookup.addresses)
        let lookupWorkers = lookup.makeWorkers(through: outside, log: log)
        services = lookupWorkers.map(\.service).sorted { $0.value < $1.value }
        lookups = roles.contains(LookupJob.work.name) ? try Self.lookups(node, mesh, lookupWorkers, outside, lookup.cache, log) : nil
        let threads = min(PrimesCrew.threads(capacity: mesh.configuration.metadata.capacity), SystemWorld.processorCount)
        primes = roles.contains(PrimesJob.work.name) ? PrimesCrew(bench: PrimesWorkbench(world: world, parallelism: threads)) : nil
    }

    private static func lookups(
        _ node: TopologyNode, _ mesh: Node, _ workers: [any LookupWorker], _ outside: OutsideHosts, _ cache: LookupCacheSettings, _ log: Logger
    ) throws(CommandFailure) -> LookupCrew {
        for obstacle in workers.flatMap({ $0.obstacles(mesh.world) }) { log.warning("\(obstacle)") }
        do {
            let saved = try FileLookupResultStore(world: mesh.world, directory: node.dataDir + "/results")
            let bench = LookupBench(world: mesh.world, node: node.name, workers: workers, store: saved, cache: cache, log: log)
            return LookupCrew(bench: bench, outside: outside)
        } catch {
            throw CommandFailure(.ioError, "the results of lookups cannot be kept in \(error)")
        }
    }

    /// What the node's workers have done.
    var metrics: [MetricSample] {
        get async {
            var samples: [MetricSample] = []
            if let lookups { samples += await lookups.metrics }
            if let primes { samples += await primes.metrics }
            return samples
        }
    }
}
