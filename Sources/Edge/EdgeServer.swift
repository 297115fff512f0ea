import Logging
import Truth
import Web
import World

/// The REST door of the mesh: one server, made of route groups.
///
/// The kinds of work add groups; this type knows none of them. Every `POST` takes an `Idempotency-Key`: see ``IdempotentRoutes``. While the
/// wall clock is off nothing is begun: see ``RightClockRoutes``. What a client may ask for in a minute is bounded on the routes that say
/// so: see ``EdgeLimiter``.
public final class EdgeServer: Sendable {
    /// Everything that is served.
    package let routes: [WebRoute]
    private let server: WebServer

    /// - Parameters:
    ///   - groups: what is offered, besides health and the OpenAPI document with its page.
    ///   - idempotency: the keys of requests; nil when this edge reaches no registers.
    ///   - limiter: bounds the requests of routes that have a rate; nil for no bounds.
    ///   - readiness: whether work can be done now.
    ///   - reason: why not all of it can, in ASCII; nil when there is no more to say.
    ///   - clockFault: how far the node's wall clock is off, such as "3 s ahead of the others'"; nil while it is right.
    ///   - version: the product's, for the OpenAPI document.
    public init(
        address: WebAddress, groups: [any RouteGroup], idempotency: IdempotencyKeys? = nil, limiter: EdgeLimiter? = nil,
        readiness: @escaping @Sendable () async -> Readiness, reason: @escaping @Sendable () -> String? = { nil },
        clockFault: @escaping @Sendable () -> String? = { nil }, version: String,
        world: any World, limits: WebLimits = WebLimits(), logger: Logger
    ) {
        let seeds = WorkIDGenerator(world, name: "idempotency.seeds")
        let offered: [any RouteGroup] =
            groups.map { group in
                let repeatable = IdempotentRoutes(group, keys: idempotency, seeds: seeds)
                return RightClockRoutes(LimitedRoutes(repeatable, limiter: limiter), fault: clockFault)
            }
            + [HealthRoutes(readiness: readiness, reason: reason)]
        let document = DocumentRoutes(version: version, describing: offered)
        routes = (offered + [document]).flatMap(\.routes)
        server = WebServer(
            name: "edge", address: address, routes: routes, world: world, limits: limits, logger: logger)
    }

    /// Listens; returns the port.
    /// - Throws: ``WebServerError``: `portInUse` names the address.
    @discardableResult
    public func start() async throws(WebServerError) -> Int { try await server.start() }

    /// Lets the requests under way end, streams included, and stops.
    public func stop() async { await server.stop() }
}
