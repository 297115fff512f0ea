import Hummingbird
import JSONDocument
import Web

/// A group of routes of which those that have a rate are bounded by it. Only the clock is looked at before: what is refused has cost nothing
/// but a question, and a repetition under an idempotency key counts like any other request.
struct LimitedRoutes: RouteGroup {
    private let group: any RouteGroup
    private let limiter: EdgeLimiter?

    /// - Parameter limiter: nil for no bounds.
    init(_ group: any RouteGroup, limiter: EdgeLimiter?) { (self.group, self.limiter) = (group, limiter) }

    var schemas: [JSON.Member] { group.schemas }

    var routes: [WebRoute] {
        group.routes.map { route in
            guard let rate = route.rate, let limiter else { return route }
            return route.wrapped(operation: Self.described(route.operation)) { request, handler, _ in
                try await limiter.answer(request, rate, handler)
            }
        }
    }
}

// MARK: OpenAPI

extension LimitedRoutes {
    private static let schema: JSON = [
        "type": "object", "required": ["error", "message", "retryAfter"],
        "properties": [
            "error": ["const": "Rate limit exceeded"], "message": ["const": "Too many requests. Please try again later."],
            "retryAfter": [
                "type": "integer", "minimum": 1, "description": "seconds until there is room for another request, in the queue at least",
            ],
        ],
    ]

    private static let figures: [JSON.Member] = [
        .init("RateLimit-Limit", header("requests in a window")),
        .init("RateLimit-Remaining", header("requests that would go on at once")),
        .init("RateLimit-Reset", header("seconds until more would")),
        .init("RateLimit-Policy", ["schema": ["type": "string"], "description": "the limit and its window in seconds: 20;w=60"]),
    ]

    private static func header(_ description: JSON) -> JSON { ["schema": ["type": "integer"], "description": description] }

    /// The operation with what a limit adds to it.
    private static func described(_ operation: JSON) -> JSON {
        let refused: JSON = [
            "description": "more requests than the client may make, or all clients together",
            "headers": ["Retry-After": header("seconds after which there surely is room for one")],
            "content": ["application/json": ["schema": schema]],
        ]
        return operation.answering("429", refused).telling(figures)
    }
}
