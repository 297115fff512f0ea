import NIOHTTP1
import World

/// What an edge says of how much more may be asked of it (draft-ietf-httpapi-ratelimit-headers-06).
package struct RateAllowance: Hashable, Sendable {
    package let limit: Int
    package let remaining: Int
    /// Until there are more.
    package let reset: Duration

    package init(limit: Int, remaining: Int, reset: Duration) {
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }

    /// Nil where an answer says nothing of it.
    init?(_ headers: HTTPHeaders) {
        func number(_ name: String) -> Int? { headers.first(name: name).flatMap { Int($0) } }
        guard let limit = number("RateLimit-Limit"), let remaining = number("RateLimit-Remaining"), let reset = number("RateLimit-Reset"),
            0...86_400 ~= reset, remaining >= 0
        else { return nil }
        self.init(limit: limit, remaining: remaining, reset: .seconds(reset))
    }

    /// Between two questions, so that who asks again and again never comes to the end of it. The first half may be asked as fast as one
    /// likes.
    package var pace: Duration { remaining > limit / 2 ? .zero : reset / max(1, remaining) }
}
