import Synchronization
import World

/// Carries out the ``AddressPolicy`` of a node and counts what it has refused.
public final class AddressJudge: Sendable {
    package let policy: AddressPolicy
    private let counts = Mutex<[AddressRefusal.Reason: Int]>([:])

    package init(_ policy: AddressPolicy = AddressPolicy()) { self.policy = policy }

    /// Judges a target's address, or all to which its name leads: one that may not be looked up is enough to refuse the target, because
    /// its name could lead there the next time.
    /// - Throws: ``LookupFailure`` in the words of the contract. It is not kept: each attempt is counted.
    package func admit(target addresses: [IPAddress]) throws(LookupFailure) {
        guard let refusal = note(addresses.lazy.compactMap { [policy] in policy.refusal(ofTarget: $0) }.first) else { return }
        throw LookupFailure(refusal.sentence, source: .target)
    }

    /// Judges all addresses of a server that others have named; see ``AddressPolicy/refusal(ofServer:among:)``.
    package func refusal(ofServer addresses: [IPAddress], among kinds: Set<AddressRange.Kind>) -> AddressRefusal? {
        note(addresses.lazy.compactMap { [policy] in policy.refusal(ofServer: $0, among: kinds) }.first)
    }

    private func note(_ refusal: AddressRefusal?) -> AddressRefusal? {
        if let refusal { counts.withLock { $0[refusal.reason, default: 0] += 1 } }
        return refusal
    }

    /// Targets and servers that were refused, by what speaks against their address.
    public var metrics: [MetricSample] {
        let counts = counts.withLock { $0 }
        return AddressRefusal.Reason.allCases.map { reason in
            MetricSample(
                "gossamer_lookup_refused_addresses_total", .counter, Double(counts[reason] ?? 0),
                labels: [.init("reason", reason.rawValue)],
                help: "Targets of lookups, and servers named by others, that were refused for the address they have or lead to.")
        }
    }
}
