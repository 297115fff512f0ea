import World

// WHERE A LOOKUP MAY LEAD
//
// The registry names servers, and a server may redirect to others. Any of them, or whoever has taken its place, could send a node to its
// own admin port or to a machine beside it, and show the answer to the one who asked. So each host that comes from them is judged before
// it is asked (AddressPolicy): it has no user and no escapes, which two readers may read as two hosts, a port where HTTP is served, and no
// address that is not of the public Internet. A host may be a name, and its owner decides what the name leads to, a second time otherwise
// than the first: so the name is resolved here, all that it leads to is judged, and the connection is made to what was judged.
//
// A mesh whose registry is in the operator's own network is led about in it: the operator has set up the servers. What that excuses is
// the kind of range that the registry is in and no other: a registry on the loopback may name servers there, and none at 10.0.0.1. A
// cloud's metadata service is excused by nothing.

/// Judges the hops of a lookup.
package struct RDAPPath: Sendable {
    private let resolver: LookupResolver
    /// Of the bootstrap registries, as the operator has configured it.
    private let base: String

    package init(resolver: LookupResolver, base: String) {
        self.resolver = resolver
        self.base = base
    }

    /// Whether `url` may be asked because the registry or a server says so.
    /// - Returns: the addresses to connect to, best first; at least one.
    /// - Throws: ``RDAPFault`` with words that go on where the host has been named; `CancellationError`.
    package func judge(_ url: String, _ world: any World) async throws -> [IPAddress] {
        let host = HTTPReference.host(url), authority = HTTPReference.authority(url)
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw RDAPFault("that has a user before the host") }
        // Nothing that another reader of addresses could take for another host.
        let isPlain = !host.isEmpty && authority.utf8.allSatisfy { DomainName.isLetterOrDigit($0) || ".-_:[]".utf8.contains($0) }
        guard isPlain else { throw RDAPFault("that is no plain name or address of a host") }
        guard let port = HTTPReference.port(url), port == 80 || port == 443 || port >= 1_024 else {
            throw RDAPFault("that is no port where RDAP is served (80, 443, 1024 to 65535)")
        }
        let found: [IPAddress]
        do { found = try await addresses(of: host, world) } catch let failure as LookupFailure { throw RDAPFault(failure.message) }
        guard !found.isEmpty else { throw RDAPFault("that host has no address") }
        let isSpecial = found.contains { AddressRefusal($0) != nil }
        let kinds = isSpecial ? try await ownKinds(world) : []
        if let refusal = resolver.client.outside.addresses.refusal(ofServer: found, among: kinds) {
            let place = host == refusal.address.addressText ? "that" : "that is \(refusal.address) and"
            throw RDAPFault("\(place) is no address of the Internet: \(refusal)")
        }
        return found
    }

    /// The kinds of special ranges that the registry itself is in; none for one of the Internet.
    private func ownKinds(_ world: any World) async throws -> Set<AddressRange.Kind> {
        do {
            return Set(try await addresses(of: HTTPReference.host(base), world).compactMap { $0.specialRange?.kind })
        } catch is LookupFailure {
            return []
        }
    }

    private func addresses(of host: String, _ world: any World) async throws -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        // RFC 6761, 6.3: these mean the host itself, and no server need be asked.
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return [.loopback] }
        return try await resolver.addresses(of: name, world)
    }
}
