import World

/// Judges how long a message was under way, though the two clocks have nothing in common.
///
/// The difference between arrival (our clock) and sending (the sender's) is the difference of the clocks plus the time
/// under way. Its minimum over recent messages is that of the fastest one; what a message has above the minimum, it was
/// late. The minimum is taken over the current and the previous window of five minutes, so that two clocks which drift
/// apart by 100 ppm, as bad quartz does, add at most 60 ms.
///
/// One wrong time of the sender's would make the minimum too small, and with it everything that follows too old. Both clocks
/// begin with the session, within the seconds that a handshake takes, so a sender that is far ahead is wrong, and is not
/// counted. One that is behind only seems late.
package struct PeerClock {
    private static let window: Int64 = 300_000
    /// How far the sender may be ahead, in milliseconds: a minute, and what clocks drift apart by 0.1 % (RFC 5905 takes
    /// 0.05 % for the most).
    private static func lead(after elapsed: Int64) -> Int64 { 60_000 + max(0, elapsed) / 1000 }

    private var current = Int64.max
    private var previous = Int64.max
    private var windowStart: Int64 = 0

    package init() {}

    /// Takes in a message's two times, both counted from the session's begin, and returns its age in milliseconds; `nil`
    /// when the sender's time cannot be right.
    package mutating func age(sentMs: UInt64, arrivedMs: Int64) -> UInt32? {
        let sent = Int64(clamping: sentMs)
        guard sent.subtractingReportingOverflow(arrivedMs).partialValue <= Self.lead(after: arrivedMs) else { return nil }
        let difference = arrivedMs.subtractingReportingOverflow(sent).partialValue
        if arrivedMs - windowStart > Self.window {
            previous = current
            current = .max
            windowStart = arrivedMs
        }
        current = min(current, difference)
        let age = difference.subtractingReportingOverflow(min(current, previous))
        return age.overflow ? .max : UInt32(clamping: age.partialValue)
    }
}
