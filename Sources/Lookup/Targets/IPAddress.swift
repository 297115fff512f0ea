import Glibc

/// An address of IPv4 or IPv6, as bytes in network order, with its zone if it has one.
public struct IPAddress: Hashable, Sendable {
    public enum Version: Int, Hashable, Sendable { case v4 = 4, v6 = 6 }

    /// 4 or 16.
    public let bytes: [UInt8]
    /// What follows the percent sign (RFC 4007, 11): the interface by which a link-local address is reached. For IPv6 only.
    public let zone: String?

    static let loopback = IPAddress(v4: (127, 0, 0, 1))

    public var version: Version { bytes.count == 4 ? .v4 : .v6 }

    private init(v4 bytes: (UInt8, UInt8, UInt8, UInt8)) {
        self.bytes = [bytes.0, bytes.1, bytes.2, bytes.3]
        zone = nil
    }

    /// - Parameter bytes: 4 or 16, in network order; `nil` for another count.
    public init?(bytes: some Collection<UInt8>, zone: String? = nil) {
        guard bytes.count == 16 || (bytes.count == 4 && zone == nil) else { return nil }
        self.bytes = Array(bytes)
        self.zone = zone
    }

    /// Reads a dotted IPv4 address of four decimal numbers without leading zeros, or any IPv6 text of RFC 4291, section 2.2, with
    /// a zone or without. Brackets and ports are no part of an address.
    public init?(_ text: String) {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let zone = parts.count == 2 ? String(parts[1]) : nil
        // inet_pton would read up to a zero byte and believe it the end.
        guard let address = parts.first.map(String.init), !address.utf8.contains(0) else { return nil }
        if let bytes = Self.parse(address, AF_INET, count: 4) {
            guard zone == nil else { return nil }
            self.init(bytes: bytes)
        } else if let bytes = Self.parse(address, AF_INET6, count: 16) {
            if let zone, !Self.isZone(zone) { return nil }
            self.init(bytes: bytes, zone: zone)
        } else {
            return nil
        }
    }

    /// The name of an interface (Linux has 15 bytes for it) or its number.
    private static func isZone(_ text: String) -> Bool {
        1...15 ~= text.utf8.count && text.utf8.allSatisfy { DomainName.isLetterOrDigit($0) || "._-".utf8.contains($0) }
    }

    private static func parse(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    /// The four bytes of an address that is one of IPv4.
    var v4: UInt32? {
        bytes.count == 4 ? bytes.reduce(0) { $0 << 8 | UInt32($1) } : nil
    }

    /// The name under which reverse lookups find it: RFC 1035, 3.5, and RFC 3596, 2.5.
    public var reverseName: String {
        switch version {
        case .v4: bytes.reversed().map(String.init).joined(separator: ".") + ".in-addr.arpa"
        case .v6:
            bytes.reversed().flatMap { [$0 & 0xF, $0 >> 4] }.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text: of IPv6 that of RFC 5952, the zone behind it.
    public var description: String { addressText + (zone.map { "%" + $0 } ?? "") }

    /// The canonical text without the zone.
    public var addressText: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = version == .v4 ? AF_INET : AF_INET6
        // The C library's form is that of RFC 5952: lower case, the longest run of at least two zero groups cut, the first of equals.
        let isWritten = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) != nil }
        precondition(isWritten, "an address of \(bytes.count) bytes has no text")
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
