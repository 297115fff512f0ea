import World

// THE SLIDING WINDOW
//
// A window is cut into segments, and time is a row of segments that begins with the bucket's first request. The window that ends in
// segment k holds segments k - n + 1 to k. The rule is: no window holds more requests than the limit. So what was asked in a segment may be
// asked anew n segments later, at once, and the row moves on by itself: no timer runs, and a bucket that nobody asks costs nothing.
//
// A request for which there is no room gets a place in the queue: the first segment to come in which it breaks no window, where it counts
// already. So how long it has to wait is known in the moment in which it asks, and it is told; nobody needs to be called when its time
// comes, nothing is held open for a slow edge, and what has been told holds when the bucket is gone. Whoever does not want to wait any
// longer gives the place back, and the next who asks may have it, before those who stand behind it: they were told their time.
//
// Where this differs from the original's limiter (System.Threading.RateLimiting): there a timer grants what waits, and the order is that of
// the queue whoever leaves it. The figures are the same.

/// Counts the requests of one client, and says which may go on. A value: the time comes from outside.
public struct SlidingWindow: Sendable {
    private let policy: LimitPolicy
    /// When segment 0 began.
    private let origin: Instant
    /// The length of a segment.
    private let length: Int64
    /// The segment of the newest question.
    private var current: Int64 = 0
    /// Requests by segment: those of a window past and of one to come. A segment has its place by its number modulo their count.
    private var counts: [Int]

    /// A window that nobody has used.
    /// - Precondition: the figures of the policy are allowed.
    public init(_ policy: LimitPolicy, now: Instant) {
        precondition(policy.isValid, "a limit with figures that are not allowed: \(policy)")
        self.policy = policy
        origin = now
        let window = policy.window.nanoseconds, segments = Int64(policy.segments)
        length = (window + segments - 1) / segments
        counts = Array(repeating: 0, count: 2 * policy.segments)
    }

    private var segments: Int64 { Int64(policy.segments) }

    /// Requests that wait.
    public var waiting: Int { ((current + 1)...(current + segments)).reduce(0) { $0 + count(in: $1) } }

    /// One request more: it may go on, it waits, or it is refused.
    public mutating func take(now: Instant) -> LimitVerdict {
        advance(to: now)
        let place = firstPlace(), horizon = current + segments
        if place == current {
            counts[index(place)] += 1
            return verdict(.granted, now: now)
        }
        guard waiting < policy.queue, place <= horizon else {
            // Who waits longest is next to leave the queue; where nobody waits there may be room without one.
            let opening = ((current + 1)...horizon).first { count(in: $0) > 0 } ?? min(place, horizon)
            return verdict(.refused, pause: start(of: opening) - now, now: now)
        }
        counts[index(place)] += 1
        return verdict(.waits, place: place, pause: start(of: place) - now, now: now)
    }

    /// Gives back the place of a request that waits no longer; once only. Too late when its time has come.
    public mutating func leave(_ place: Int64, now: Instant) {
        advance(to: now)
        guard place > current, place <= current + segments, count(in: place) > 0 else { return }
        counts[index(place)] -= 1
    }

    // MARK: Segments

    private func index(_ segment: Int64) -> Int { Int(segment % Int64(counts.count)) }

    private func start(of segment: Int64) -> Instant { origin + .nanoseconds(segment * length) }

    /// What is counted in a segment; 0 in those of which nothing is known any more, or yet.
    private func count(in segment: Int64) -> Int {
        segment > current - segments && segment <= current + segments && segment >= 0 ? counts[index(segment)] : 0
    }

    /// Forgets what no window holds any more.
    private mutating func advance(to now: Instant) {
        let reached = (now - origin).nanoseconds / length
        guard reached > current else { return }
        // Each new segment to come takes the place of one that has left the window.
        for segment in max(current, reached - 2 * segments) + 1 ... reached { counts[index(segment + segments)] = 0 }
        current = reached
    }

    /// Requests in the window that ends in this segment.
    private func sum(endingIn segment: Int64) -> Int { ((segment - segments + 1)...segment).reduce(0) { $0 + count(in: $1) } }

    /// The first segment in which one request more breaks no window; where it lies beyond the window to come, there is none.
    private func firstPlace() -> Int64 {
        var place = current, end = current, sum = sum(endingIn: current)
        while place <= current + segments {
            if sum >= policy.limit { place = end + 1 }
            if end >= place + segments - 1 { return place }
            end += 1
            sum += count(in: end) - count(in: end - segments)
        }
        return place
    }

    private func verdict(
        _ decision: LimitVerdict.Decision, place: Int64 = 0, pause: Duration = .zero, now: Instant
    ) -> LimitVerdict {
        var sum = sum(endingIn: current), fullest = sum
        for end in current + 1..<current + segments {
            sum += count(in: end) - count(in: end - segments)
            fullest = max(fullest, sum)
        }
        let oldest = (max(0, current - segments + 1)...current).first { count(in: $0) > 0 }
        let reset = oldest.map { start(of: $0 + segments) - now } ?? .zero
        return LimitVerdict(
            decision: decision, place: place, pauseMs: Self.roundedUp(pause), remaining: max(0, policy.limit - fullest),
            resetMs: Self.roundedUp(reset))
    }

    private static func roundedUp(_ duration: Duration) -> Int { Int(clamping: max(0, (duration.nanoseconds + 999_999) / 1_000_000)) }
}
