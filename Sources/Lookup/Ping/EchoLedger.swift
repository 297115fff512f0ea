import World

/// What was sent in one run of echoes, and what became of it: each echo has one end, whatever comes later or again.
package struct EchoLedger: Sendable {
    private struct Sent {
        let at: Instant
        var echo: PingReport.Echo?
    }

    private let patience: Duration
    private var sent: [Sent] = []
    /// Answers to echoes that had been answered.
    package private(set) var duplicates = 0
    /// Answers to echoes that had been given up.
    package private(set) var late = 0

    /// - Parameter patience: how long each echo may take.
    package init(patience: Duration) { self.patience = patience }

    package var count: Int { sent.count }

    /// What has become of each echo, in the order of sending, once all have their end.
    package var echoes: [PingReport.Echo] { sent.compactMap(\.echo) }

    /// When the next echo is given up; `nil` when none is under way.
    package var nextEnd: Instant? { sent.lazy.filter { $0.echo == nil }.map { $0.at + patience }.min() }

    /// The oldest of those under way.
    package var oldest: Int? { sent.firstIndex { $0.echo == nil } }

    /// An echo goes out now.
    package mutating func send(_ now: Instant) { sent.append(Sent(at: now)) }

    /// Gives up what has waited for so long.
    package mutating func expire(_ now: Instant) {
        for index in sent.indices where sent[index].echo == nil && sent[index].at + patience <= now { end(index, "TimedOut") }
    }

    /// An answer has come to the echo with this place in the order of sending. What was never sent cannot be answered.
    /// - Parameter hops: the hop limit that it came with; `nil` when it cannot be seen.
    package mutating func answer(_ index: Int, hops: Int?, _ now: Instant) {
        guard sent.indices.contains(index) else { return }
        // One that comes after its time has not come in time, though nobody had yet looked at the clock.
        expire(now)
        switch sent[index].echo {
        case nil: sent[index].echo = PingReport.Echo(roundTrip: now - sent[index].at, hops: hops, status: "Success")
        case let echo? where echo.roundTrip != nil: duplicates += 1
        default: late += 1
        }
    }

    /// The echo has ended otherwise.
    package mutating func end(_ index: Int, _ status: String) {
        guard sent.indices.contains(index), sent[index].echo == nil else { return }
        sent[index].echo = PingReport.Echo(status: status)
    }
}
