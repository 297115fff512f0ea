import World

/// Lets a line about a peer through once a minute, and a certain number of lines about all of them: peers that misbehave
/// must not fill the disk, whatever they call themselves.
package struct LogThrottle {
    package enum Verdict: Hashable {
        case log
        /// The last line of this minute: say so.
        case logAsLast
        case leaveOut
    }

    private static let interval = Duration.seconds(60)
    /// Lines of one minute.
    package static let budget = 100
    private var last: [String: Instant] = [:]
    private var began = Instant.zero
    private var lines = 0

    package init() {}

    package mutating func judge(_ subject: String, now: Instant) -> Verdict {
        if now - began >= Self.interval {
            began = now
            lines = 0
            last = last.filter { now - $0.value < Self.interval }
        }
        if lines >= Self.budget { return .leaveOut }
        if let at = last[subject], now - at < Self.interval { return .leaveOut }
        last[subject] = now
        lines += 1
        return lines == Self.budget ? .logAsLast : .log
    }
}
