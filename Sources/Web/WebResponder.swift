import HTTPTypes
import Hummingbird
import Logging
import World

/// Bounds of what a server takes from its clients.
public struct WebLimits: Sendable, Hashable {
    /// Bytes in a request's body. Default 1 MiB.
    public var body: Int
    /// From a request's head to the head of its answer; then 503. Default 10 s.
    public var requestDeadline: Duration
    /// A connection on which nothing comes for this long is closed. Default 75 s.
    public var idleTimeout: Duration
    /// How long a stop waits for the requests under way. Default 5 s.
    public var stopGrace: Duration
    /// Connections at a time; further ones wait until others close. Default 4,096.
    public var connections: Int

    public init(
        body: Int = 1 << 20, requestDeadline: Duration = .seconds(10), idleTimeout: Duration = .seconds(75),
        stopGrace: Duration = .seconds(5), connections: Int = 4_096
    ) {
        self.body = body
        self.requestDeadline = requestDeadline
        self.idleTimeout = idleTimeout
        self.stopGrace = stopGrace
        self.connections = connections
    }
}

/// Finds the route, bounds its time, and turns every error into a ``Problem``.
struct WebResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    private let router: RouterResponder<BasicRequestContext>
    private let world: any World
    private let limits: WebLimits
    private let logger: Logger

    init(routes: [WebRoute], transport: WebTransport, world: any World, limits: WebLimits, stopping: StopFlag, logger: Logger) {
        self.world = world
        self.limits = limits
        self.logger = logger
        let router = Router(options: [.caseInsensitive, .autoGenerateHeadEndpoints])
        router.add(middleware: FrameworkErrors())
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.handler(WebRequest(request, context, transport, limits, stopping))
            }
        }
        Self.refuseOtherMethods(of: routes, in: router)
        self.router = router.buildResponder()
    }

    /// The router answers 404 for a method that a path does not have; the client ought to learn which it has.
    private static func refuseOtherMethods(of routes: [WebRoute], in router: Router<BasicRequestContext>) {
        let methods: [HTTPRequest.Method] = [.get, .put, .post, .patch, .delete, .options]
        var seen: [String] = []
        for path in routes.map(\.path) where !seen.contains(path) {
            seen.append(path)
            let offered = methods.filter { method in routes.contains { $0.path == path && $0.method == method } }
            let allowed = offered.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }.joined(separator: ", ")
            for method in methods where !offered.contains(method) {
                router.on(RouterPath(path), method: method) { request, _ -> Response in
                    throw Problem(
                        status: 405, detail: "\(method.rawValue) is not offered here; \(allowed) is",
                        headers: [.init(name: .allow, value: allowed)])
                }
            }
        }
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        do {
            return try await withinDeadline { try await router.respond(to: request, context: context) }
        } catch let problem as Problem {
            return problem.response
        } catch {
            logger.error("a request failed: \(request.method.rawValue) \(request.uri.path): \(error)")
            return Problem(status: 500, detail: "the server has a fault; its log says more").response
        }
    }

    private func withinDeadline(_ body: @escaping @Sendable () async throws -> Response) async throws -> Response {
        try await withThrowingTaskGroup(of: Response.self) { group in
            group.addTask(operation: body)
            group.addTask { [world, limits] in
                try await world.sleep(for: limits.requestDeadline)
                throw Problem.unavailable(
                    "the request took longer than its deadline of \(limits.requestDeadline.milliseconds) ms", retryAfter: 1)
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }
}

/// Turns the framework's own errors into ours. A middleware, because the router would answer them itself.
private struct FrameworkErrors: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext, next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            throw Problem.notFound("there is nothing at \(request.uri.path)")
        } catch let error as HTTPError {
            throw Problem(status: error.status.code, detail: error.body ?? error.status.reasonPhrase)
        }
    }
}

extension WebRequest {
    init(
        _ request: Request, _ context: BasicRequestContext, _ transport: WebTransport, _ limits: WebLimits,
        _ stopping: StopFlag
    ) {
        method = request.method
        path = request.uri.path
        headers = request.headers
        authority = request.head.authority
        self.transport = transport
        parameters = Dictionary(
            context.parameters.map { (String($0.key), String($0.value).percentDecoded) }, uniquingKeysWith: { first, _ in first })
        query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        body = request.body
        bodyLimit = limits.body
        self.stopping = stopping
    }
}

extension String {
    /// The string with `%41` read as A. What is no escape stays as it is, and what is then no UTF-8 is mended.
    fileprivate var percentDecoded: String {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        let bytes = Array(utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
