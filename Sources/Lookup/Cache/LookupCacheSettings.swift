import World

/// How much of what was found out a node keeps, and how long. Figures beyond their ranges count as the nearest.
public struct LookupCacheSettings: Codable, Hashable, Sendable {
    /// Answers that are kept; 0 keeps none. When there are more, the one goes that has not been asked for the longest time.
    public var entries: Int
    /// Of all that is kept, about, in memory. The same goes when there are more.
    public var bytes: Int
    /// The longest that a document is kept, whatever it says of itself.
    public var keepMax: Duration
    /// The same for a failure, which does more harm when it is outdated.
    public var failedMax: Duration

    public init(
        entries: Int = 10_000, bytes: Int = 64 << 20, keepMax: Duration = .seconds(3_600), failedMax: Duration = .seconds(600)
    ) {
        self.entries = entries
        self.bytes = bytes
        self.keepMax = keepMax
        self.failedMax = failedMax
    }

    /// All within their ranges.
    var clamped: LookupCacheSettings {
        LookupCacheSettings(
            entries: entries.clamped(to: Self.entriesAllowed), bytes: bytes.clamped(to: Self.bytesAllowed),
            keepMax: keepMax.clamped(to: Self.keepAllowed), failedMax: failedMax.clamped(to: Self.keepAllowed))
    }

    public static let entriesAllowed = 0...1_000_000
    public static let bytesAllowed = (1 << 20)...(16 << 30)
    public static let keepAllowed = Duration.seconds(1)...Duration.seconds(7 * 86_400)
}
