import World

/// The routes of the listeners that took no more.
///
/// libzmq tells that a ROUTER can send to somebody, never to whom. So a blocked route is simply tried again: when the
/// listener's descriptor has news, which may be of room; and after a few milliseconds, because any other call on the
/// socket may have taken in the news. A peer that stands still costs ever fewer tries, and nobody else any.
package struct BlockedRoutes {
    private static let shortestWait = Duration.milliseconds(2)
    private static let longestWait = Duration.milliseconds(64)

    private var routes: Set<RouteID> = []
    private var lastTried: Set<RouteID> = []
    private var wait = shortestWait
    /// When the routes are to be tried again.
    package private(set) var retryAt = Instant.distantFuture

    package init() {}

    package mutating func insert(_ route: RouteID, now: Instant) {
        if !lastTried.contains(route) { wait = Self.shortestWait }
        routes.insert(route)
        retryAt = min(retryAt, now + wait)
    }

    /// Has the routes tried at the next chance.
    package mutating func hasten() {
        if !routes.isEmpty { retryAt = .zero }
    }

    /// The routes to try now, in the order of their numbers.
    package mutating func takeDue(now: Instant) -> [RouteID] {
        guard retryAt <= now else { return [] }
        retryAt = .distantFuture
        wait = min(wait * 2, Self.longestWait)
        lastTried = routes
        routes = []
        return lastTried.sorted { ($0.lane.rawValue, $0.number) < ($1.lane.rawValue, $1.number) }
    }
}
