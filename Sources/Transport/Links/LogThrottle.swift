import World

/// Lets a line about a peer through once a minute: a peer that misbehaves must not fill the disk.
struct LogThrottle {
    private static let interval = Duration.seconds(60)
    private static let limit = 1024
    private var last: [String: Instant] = [:]

    mutating func permits(_ subject: String, now: Instant) -> Bool {
        if let at = last[subject], now - at < Self.interval { return false }
        if last.count >= Self.limit { last.removeAll(keepingCapacity: true) }
        last[subject] = now
        return true
    }
}
