/// What a special range of addresses is for, and who says so.
public struct AddressRange: Hashable, Sendable {
    public enum Kind: String, Sendable {
        /// For use inside a network.
        case `private`
        /// The host itself.
        case loopback
        /// The hosts of one cable.
        case linkLocal = "link-local"
        /// Kept for something else than hosts of the Internet: documentation, multicast, tests, the future.
        case reserved

        /// Whether the same address belongs to somebody else in every network or host, so that nobody beyond can say whose it is.
        public var isLocal: Bool { self != .reserved }
    }

    public let kind: Kind
    /// The prefix as it is written: `10.0.0.0/8`.
    public let prefix: String
    /// The document that takes the range out of the Internet: `RFC 1918`.
    public let source: String
}

extension IPAddress {
    /// The special range that the address lies in; `nil` for an address of the public Internet.
    ///
    /// An address that carries one of IPv4 (``embedded``) is judged by that one; one that may carry one (``hidden``) by both, so that no
    /// form of writing makes a private address a public one.
    public var specialRange: AddressRange? {
        if let embedded { return embedded.specialRange }
        let own = Self.specialRanges.first { $0.prefix.contains(self) }?.range
        if let own, own.kind.isLocal { return own }
        let inner = hidden.compactMap(\.specialRange)
        return inner.first { $0.kind.isLocal } ?? own ?? inner.first
    }

    /// True when the first `length` bits are those of `prefix`.
    func matches(_ prefix: IPAddress, length: Int) -> Bool {
        guard prefix.bytes.count == bytes.count, length <= bytes.count * 8 else { return false }
        let whole = length / 8
        guard bytes[..<whole] == prefix.bytes[..<whole] else { return false }
        let rest = length % 8
        return rest == 0 || (bytes[whole] ^ prefix.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}

/// A prefix of addresses, as in `10.0.0.0/8`.
package struct AddressPrefix: Hashable, Sendable {
    let address: IPAddress
    let length: Int

    /// `nil` unless the text is an address without a zone, a slash and a length that the address has.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), address.zone == nil,
            let length = Int(parts[1]), 0...address.bytes.count * 8 ~= length
        else { return nil }
        self.address = address
        self.length = length
    }

    package func contains(_ other: IPAddress) -> Bool { other.matches(address, length: length) }
}

extension IPAddress {
    private struct Special: Sendable {
        let prefix: AddressPrefix
        let range: AddressRange

        init(_ text: String, _ kind: AddressRange.Kind, _ source: String) {
            prefix = IPAddress.prefix(text)
            range = AddressRange(kind: kind, prefix: text, source: source)
        }
    }

    /// After IANA's registries of special-purpose addresses (RFC 6890); a narrower range stands before the wider one around it.
    private static let specialRanges: [Special] = [
        Special("0.0.0.0/8", .reserved, "RFC 1122"),
        Special("10.0.0.0/8", .private, "RFC 1918"),
        Special("100.64.0.0/10", .private, "RFC 6598"),
        Special("127.0.0.0/8", .loopback, "RFC 1122"),
        Special("169.254.0.0/16", .linkLocal, "RFC 3927"),
        Special("172.16.0.0/12", .private, "RFC 1918"),
        Special("192.0.0.0/24", .reserved, "RFC 6890"),
        Special("192.0.2.0/24", .reserved, "RFC 5737"),
        Special("192.88.99.0/24", .reserved, "RFC 7526"),
        Special("192.168.0.0/16", .private, "RFC 1918"),
        Special("198.18.0.0/15", .reserved, "RFC 2544"),
        Special("198.51.100.0/24", .reserved, "RFC 5737"),
        Special("203.0.113.0/24", .reserved, "RFC 5737"),
        Special("224.0.0.0/4", .reserved, "RFC 5771"),
        Special("240.0.0.0/4", .reserved, "RFC 1112"),
        Special("::/128", .reserved, "RFC 4291"),
        Special("::1/128", .loopback, "RFC 4291"),
        Special("64:ff9b:1::/48", .private, "RFC 8215"),
        Special("100::/64", .reserved, "RFC 6666"),
        Special("2001:2::/48", .reserved, "RFC 5180"),
        Special("2001:10::/28", .reserved, "RFC 4843"),
        Special("2001:db8::/32", .reserved, "RFC 3849"),
        Special("3fff::/20", .reserved, "RFC 9637"),
        Special("5f00::/16", .reserved, "RFC 9602"),
        Special("fc00::/7", .private, "RFC 4193"),
        Special("fe80::/10", .linkLocal, "RFC 4291"),
        Special("fec0::/10", .reserved, "RFC 3879"),
        Special("ff00::/8", .reserved, "RFC 4291"),
        // All but the global unicast addresses, 2000::/3, in the pieces that are left of them.
        Special("::/3", .reserved, "RFC 4291"),
        Special("4000::/2", .reserved, "RFC 4291"),
        Special("8000::/1", .reserved, "RFC 4291"),
    ]
}
