import Hummingbird
import JSONDocument

/// How well a node can do its work: the words of the health contract.
public enum Readiness: String, Sendable, Hashable {
    case healthy = "Healthy"
    /// Some of the work can be done.
    case degraded = "Degraded"
    /// None can; load balancers go elsewhere.
    case unhealthy = "Unhealthy"
}

/// `GET /health/live` and `GET /health/ready`, in plain text.
public struct HealthRoutes: RouteGroup {
    private let readiness: @Sendable () async -> Readiness

    public init(readiness: @escaping @Sendable () async -> Readiness) { self.readiness = readiness }

    public var routes: [WebRoute] {
        [
            WebRoute(.get, "/health/live", operation: Self.operation("Whether the process answers.", ready: false)) { _ in
                .text(Readiness.healthy.rawValue)
            },
            WebRoute(.get, "/health/ready", operation: Self.operation("Whether the node can work.", ready: true)) {
                [readiness] _ in
                let state = await readiness()
                return .text(state.rawValue, status: state == .unhealthy ? .serviceUnavailable : .ok)
            },
        ]
    }

    private static func operation(_ summary: JSON, ready: Bool) -> JSON {
        func answer(_ words: [JSON]) -> JSON {
            [
                "description": "one word",
                "content": ["text/plain": ["schema": ["type": "string", "enum": .array(words)]]],
            ]
        }
        var responses: [JSON.Member] = [.init("200", answer(ready ? ["Healthy", "Degraded"] : ["Healthy"]))]
        if ready { responses.append(.init("503", answer(["Unhealthy"]))) }
        return ["summary": summary, "responses": .object(responses)]
    }
}
