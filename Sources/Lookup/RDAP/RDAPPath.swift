import World

// WHERE A REDIRECT MAY LEAD
//
// A server of the Internet, or whoever has taken its place, could send a node to its own admin port or to a machine beside it, and
// show the answer to the one who asked. So a redirect to an address that is not of the public Internet (IPAddress.specialRange)
// is refused. The host of a redirect may be a name, and its owner decides what the name leads to, a second time otherwise than the
// first: so the name is resolved here, all that it leads to is judged, and the connection is made to what was judged.
//
// Only a mesh whose bootstrap registry is itself in the own network is led about in it: there its operator has set up the servers.

/// Judges the hops of a lookup.
struct RDAPPath: Sendable {
    let resolver: LookupResolver
    /// Of the bootstrap registries, as the operator has configured it.
    let base: String

    /// Whether `url` may be asked because a server says so.
    /// - Returns: the address to connect to; `nil` when any will do.
    /// - Throws: ``LookupFailure`` with a sentence that goes on where the host has been named; `CancellationError`.
    func judge(_ url: String, _ world: any World) async throws -> IPAddress? {
        if try await isBaseLocal(world) { return nil }
        let host = HTTPReference.host(url)
        // Nothing that another reader of addresses could take for another host: no user, no escapes.
        let isPlain = HTTPReference.authority(url).utf8.allSatisfy { DomainName.isLetterOrDigit($0) || ".-_:[]".utf8.contains($0) }
        guard isPlain else { throw LookupFailure("that is no plain name or address of a host") }
        let addresses = try await addresses(of: host, world)
        for address in addresses {
            guard let range = address.specialRange else { continue }
            let place = host == address.addressText ? "that" : "that is \(address) and"
            throw LookupFailure("\(place) is no address of the Internet: \(range.prefix) is \(range.kind.rawValue) (\(range.source))")
        }
        guard let first = addresses.first else { throw LookupFailure("that host has no address") }
        return first
    }

    private func isBaseLocal(_ world: any World) async throws -> Bool {
        do {
            return try await addresses(of: HTTPReference.host(base), world).contains { $0.specialRange != nil }
        } catch is LookupFailure {
            return false
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
