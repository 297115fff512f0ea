import JSONDocument

/// Which servers know which names or addresses: a file of IANA's bootstrap registries (RFC 9224).
struct RDAPRegistry: Sendable {
    enum Kind: String, CaseIterable, Hashable, Sendable {
        case dns, ipv4, ipv6

        init(_ target: LookupTarget) {
            self = switch target.address?.version {
            case .v4: .ipv4
            case .v6: .ipv6
            case nil: .dns
            }
        }
    }

    private struct Service: Sendable {
        let entries: [String]
        let servers: [String]
    }

    private let kind: Kind
    /// Servers by the name that they know everything below of.
    private var names: [String: [String]] = [:]
    private var prefixes: [(prefix: AddressPrefix, servers: [String])] = []

    /// Reads the file; entries and servers that are none are passed over. `nil` when it is no registry at all.
    init?(_ kind: Kind, _ json: JSON) {
        guard let services = json["services"]?.elements else { return nil }
        self.kind = kind
        for service in services {
            guard let entries = service[0]?.elements?.compactMap(\.string) else { continue }
            // Whoever may choose takes the encrypted one: section 3 names no order.
            let urls = (service[1]?.elements ?? []).compactMap(\.string).filter { HTTPReference.isAbsolute($0) }
            let servers = urls.filter { $0.hasPrefix("https:") } + urls.filter { !$0.hasPrefix("https:") }
            guard !servers.isEmpty else { continue }
            for entry in entries {
                switch kind {
                case .dns: names[entry.lowercased()] = servers
                case .ipv4, .ipv6: if let prefix = AddressPrefix(entry) { prefixes.append((prefix, servers)) }
                }
            }
        }
    }

    /// The servers for the target, best first, by the longest entry that fits: whole labels of a name (section 4), bits of an address
    /// (section 5). Empty when there is none.
    func servers(for target: LookupTarget) -> [String] {
        if let address = target.address {
            return prefixes.filter { $0.prefix.contains(address) }.max { $0.prefix.length < $1.prefix.length }?.servers ?? []
        }
        var rest = Substring(target.text)
        while true {
            if let servers = names[String(rest)] { return servers }
            guard let dot = rest.firstIndex(of: ".") else { return names[""] ?? [] }
            rest = rest[rest.index(after: dot)...]
        }
    }
}
