import Choreography
import Jobs
import Logging
import Mesh
import Web
import World

/// The admin port of a node: the same routes at an address of the network and through a Unix socket in the node's data
/// directory. Who can open the socket (the user of the process) may change the node; over the network only a bearer token
/// may, when one is set.
public final class AdminServer: Sendable {
    private let network: WebServer?
    private let socket: WebServer
    private let feed: LiveFeed

    /// - Parameters:
    ///   - address: where to listen besides the socket; nil for the socket alone.
    ///   - socketPath: the socket, commonly `<dataDir>/admin.sock`; made anew, with mode 0600.
    ///   - token: lets its bearer change the node over the network; nil for nobody.
    ///   - faults: the fault filter, of a node that was started with `--chaos`.
    ///   - jobs: who gathers the jobs of the mesh, for `/jobs` and the page.
    ///   - truth: the registers, for `/kv` and `/stores`.
    ///   - work: durable work, for `/traces`, `/sagas` and `/dead-letters`.
    ///   - readers: live pages that may be open on this node at a time; a further one is refused.
    ///   - metrics: what the node's work has to tell, besides the node's own.
    public init(
        address: WebAddress?, socketPath: String, token: String? = nil, node: any NodeInspection, control: any NodeControl,
        faults: (any FaultControl)? = nil, jobs: (any JobOverview)? = nil, truth: (any TruthInspection)? = nil, work: (any WorkInspection)? = nil,
        readers: Int = 64,
        metrics: @escaping @Sendable () async -> [MetricSample] = { [] }, world: any World, limits: WebLimits = WebLimits(),
        logger: Logger
    ) {
        feed = LiveFeed(node: node, jobs: jobs, world: world, readers: readers)
        let permission = ChangePermission(token: token, socketPath: socketPath)
        let groups: [any RouteGroup] = [
            MemberRoutes(node: node), RingRoutes(node: node), MetricsRoutes(node: node, more: metrics),
            HealthRoutes(
                readiness: { truth?.readiness(of: node.readiness()) ?? node.readiness() },
                reason: { truth?.reason(of: node.reason) ?? node.reason }),
            ChangeRoutes(control: control, permission: permission),
            FaultRoutes(faults: faults, socketPath: socketPath), JobRoutes(jobs: jobs), LiveRoutes(feed: feed, world: world),
            StoreRoutes(truth: truth), StoreChangeRoutes(truth: truth, permission: permission),
            ValueRoutes(truth: truth, permission: permission, ids: WorkIDGenerator(world, name: "admin-operations")),
            TraceRoutes(work: work, world: world), SagaRoutes(work: work, world: world),
            DeadLetterRoutes(work: work, permission: permission, world: world, ids: WorkIDGenerator(world, name: "admin-redrives")),
        ]
        let offered = groups.flatMap(\.routes)
        let routes = offered + PageRoutes(offered: offered, node: node).routes
        network = address.map {
            WebServer(name: "admin", address: $0, routes: routes, world: world, limits: limits, logger: logger)
        }
        socket = WebServer(
            name: "admin-socket", address: .unixSocket(path: socketPath), routes: routes, world: world, limits: limits,
            logger: logger)
    }

    /// Listens at both. Returns the port on the network; 0 without one.
    /// - Throws: ``WebServerError``; then neither listens.
    @discardableResult
    public func start() async throws(WebServerError) -> Int {
        let port = try await network?.start() ?? 0
        do throws(WebServerError) {
            try await socket.start()
        } catch {
            await network?.stop()
            throw error
        }
        return port
    }

    public func stop() async {
        await feed.end()
        await network?.stop()
        await socket.stop()
    }
}
