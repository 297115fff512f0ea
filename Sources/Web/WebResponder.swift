import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import World

/// What travels with a request through the framework.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set while the request's body is awaited.
    let isBodyAwaited = Flag()
    let answerFields = AnswerFields()
    let turn: RequestTurn

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        turn = RequestTurn(source.channel)
    }
}

/// Finds the route, bounds its time, and turns every error into a ``Problem``.
struct WebResponder: HTTPResponder {
    typealias Context = WebContext

    private let router: RouterResponder<WebContext>
    private let world: any World
    private let limits: WebLimits
    private let logger: Logger

    init(routes: [WebRoute], transport: WebTransport, world: any World, limits: WebLimits, stopping: Flag, logger: Logger) {
        self.world = world
        self.limits = limits
        self.logger = logger
        let router = Router(context: WebContext.self, options: [.caseInsensitive, .autoGenerateHeadEndpoints])
        router.add(middleware: FrameworkErrors())
        for route in routes {
            let greedy = WebRoute.Greedy(route.path)
            router.on(RouterPath(route.pattern), method: route.method) { request, context in
                try await route.handler(WebRequest(request, context, greedy, transport, begun: world.now, limits, stopping))
            }
        }
        Self.refuseOtherMethods(of: routes, in: router)
        self.router = router.buildResponder()
    }

    /// Those that routes may have, and one that none has: see ``routed(_:)``.
    private static let methods: [HTTPRequest.Method] = [.get, .head, .put, .post, .patch, .delete, .trace, .connect]

    /// The router answers 404 for a method that a path does not have; the client ought to learn which it has.
    private static func refuseOtherMethods(of routes: [WebRoute], in router: Router<WebContext>) {
        var seen: [String] = []
        for path in routes.map(\.pattern) where !seen.contains(path) {
            seen.append(path)
            let own = routes.filter { $0.pattern == path }, refusal = own.first?.refusal ?? .problem
            let offered = methods.filter { method in own.contains { $0.method == method } }
            let names = offered.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] } + ["OPTIONS"]
            let hasOptions = own.contains { $0.method == .options }
            let allowed = names.joined(separator: ", ")
            // The router answers HEAD where there is GET.
            for method in methods where !offered.contains(method) && !(method == .head && offered.contains(.get)) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    if refusal == .emptyBody { return Response(status: .methodNotAllowed, headers: [.allow: allowed]) }
                    throw MethodRefused(allowed: allowed)
                }
            }
            if hasOptions { continue }
            router.on(RouterPath(path), method: .options) { _, _ in Response(status: .noContent, headers: [.allow: allowed]) }
        }
    }

    /// The request as the router knows it, which has never heard of most methods and would say that the path is nowhere. So they go as one
    /// that no route has.
    private static func routed(_ request: Request) -> Request {
        guard request.method != .options, !methods.contains(request.method) else { return request }
        var head = request.head
        head.method = .trace
        return Request(head: head, body: request.body)
    }

    func respond(to request: Request, context: WebContext) async throws -> Response {
        if let host = request.head.authority, !Authority.isValid(host) {
            // RFC 9112, 3.2. Answers that name this server would carry it on.
            return Problem(status: 400, detail: "the Host \"\(host.prefix(100))\" is no host with a port or without").response
        }
        var response = await answer(request, context)
        context.answerFields.add(to: &response)
        return response
    }

    private func answer(_ request: Request, _ context: WebContext) async -> Response {
        do {
            let routed = Self.routed(request)
            return try await withinDeadline(context) { try await router.respond(to: routed, context: context) }
        } catch let problem as Problem {
            return problem.response
        } catch let fault as HTTPParserError {
            return Problem(status: 400, detail: "the body is no HTTP: \(fault)").response
        } catch let refused as MethodRefused {
            return Problem(
                status: 405, detail: "\(request.method.rawValue) is not offered here; \(refused.allowed) is",
                headers: [.init(name: .allow, value: refused.allowed)]).response
        } catch {
            logger.error("a request failed: \(request.method.rawValue) \(request.uri.path): \(error)")
            return Problem(status: 500, detail: "the server has a fault; its log says more").response
        }
    }

    /// Returns when the request's time is over, while it has waited for its turn not counted.
    private func deadline(of context: WebContext) async throws {
        let begun = world.now
        var waited = Duration.zero, last: Duration
        repeat {
            last = waited
            try await world.sleep(until: begun + limits.requestDeadline + last)
            waited = context.turn.waited(world.now)
        } while waited > last
    }

    private func withinDeadline(
        _ context: WebContext, _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Response.self) { group in
            group.addTask(operation: body)
            group.addTask { [self] in
                try await deadline(of: context)
                let limit = "\(limits.requestDeadline.milliseconds) ms"
                if context.isBodyAwaited.isSet {
                    throw Problem(status: 408, detail: "the body has not come whole within \(limit)")
                }
                throw Problem.unavailable(
                    "the request took longer than its deadline of \(limit)", retryAfter: 1)
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }
}

/// A path that has other methods.
private struct MethodRefused: Error { let allowed: String }

/// Turns the framework's own errors into ours. A middleware, because the router would answer them itself.
private struct FrameworkErrors: RouterMiddleware {
    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
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
        _ request: Request, _ context: WebContext, _ greedy: WebRoute.Greedy?, _ transport: WebTransport, begun: Instant,
        _ limits: WebLimits, _ stopping: Flag
    ) {
        method = request.method
        path = request.uri.path
        target = request.uri.path + (request.uri.query.map { "?\($0)" } ?? "")
        self.begun = begun
        ids = nil
        headers = request.headers
        authority = request.head.authority
        self.transport = transport
        var parameters = Dictionary(
            context.parameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { first, _ in first })
        if let greedy { parameters[greedy.name] = greedy.value(in: request.uri.path) }
        self.parameters = parameters.mapValues { PathText($0) }
        query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        body = request.body
        bodyLimit = limits.body
        self.stopping = stopping
        isBodyAwaited = context.isBodyAwaited
        answerFields = context.answerFields
        turn = context.turn
    }
}
