/// How an RDAP server of the lab answers for one domain. Each domain has a server with an address of its own, so that what a node
/// learns of one server (that it fails, that it wants to be left alone) says nothing of the others.
package enum RDAPConduct: String, CaseIterable, Sendable {
    /// 404.
    case missing
    /// 429, to be asked again in some seconds.
    case busySeconds = "busy-seconds"
    /// 429, to be asked again at a time of day.
    case busyDate = "busy-date"
    /// 429, without a word of when.
    case busy
    /// 500.
    case failing
    /// 200, and a page for people.
    case page
    /// 200, the right type, and no JSON.
    case garbled
    /// 200, and JSON that is no object.
    case list
    /// A document that is longer than anybody should read.
    case huge
    /// A document that comes a byte at a time.
    case slow
    /// Ends the connection in the middle of the document.
    case cutOff = "cut-off"
    /// Three redirects, across servers, to the document.
    case chain
    /// Redirects to itself.
    case loop
    /// Redirects on and on, each time to another place.
    case endless
    /// Redirects to an address of private networks.
    case inside
    /// Redirects to the metadata of a cloud's machine.
    case metadata
    /// The same, by a name.
    case metadataByName = "metadata-by-name"
    /// The same, as an address of IPv4 that is mapped into IPv6.
    case metadataMapped = "metadata-mapped"
    /// Redirects to what is not HTTP.
    case elsewhere
    /// Nobody listens at the first server that the registry names; the second has the document.
    case deadFirst = "dead-first"
    /// Nobody listens at the only server.
    case dead
    /// The registry names no server for it.
    case unserved

    package var domain: String { rawValue + ".hostile.test" }

    init?(domain: String) {
        guard let conduct = Self.allCases.first(where: { $0.domain == domain.lowercased() }) else { return nil }
        self = conduct
    }

    /// Whether the lookup ends with the domain's document all the same.
    package var isGoodInTheEnd: Bool { self == .chain || self == .deadFirst }

    /// The servers that the registry names, in its order.
    package var servers: [String] {
        switch self {
        case .deadFirst: [RDAPHosts.dead, RDAPHosts.of(self)]
        case .dead: [RDAPHosts.alsoDead]
        case .unserved: []
        default: [RDAPHosts.of(self)]
        }
    }
}

/// Where the lab's RDAP servers are: addresses of the Internet, so that they are judged as those of real servers. All are one process.
package enum RDAPHosts {
    /// The bootstrap registries.
    package static let bootstrap = "192.0.43.8"
    /// The server that answers as it should.
    package static let good = "192.0.43.9"
    /// Nobody listens at these ports, which are none that a lookup may not use.
    package static let dead = "192.0.43.10:1081"
    static let alsoDead = "192.0.43.10:1082"

    static func of(_ conduct: RDAPConduct) -> String { "192.0.43.\(100 + (RDAPConduct.allCases.firstIndex(of: conduct) ?? 0))" }

    /// All addresses, each once.
    package static var addresses: [String] {
        [bootstrap, good, String(dead.prefix { $0 != ":" })] + RDAPConduct.allCases.map(of)
    }
}
