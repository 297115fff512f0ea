/// A point on a node's monotonic clock, in nanoseconds since an origin that means nothing outside the process.
///
/// Two instants of different nodes cannot be compared. What travels between nodes is a ``Duration``.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin of the clock.
    public static let zero = Instant(nanoseconds: 0)
    /// Later than every instant a clock will show: "no deadline".
    public static let distantFuture = Instant(nanoseconds: .max)

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Saturates instead of overflowing, so that "now + an absurd time-out" is simply the distant future.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? (duration.nanoseconds > 0 ? .max : .min) : sum)
    }

    public static func - (instant: Instant, duration: Duration) -> Instant {
        let (difference, overflow) = instant.nanoseconds.subtractingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? (duration.nanoseconds > 0 ? .min : .max) : difference)
    }

    /// The time from `b` to `a`; negative when `a` is earlier.
    public static func - (a: Instant, b: Instant) -> Duration {
        .nanoseconds(a.nanoseconds.subtractingReportingOverflow(b.nanoseconds).partialValue)
    }

    public var description: String { "\(nanoseconds / 1_000_000)ms" }
}

extension Duration {
    /// The whole duration in nanoseconds, saturated to the range of `Int64` (292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds > 0 ? .max : .min }
        let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow2 ? (seconds > 0 ? .max : .min) : sum
    }

    /// The whole duration in milliseconds, rounded down.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// The duration in seconds.
    public var seconds: Double { Double(nanoseconds) / 1e9 }
}

/// A point in civil time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Wall time is for people and for ids. No decision of safety rests on it.
public struct WallTime: Hashable, Comparable, Sendable {
    public var nanosecondsSince1970: Int64
    public init(nanosecondsSince1970: Int64) { self.nanosecondsSince1970 = nanosecondsSince1970 }
    /// Saturates at what a count of nanoseconds can hold, the year 2262.
    public init(millisecondsSince1970 milliseconds: Int64) {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        nanosecondsSince1970 = overflow ? (milliseconds < 0 ? .min : .max) : nanoseconds
    }
    public var millisecondsSince1970: Int64 { nanosecondsSince1970 / 1_000_000 }
    public static func < (a: WallTime, b: WallTime) -> Bool { a.nanosecondsSince1970 < b.nanosecondsSince1970 }
}
