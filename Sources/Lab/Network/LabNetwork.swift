/// The network of the lab: a loopback interface that has all its addresses, and one way that leads nowhere.
package enum LabNetwork {
    /// For `ip -batch`: the interface and its addresses.
    package static var loopback: [String] {
        let fixtures = LabFixtures.addresses.filter { $0.reach == .here }.map(\.text)
        return ["link set lo up"] + (fixtures + RDAPHosts.addresses + LabTrap.addresses).map(add)
    }

    /// For `ip -batch`: a pair of virtual cables whose other end nobody reads, for the addresses that stay silent. Not every kernel has such.
    package static var silence: [String] {
        let silent = LabFixtures.addresses.filter { $0.reach == .silent }.map(\.text)
        return [
            "link add quiet type veth peer name quiet-end", "link set quiet arp off up", "link set quiet-end up",
        ] + silent.map { "route add \($0)/32 dev quiet" }
    }

    /// For `ip -batch`: an address of the interface comes or goes.
    package static func add(_ address: String) -> String { "address add \(prefix(address)) dev lo\(address.contains(":") ? " nodad" : "")" }
    package static func remove(_ address: String) -> String { "address del \(prefix(address)) dev lo" }

    private static func prefix(_ address: String) -> String { address + (address.contains(":") ? "/128" : "/32") }
}
