// WHICH ADDRESSES ARE ASKED
//
// A node stands inside a network, and looks up for people outside of it. So what they write, and what servers of the Internet send,
// must lead to no address that is only the node's to reach: its own admin port, a machine beside it, the metadata service of its cloud.
//
// Servers that the topology names (name servers, the GeoIP service, the registry of RDAP servers) are the operator's word and are not
// judged. Every address that comes from data is: what a target is or leads to, the servers that the registry names, where they
// redirect to. A name is resolved once, all its addresses are judged, and what was judged is connected to: its owner may say otherwise
// the next time.

/// What is said of an address before anybody asks it, or about it.
public struct AddressPolicy: Codable, Hashable, Sendable {
    /// Whether targets that are not of the public Internet are refused. (A mesh that serves beyond its machine should.)
    public var refusesPrivateTargets: Bool

    public init(refusesPrivateTargets: Bool = false) { self.refusesPrivateTargets = refusesPrivateTargets }

    /// Why a target, or what its name leads to, may not be looked up; `nil` when it may. Metadata services never are.
    package func refusal(ofTarget address: IPAddress) -> AddressRefusal? {
        guard let refusal = AddressRefusal(address) else { return nil }
        return refusesPrivateTargets || refusal.reason == .metadata ? refusal : nil
    }

    /// Why a server that others have named may not be connected to; `nil` when it may.
    /// - Parameter kinds: of special ranges in which servers are expected, because the operator's own one is in such a range. Metadata
    ///   services and the unspecified address, with which a node would connect to itself, are expected in none.
    package func refusal(ofServer address: IPAddress, among kinds: Set<AddressRange.Kind> = []) -> AddressRefusal? {
        guard let refusal = AddressRefusal(address) else { return nil }
        let isExcusable = refusal.reason != .metadata && !address.isUnspecified
        if isExcusable, let kind = address.specialRange?.kind, kinds.contains(kind) { return nil }
        return refusal
    }
}

/// What speaks against an address.
package struct AddressRefusal: Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// It is that of a cloud's metadata service.
        case metadata
        case loopback, `private`
        case linkLocal = "link-local"
        case reserved

        fileprivate init(_ kind: AddressRange.Kind) {
            self = switch kind {
            case .private: .private
            case .loopback: .loopback
            case .linkLocal: .linkLocal
            case .reserved: .reserved
            }
        }
    }

    package let address: IPAddress
    package let reason: Reason
    private let range: AddressRange?

    /// `nil` for an address of the public Internet.
    package init?(_ address: IPAddress) {
        let range = address.specialRange
        if address.isMetadataService {
            reason = .metadata
        } else if let range {
            reason = Reason(range.kind)
        } else {
            return nil
        }
        self.address = address
        self.range = range
    }

    /// The words of the contract for a target of this kind.
    package var sentence: String { range?.kind == .private ? "private range" : "reserved range" }

    /// What the address is, to follow a colon: "10.0.0.0/8 is private (RFC 1918)".
    package var description: String {
        if reason == .metadata { return "\(address) is where a cloud's metadata service answers" }
        return range.map { "\($0.prefix) is \($0.kind.rawValue) (\($0.source))" } ?? "\(address) is \(reason.rawValue)"
    }
}
