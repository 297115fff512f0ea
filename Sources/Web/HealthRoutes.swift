import HTTPTypes
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
    private let reason: @Sendable () -> String?

    /// The header that says in a sentence why a node is not healthy; the body is one word, by contract.
    public static let reasonHeader = HTTPField.Name("Gossamer-Reason")

    /// - Parameter reason: why the node is not healthy, in ASCII, when there is more to say than the word.
    public init(readiness: @escaping @Sendable () async -> Readiness, reason: @escaping @Sendable () -> String? = { nil }) {
        self.readiness = readiness
        self.reason = reason
    }

    public var routes: [WebRoute] {
        [
            WebRoute(.get, "/health/live", operation: Self.operation("readLiveness", "Whether the process answers.", ready: false)) { _ in
                .text(Readiness.healthy.rawValue)
            },
            WebRoute(.get, "/health/ready", operation: Self.operation("readReadiness", "Whether the node can work.", ready: true)) {
                [readiness, reason] _ in
                let state = await readiness()
                var answer = Response.text(state.rawValue, status: state == .unhealthy ? .serviceUnavailable : .ok)
                if state != .healthy, let name = Self.reasonHeader, let reason = reason() { answer.headers[name] = reason }
                return answer
            },
        ]
    }

    private static func operation(_ id: JSON, _ summary: JSON, ready: Bool) -> JSON {
        let head: [JSON.Member] = [.init("operationId", id), .init("tags", ["health"]), .init("summary", summary)]
        let why: JSON = ["Gossamer-Reason": ["schema": ["type": "string"], "description": "why not all of the work can be done"]]
        func answer(_ description: String, _ words: [JSON]) -> JSON {
            [
                "description": .string(description), "headers": ready ? why : [:],
                "content": ["text/plain": ["schema": ["type": "string", "enum": .array(words)]]],
            ]
        }
        guard ready else { return .object(head + [.init("responses", ["200": answer("it does", ["Healthy"])])]) }
        let responses: [JSON.Member] = [
            .init("200", answer("all of the work can be done, or some: then the header Gossamer-Reason says why", ["Healthy", "Degraded"])),
            .init("503", answer("none can; the header Gossamer-Reason says why", ["Unhealthy"])),
        ]
        return .object(head + [.init("responses", .object(responses))])
    }
}
