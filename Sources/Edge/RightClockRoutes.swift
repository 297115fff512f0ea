import Hummingbird
import JSONDocument
import Web

/// A group of routes that begin nothing while the node's wall clock is off. What is begun has ids that carry the hour of their making, by
/// which it is kept and freed, and deadlines that others keep by their own clocks. What there is can be asked for all the same.
struct RightClockRoutes: RouteGroup {
    private static let retryAfter = 10

    private let group: any RouteGroup
    private let fault: @Sendable () -> String?

    /// - Parameter fault: how far the wall clock is off, such as "3 s ahead of the others'"; nil while it is right.
    init(_ group: any RouteGroup, fault: @escaping @Sendable () -> String?) { (self.group, self.fault) = (group, fault) }

    var schemas: [JSON.Member] { group.schemas }

    var routes: [WebRoute] {
        group.routes.map { route in
            guard route.makesIDs else { return route }
            return route.wrapped(operation: route.operation) { [fault] request, handler, excuse in
                if let fault = fault() { return excuse(Self.refusal(fault)) }
                return try await handler(request)
            }
        }
    }

    private static func refusal(_ fault: String) -> Problem {
        let remedy = "ask another edge, under the same key if there is one, and look at the time service of this"
        return Problem(
            status: 503, detail: "the wall clock of this edge is \(fault), so nothing begins here until it is right; \(remedy)",
            headers: [.init(name: .retryAfter, value: String(retryAfter))], extensions: [.init("outcome", "failed")])
    }
}
