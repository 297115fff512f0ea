import HTTPTypes
import Limits
import Lookup
import Web

/// Who asks, as far as limits go: the owner of an API key that is known here, else an address.
///
/// A key that nobody has declared says nothing: anybody can make up as many as there are limits to get around.
package struct LimitedClient: Hashable, Sendable {
    /// Of its buckets, behind the rate.
    package let name: String
    let key: LimitSettings.Key?

    init(_ request: WebRequest, _ settings: LimitSettings) {
        self.init(peer: request.peer, headers: request.headers, settings)
    }

    /// - Parameter peer: the address from which the request has come; nil when it is not known any more.
    package init(peer: String?, headers: HTTPFields, _ settings: LimitSettings) {
        if let key = Self.keys(headers).lazy.compactMap({ settings.client(of: $0) }).first {
            (name, self.key) = ("key \(key.name)", key)
        } else {
            let address = peer.flatMap { IPAddress($0) }.map { Self.origin($0.unmapped, headers, settings.proxies) }
            (name, key) = ("address \(address?.block ?? "unknown")", nil)
        }
    }

    /// Keys that the request shows: `X-API-Key`, or a bearer token (RFC 6750, 2.1).
    private static func keys(_ headers: HTTPFields) -> [Substring] {
        var keys: [Substring] = []
        if let name = HTTPField.Name("X-API-Key"), let key = headers[name] { keys.append(key[...]) }
        let scheme = "bearer "
        if let authorization = headers[.authorization], authorization.prefix(scheme.count).lowercased() == scheme {
            keys.append(authorization.dropFirst(scheme.count).drop { $0 == " " })
        }
        return keys
    }

    /// The client behind proxies: each that is trusted has written at the end of `X-Forwarded-For` whom it has heard. What stands before
    /// the first one that is not trusted may be made up.
    private static func origin(_ peer: IPAddress, _ headers: HTTPFields, _ proxies: [AddressPrefix]) -> IPAddress {
        guard !proxies.isEmpty, let name = HTTPField.Name("X-Forwarded-For") else { return peer }
        var origin = peer
        for hop in headers[values: name].flatMap({ $0.split(separator: ",") }).reversed() {
            guard proxies.contains(where: { $0.contains(origin) }), let address = address(ofHop: hop) else { break }
            origin = address.unmapped
        }
        return origin
    }

    /// An address, in brackets or not, with a port or without.
    private static func address(ofHop hop: Substring) -> IPAddress? {
        let text = hop.filter { $0 != " " && $0 != "\t" }
        if text.hasPrefix("[") { return IPAddress(String(text.dropFirst().prefix { $0 != "]" })) }
        return IPAddress(text) ?? IPAddress(String(text.prefix { $0 != ":" }))
    }
}

extension IPAddress {
    /// What one client has of addresses: one of IPv4; of IPv6 the 64 bits of its network, of which it may take any address it likes
    /// (RFC 4291, 2.5.1, and RFC 8981).
    fileprivate var block: String {
        guard version == .v6 else { return addressText }
        let network = IPAddress(bytes: bytes[..<8] + Array(repeating: 0, count: 8)) ?? self
        return network.addressText + "/64"
    }
}
