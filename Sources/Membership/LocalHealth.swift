import World

/// How well this node believes itself to be: Lifeguard's local health multiplier (arXiv 1707.00788, section IV-A).
///
/// A node that is slow itself sees everybody else as slow. So every sign that the fault may be here (helpers that did not answer
/// either, an accusation that had to be refuted, a timer that fired late) raises the score, every answered probe lowers it, and
/// timers *and* schedule are stretched by score + 1. Stretching timers alone would let a sick box send as much as before.
package struct LocalHealth: Hashable, Sendable {
    package private(set) var score = 0
    let maximum: Int

    package init(maximum: Int) { self.maximum = maximum }

    /// Factor on every time-out and interval, 1 when well.
    package var stretch: Int { score + 1 }

    /// Whether the score changed.
    package mutating func change(by delta: Int) -> Bool {
        let before = score
        score = min(maximum, max(0, score + delta))
        return score != before
    }

    /// What a failed probe says about the prober: helpers that were asked for a nack and kept silent are as likely to be unheard as
    /// dead, so the fault may be here. Without helpers the failure itself is the only sign.
    package static func penalty(nacksExpected: Int, nacksReceived: Int) -> Int {
        nacksExpected > 0 ? max(0, nacksExpected - nacksReceived) : 1
    }

    /// What lateness says: one point per probe time-out that passed unnoticed, at least one, at most three.
    package static func penalty(lateness: Duration, probeTimeout: Duration) -> Int {
        Int(min(3, max(1, lateness.nanoseconds / max(1, probeTimeout.nanoseconds))))
    }
}
