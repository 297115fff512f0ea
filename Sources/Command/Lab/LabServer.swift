import Lab

/// What the lab can stop and start, one by one.
package enum LabServer: String, CaseIterable, Sendable {
    case knot, unbound, dnsmasq, rdap, geoip, host

    /// The target that all four services know.
    static let hostAddress = "8.8.8.8"

    /// The name server that it is, if it is one.
    var nameServer: LabNameServer? { LabNameServer(rawValue: rawValue) }

    /// What it does, for people.
    var role: String {
        switch self {
        case .knot, .unbound, .dnsmasq: nameServer?.role ?? ""
        case .rdap: "the registry of RDAP servers, and all of them"
        case .geoip: "the GeoIP databases, files that every node reads; stopped, they know no address"
        case .host: "the machine that has the address, which pings reach"
        }
    }

    /// Where it is.
    var address: String {
        switch self {
        case .knot, .unbound, .dnsmasq: nameServer.map { $0.address + ":53" } ?? ""
        case .rdap: RDAPHosts.bootstrap + ":80"
        case .geoip: "-"
        case .host: Self.hostAddress
        }
    }
}
