import JSONDocument
import Lookup

/// The registration data of the lab in the shapes of RFC 9083, and the registries that lead to them (RFC 9224).
struct RDAPDocuments: Sendable {
    /// `http://` and the host and port of a server of ``RDAPHosts``.
    let origin: @Sendable (_ host: String) -> String

    // MARK: Registries

    /// `dns`, `ipv4` or `ipv6`; `nil` for what is no registry.
    func registry(_ name: String) -> JSON? {
        switch name {
        case "dns": registry("RDAP bootstrap file for Domain Name System registrations", domains)
        case "ipv4": registry("RDAP bootstrap file for IPv4 address allocations", prefixes(.v4))
        case "ipv6": registry("RDAP bootstrap file for IPv6 address allocations", prefixes(.v6))
        default: nil
        }
    }

    private func registry(_ about: String, _ services: [(entries: [String], hosts: [String])]) -> JSON {
        let pairs = services.map { service -> JSON in
            let urls = service.hosts.map { JSON.string(origin($0) + "/") }
            return [.array(service.entries.map { .string($0) }), .array(urls)]
        }
        return [
            "description": .string(about), "publication": "2025-01-01T00:00:00Z", "version": "1.0", "services": .array(pairs),
        ]
    }

    private var domains: [(entries: [String], hosts: [String])] {
        let hostile = RDAPConduct.allCases.filter { !$0.servers.isEmpty }.map { (entries: [$0.domain], hosts: $0.servers) }
        return [(entries: ["com", "google", "net"], hosts: [RDAPHosts.good])] + hostile
    }

    private func prefixes(_ version: IPAddress.Version) -> [(entries: [String], hosts: [String])] {
        var prefixes: [String] = []
        for entry in LabFixtures.addresses where entry.address.version == version {
            if let prefix = entry.network?.prefix, !prefixes.contains(prefix) { prefixes.append(prefix) }
        }
        return [(entries: prefixes, hosts: [RDAPHosts.good])]
    }

    // MARK: Objects

    /// `nil` for a domain that is not registered. What is hostile has a document all the same, for when all ends well.
    func domain(_ name: String) -> JSON? {
        let name = name.lowercased()
        let known = LabFixtures.domains.first { $0.name == name }?.holder
        guard let holder = known ?? RDAPConduct(domain: name).map({ "The Lab (\($0.rawValue))" }) else { return nil }
        return document([
            .init("objectClassName", "domain"), .init("handle", .string("LAB-" + name.uppercased())), .init("ldhName", .string(name)),
            .init("status", ["active"]), .init("events", Self.events), .init("entities", [Self.entity(holder, role: "registrant")]),
            .init("nameservers", [["objectClassName": "nameserver", "ldhName": "ns.lab.test"]]),
            .init("secureDNS", ["delegationSigned": false]), .init("links", [link("/domain/\(name)")]),
        ])
    }

    /// The network that has the address; `nil` when there is none.
    func network(of address: IPAddress) -> JSON? {
        let entry = LabFixtures.addresses.first { entry in
            entry.network?.range.map { $0.contains(address) } ?? false
        }
        guard let network = entry?.network, let range = network.range else { return nil }
        return document([
            .init("objectClassName", "ip network"), .init("handle", .string(network.handle)),
            .init("startAddress", .string("\(range.first)")), .init("endAddress", .string("\(range.last)")),
            .init("ipVersion", address.version == .v4 ? "v4" : "v6"), .init("name", .string(network.name)),
            .init("type", "DIRECT ALLOCATION"), .init("country", .string(network.country)), .init("status", ["active"]),
            .init("events", Self.events), .init("entities", [Self.entity(network.holder, role: "registrant")]),
            .init("links", [link("/ip/\(address.addressText)")]),
        ])
    }

    /// What is said of an object that is not there (RFC 9083, 6).
    static func missing(_ what: String) -> JSON {
        ["rdapConformance": ["rdap_level_0"], "errorCode": 404, "title": "Not Found", "description": [.string("there is no \(what) here")]]
    }

    private func document(_ members: [JSON.Member]) -> JSON {
        let notice: JSON = ["title": "Terms of Use", "description": ["Made up for the lab."]]
        return .object([.init("rdapConformance", ["rdap_level_0"]), .init("notices", [notice])] + members)
    }

    private func link(_ path: String) -> JSON {
        let url = JSON.string(origin(RDAPHosts.good) + path)
        return ["value": url, "rel": "self", "href": url, "type": "application/rdap+json"]
    }

    private static let events: JSON = [
        ["eventAction": "registration", "eventDate": "1997-09-15T04:00:00Z"],
        ["eventAction": "last changed", "eventDate": "2024-08-02T02:17:33Z"],
    ]

    /// With a card as of RFC 7095.
    private static func entity(_ name: String, role: String) -> JSON {
        let card: JSON = ["vcard", [["version", [:], "text", "4.0"], ["fn", [:], "text", .string(name)]]]
        return ["objectClassName": "entity", "handle": "LAB-1", "roles": [.string(role)], "vcardArray": card]
    }
}

extension LabAddress.Network {
    /// The first and the last address of the prefix.
    struct Range {
        let first: IPAddress
        let last: IPAddress

        func contains(_ address: IPAddress) -> Bool {
            address.bytes.count == first.bytes.count && !address.bytes.lexicographicallyPrecedes(first.bytes)
                && !last.bytes.lexicographicallyPrecedes(address.bytes)
        }
    }

    /// `nil` for what is no prefix.
    var range: Range? {
        let parts = prefix.split(separator: "/")
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            0...address.bytes.count * 8 ~= length
        else { return nil }
        func bytes(_ bits: Bool) -> [UInt8] {
            address.bytes.enumerated().map { index, byte in
                let own = min(8, max(0, length - index * 8)), mask = UInt8(truncatingIfNeeded: 0xFF00 >> own)
                return bits ? byte | ~mask : byte & mask
            }
        }
        guard let first = IPAddress(bytes: bytes(false)), let last = IPAddress(bytes: bytes(true)) else { return nil }
        return Range(first: first, last: last)
    }
}
