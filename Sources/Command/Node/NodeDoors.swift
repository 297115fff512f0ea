import Admin
import Choreography
import Edge
import Glibc
import Items
import Jobs
import Limits
import Logging
import Lookup
import Mesh
import Orders
import Primes
import Registers
import Topology
import Truth
import Web
import World

/// A node's work, and its doors to the outside: the edge for clients, the admin port and its socket for operators.
struct NodeDoors {
    private let mesh: Node
    private let edge: EdgeServer?
    private let admin: AdminServer
    private let truth: TruthService
    /// Kept so that its door lives, on a node that is no edge too.
    private let limits: MeshLimits

    /// Starts nothing yet. The node's actors exist from now on, so that they can be called from its first moment.
    /// - Parameter store: the node's own, as ``openStore(of:_:_:)`` gives it.
    /// - Throws: `ioError` when the token's file cannot be read, or what the node knows of the mesh is damaged.
    init(
        topology: Topology, node: TopologyNode, mesh: Node, store: (any RegisterStore)?, log: Logger, requests: EndRequests
    ) throws(CommandFailure) {
        self.mesh = mesh
        let work = try NodeWork(topology, node, mesh, log)
        let truth = try Self.truth(topology, node, mesh, store, work, log)
        self.truth = truth
        let limits = MeshLimits(node: mesh)
        self.limits = limits
        let limiter = node.edge.map { _ in EdgeLimiter(LimitSettings(topology.limits), keeper: limits, world: mesh.world) }
        let profile = LookupProfile(topology.lookup), jobs = NodeJobs(topology, mesh, truth), orders = OrderDesk(actors: truth.actors)
        edge = node.edge.map { endpoint in
            EdgeServer(
                address: .tcp(host: endpoint.host, port: endpoint.port),
                groups: [
                    PrimesRoutes(gateway: jobs.primes, limits: jobs.primesLimits, workers: jobs.counters, world: mesh.world),
                    LookupRoutes(
                        gateway: jobs.lookups, services: work.services, profile: profile, world: mesh.world, points: jobs.vantagePoints),
                    LookupBatchRoutes(gateway: jobs.lookups, services: work.services, world: mesh.world, points: jobs.vantagePoints),
                    OrderRoutes(gateway: orders, world: mesh.world),
                    ItemRoutes(gateway: ItemDesk(engine: truth.engine, world: mesh.world), world: mesh.world),
                    ValueRoutes(values: truth.values, world: mesh.world),
                    JobListRoutes(catalogue: jobs.catalogue),
                    JobEventsRoutes(
                        sources: [
                            JobEvents(gateway: jobs.primes), JobEvents(gateway: jobs.lookups, services: work.services, profile: profile),
                            OrderEvents(gateway: orders),
                        ], world: mesh.world),
                ],
                idempotency: truth.idempotency, limiter: limiter,
                readiness: { truth.readiness(of: mesh.readiness()) }, reason: { truth.reason(of: mesh.reason) },
                clockFault: { mesh.clockFault },
                version: Release.version, world: mesh.world, logger: log)
        }
        admin = AdminServer(
            address: node.admin.map { .tcp(host: $0.host, port: $0.port) }, socketPath: NodeFiles(node).socket,
            token: try topology.adminToken(mesh.world.files), node: mesh, control: RequestedEnd(requests: requests),
            faults: mesh.configuration.allowsFaults ? mesh : nil, jobs: jobs.catalogue, truth: truth,
            work: truth.work(begunBy: NodeWork.beginnings),
            metrics: { await work.metrics + jobs.metrics + truth.metrics() + limits.metrics + (limiter?.metrics ?? []) },
            world: mesh.world, logger: log)
    }

    /// How long the life before this one, in the same process, may hold the store.
    private static let handover = Duration.seconds(10)

    /// Opens the node's own store; nil when it has not the role.
    /// - Throws: `ioError` with the file and what to do.
    static func openStore(
        of node: TopologyNode, _ world: any World, _ log: Logger
    ) async throws(CommandFailure) -> (any RegisterStore)? {
        guard node.roles.contains(TruthService.role) else { return nil }
        let path = NodeFiles(node).registers, deadline = world.now + handover
        while true {
            do throws(StoreOpenError) {
                return try SQLiteStore.open(path: path, random: world.random("store-id")) { damage in
                    log.critical("\(damage)")
                    // Nothing may run after this, no handler either.
                    _exit(ExitStatus.ioError.rawValue)
                }
            } catch {
                guard error.code == .locked, world.now < deadline, (try? await world.sleep(for: .milliseconds(20))) != nil else {
                    throw CommandFailure(.ioError, "node \(node.name): \(error)")
                }
            }
        }
    }

    /// The registers, with the node's own store when it has the role, and what is done about them.
    private static func truth(
        _ topology: Topology, _ node: TopologyNode, _ mesh: Node, _ store: (any RegisterStore)?, _ work: NodeWork, _ log: Logger
    ) throws(CommandFailure) -> TruthService {
        let stores = topology.nodes.filter { $0.roles.contains(TruthService.role) }
        let listed = stores.map { StoreListing(name: $0.name, capacity: $0.capacity, zone: $0.zone) }
        do {
            let own = store == nil ? nil : try FileResults(world: mesh.world, dataDirectory: node.dataDir, log: log)
            return try TruthService(
                node: mesh, store: store, listed: listed, actors: NodeWork.actors, kinds: NodeWork.kinds, workers: work.workers,
                results: MeshResults(node: mesh, own: own), log: log)
        } catch {
            throw CommandFailure(.ioError, "node \(node.name): \(error)")
        }
    }

    /// Starts the node, then opens the doors.
    /// - Throws: `unavailable` when an address cannot be had; then nothing stays open.
    func open() async throws(CommandFailure) {
        do {
            try await mesh.start()
            truth.start()
            try await admin.start()
            try await edge?.start()
        } catch let error as WebServerError {
            await close()
            throw CommandFailure(.unavailable, "node \(mesh.identity.name): \(error)")
        } catch {
            await close()
            throw CommandFailure(error)
        }
    }

    /// Parts of work for which this node should stay.
    func partsInHand() async -> Int { await truth.partsInHand }

    func closeEdge() async { await edge?.stop() }

    func close() async {
        await edge?.stop()
        await admin.stop()
        await truth.stop()
    }
}

/// The admin port's wishes, which the process fulfils.
private struct RequestedEnd: NodeControl {
    let requests: EndRequests
    func requestLeave() async { requests.request(.leave(reason: "its admin port was asked to")) }
    func requestDrain() async { requests.request(.drain) }
}
