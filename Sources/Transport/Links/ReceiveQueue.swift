import World

/// The receiving half of one reliable lane of one session: puts messages back into order, each once.
package struct ReceiveQueue {
    package enum Verdict {
        /// The next one: handle it, then ``takeNext()`` until there is none.
        case deliver
        /// Kept until those before it are there.
        case early
        case duplicate
        /// Too far ahead to be kept.
        case beyondWindow
    }

    private struct Early {
        let body: ArraySlice<UInt8>
        let ageMs: UInt32
        let arrivedAt: Instant
    }

    /// All messages up to this number have been delivered.
    package private(set) var delivered: UInt64 = 0
    private var early: [UInt64: Early] = [:]
    private var earlyBytes = 0

    package init() {}

    /// Messages since an acknowledgement was last sent.
    private(set) var unacknowledged = 0
    /// When an acknowledgement must be on its way.
    private(set) var ackDeadline: Instant?

    /// - Parameter ageMs: how long the message was under way until now.
    package mutating func admit(
        _ sequence: UInt64, _ body: ArraySlice<UInt8>, ageMs: UInt32, limits: LinkLimits, now: Instant
    ) -> Verdict {
        unacknowledged += 1
        if sequence == delivered &+ 1 {
            delivered = sequence
            if ackDeadline == nil { ackDeadline = now + limits.ackDelay }
            return .deliver
        }
        // Something was lost on the way here, or the acknowledgement on the way back: the sender should know soon.
        ackDeadline = now
        if sequence <= delivered || early[sequence] != nil { return .duplicate }
        guard sequence - delivered <= UInt64(limits.window), earlyBytes + body.count <= limits.windowBytes else {
            return .beyondWindow
        }
        early[sequence] = Early(body: body, ageMs: ageMs, arrivedAt: now)
        earlyBytes += body.count
        return .early
    }

    /// The message that has become the next one, if it is there already, and its age, in which the wait for those before
    /// it is counted.
    package mutating func takeNext(now: Instant) -> (body: ArraySlice<UInt8>, ageMs: UInt32)? {
        guard !early.isEmpty, let next = early.removeValue(forKey: delivered &+ 1) else { return nil }
        delivered &+= 1
        earlyBytes -= next.body.count
        return (next.body, UInt32(clamping: Int64(next.ageMs) + (now - next.arrivedAt).milliseconds))
    }

    /// Notes that `delivered` has gone to the peer.
    mutating func markAcknowledged() {
        unacknowledged = 0
        ackDeadline = nil
    }
}
