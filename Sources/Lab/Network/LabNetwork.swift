/// The network of the lab: a loopback interface that has all its addresses.
package enum LabNetwork {
    /// For `ip -batch`: the interface, its addresses, and those that are silent: what is sent by the interface to an address that it does
    /// not have is dropped without a word.
    package static var loopback: [String] {
        let here = addresses(.here) + RDAPHosts.addresses + LabTrap.addresses
        return ["link set lo up"] + here.map(add) + addresses(.silent).map { "route add \(prefix($0)) dev lo" }
    }

    private static func addresses(_ reach: LabAddress.Reach) -> [String] {
        LabFixtures.addresses.filter { $0.reach == reach }.map(\.text)
    }

    /// For `ip -batch`: an address of the interface comes or goes.
    package static func add(_ address: String) -> String { "address add \(prefix(address)) dev lo\(address.contains(":") ? " nodad" : "")" }
    package static func remove(_ address: String) -> String { "address del \(prefix(address)) dev lo" }

    private static func prefix(_ address: String) -> String { address + (address.contains(":") ? "/128" : "/32") }
}
