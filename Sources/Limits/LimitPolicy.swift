import World

/// How many requests one client may make in a time, and how many of its further ones wait.
public struct LimitPolicy: Codable, Hashable, Sendable {
    /// Requests in any window; 1 to a thousand million.
    public var limit: Int
    /// The window's length in milliseconds; 1 s to 1 h.
    public var windowMs: Int
    /// The pieces of the window; 1 to 60. What was asked in one of them may be asked anew when that one has left the window, so more
    /// pieces let it come back in smaller portions. With 1 the window is a fixed one.
    public var segments: Int
    /// Requests that wait for room; 0 to the limit, and at most 10,000. The next is refused.
    public var queue: Int

    /// What ``limit`` may be.
    public static let limitsAllowed = 1...1_000_000_000
    /// What the window may be.
    public static let windowsAllowed: ClosedRange<Duration> = .seconds(1) ... .seconds(3_600)
    /// What ``segments`` may be.
    public static let segmentsAllowed = 1...60
    /// What ``queue`` may be, where the limit is no less.
    public static let queuesAllowed = 0...10_000

    public init(limit: Int, window: Duration = .seconds(60), segments: Int = 1, queue: Int = 0) {
        self.limit = limit
        windowMs = Int(clamping: window.milliseconds)
        self.segments = segments
        self.queue = queue
    }

    /// The window's length.
    public var window: Duration { .milliseconds(windowMs) }

    /// Whether all figures are allowed. What another node sends may not be.
    public var isValid: Bool {
        Self.limitsAllowed.contains(limit) && Self.segmentsAllowed.contains(segments) && Self.queuesAllowed.contains(queue)
            && queue <= limit && Self.windowsAllowed.contains(window)
    }

    /// What each of so many edges may let pass when they cannot ask each other: together no more than the whole, but for the one request
    /// that each may always take.
    public func share(of edges: Int) -> LimitPolicy {
        var share = self
        share.limit = max(1, limit / max(1, edges))
        share.queue = min(queue / max(1, edges), share.limit)
        return share
    }
}
