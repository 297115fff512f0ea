import World

/// What becomes of a request, and what is left.
public struct LimitVerdict: Codable, Hashable, Sendable {
    public enum Decision: String, Codable, Sendable {
        /// It may go on.
        case granted
        /// It has a place in the queue, and may go on after ``LimitVerdict/pause``.
        case waits
        /// The queue is full.
        case refused
    }

    public let decision: Decision
    /// Of a request that waits, its place in the queue, to be given back when it waits no longer.
    public let place: Int64
    /// Of a request that waits, until it may go on; of one that is refused, until there is room for another, in the queue at least. In
    /// milliseconds, rounded up.
    public let pauseMs: Int
    /// Requests that would be granted at once.
    public let remaining: Int
    /// Until more of them would be, in milliseconds, rounded up.
    public let resetMs: Int

    /// Whether a window with these figures can have said it. What another node answers may be anything.
    package func isPossible(for policy: LimitPolicy) -> Bool {
        // Nothing lies further away than the end of the window to come, whose segments are rounded up.
        let longest = 2 * policy.windowMs + policy.segments
        return 0...longest ~= pauseMs && 0...longest ~= resetMs && 0...policy.limit ~= remaining && place >= 0
    }

    /// The same figures for a request that does not wait.
    var refused: LimitVerdict {
        LimitVerdict(decision: .refused, place: 0, pauseMs: pauseMs, remaining: remaining, resetMs: resetMs)
    }

    /// ``pauseMs`` as a duration.
    public var pause: Duration { .milliseconds(max(0, pauseMs)) }
}

/// What is asked of whoever keeps count.
public struct LimitOrder: Codable, Hashable, Sendable {
    /// Who asks, and for what: requests of one name share a bucket. At most ``nameBytes``.
    public let name: String
    public let policy: LimitPolicy

    /// Bytes of a name, at most.
    public static let nameBytes = 256

    public init(name: String, policy: LimitPolicy) {
        self.name = name
        self.policy = policy
    }

    /// Whether it can be carried out. What another node sends may not be.
    public var isValid: Bool { policy.isValid && name.utf8.count <= Self.nameBytes }
}

/// An order that cannot be carried out.
struct LimitOrderError: Error, CustomStringConvertible {
    let order: LimitOrder
    var description: String {
        "\(order.policy) for \(order.name.prefix(64)) has figures that are not allowed; look at limits in the topology file"
    }
}
