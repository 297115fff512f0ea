import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An accusation that waits for an answer (Lifeguard's dynamic suspicion, arXiv 1707.00788, section IV-B).
///
/// The time to answer starts long and falls with the logarithm of independent confirmations, so that one sick accuser is slow and
/// several honest ones are quick:
///
///     timeout(n) = max(min, max - (max - min) * log(n + 1) / log(k + 1))
///
/// Departure: accusers are a bounded *set* that travels with the rumour, so that confirmations merge like everything else
/// (a union is the same in any order) instead of being counted by the messages that happened to arrive.
package struct Suspicion: Hashable, Sendable {
    /// When the time began to run. Moves forward when this node did not run, or when the suspect was heard.
    package var start: Instant
    /// The stretch of the accusing node's health when it began.
    package let stretch: Int
    package private(set) var accusers: [Accuser]

    package init(start: Instant, stretch: Int, accusers: [Accuser]) {
        self.start = start
        self.stretch = stretch
        self.accusers = []
        for accuser in accusers { _ = add(accuser) }
    }

    /// Confirmations beyond the first accusation.
    package var confirmations: Int { max(0, accusers.count - 1) }

    package var refusals: Int { accusers.reduce(0) { $0 + ($1.refused ? 1 : 0) } }

    /// Adds a witness; true when this says something new. When the set is full, a refusal takes the place of mere silence.
    package mutating func add(_ accuser: Accuser) -> Bool {
        if let known = accusers.firstIndex(where: { $0.name == accuser.name }) {
            guard accuser.refused && !accusers[known].refused else { return false }
            accusers[known].refused = true
            return true
        }
        if accusers.count < MembershipLimits.accusers {
            accusers.append(accuser)
            return true
        }
        guard accuser.refused, let silent = accusers.lastIndex(where: { !$0.refused }) else { return false }
        accusers[silent] = accuser
        return true
    }

    mutating func postpone(by lateness: Duration) { start = start + lateness }

    /// The formula above, for `confirmations` of `needed`.
    package static func timeout(confirmations: Int, needed: Int, min: Duration, max: Duration) -> Duration {
        guard needed > 0 else { return min }
        let n = Double(Swift.max(0, confirmations)), k = Double(needed)
        let fraction = log(n + 1) / log(k + 1)
        return Swift.max(min, max - (max - min) * fraction)
    }

    /// Shortest time: multiplier x max(1, log10(members)) probe intervals.
    package static func minimum(members: Int, _ figures: MembershipConfiguration) -> Duration {
        figures.probeInterval * (figures.suspicionMultiplier * Swift.max(1, log10(Double(Swift.max(1, members)))))
    }
}
