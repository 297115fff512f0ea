/// Echo messages of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4).
package struct ICMPEcho: Hashable, Sendable {
    /// Bytes before the payload.
    static let headerBytes = 8

    /// Chosen by the sender; a socket that is not raw has the system choose it.
    package let identifier: UInt16
    package let sequence: UInt16
    /// What the other side sends back unchanged; here it tells our echoes from those of others.
    package let payload: [UInt8]

    private static func types(_ version: IPAddress.Version) -> (request: UInt8, reply: UInt8) {
        version == .v4 ? (8, 0) : (128, 129)
    }

    /// The request as bytes. The checksum of ICMPv6 covers addresses that only the system knows, so the system fills it in.
    package func request(_ version: IPAddress.Version) -> [UInt8] {
        var bytes: [UInt8] = [Self.types(version).request, 0, 0, 0]
        for number in [identifier, sequence] { bytes += [UInt8(number >> 8), UInt8(number & 0xFF)] }
        bytes += payload
        if version == .v4 {
            let sum = Self.checksum(bytes)
            (bytes[2], bytes[3]) = (UInt8(sum >> 8), UInt8(sum & 0xFF))
        }
        return bytes
    }

    /// Reads a reply; `nil` for anything else. A raw socket of IPv4 hands over the header of IP, too.
    package init?(reply bytes: ArraySlice<UInt8>, _ version: IPAddress.Version, hasHeader: Bool) {
        var bytes = bytes
        if hasHeader {
            guard let first = bytes.first, first >> 4 == 4, bytes.count >= Int(first & 0xF) * 4, first & 0xF >= 5 else { return nil }
            bytes = bytes.dropFirst(Int(first & 0xF) * 4)
        }
        guard bytes.count >= Self.headerBytes else { return nil }
        let start = bytes.startIndex
        guard bytes[start] == Self.types(version).reply, bytes[start + 1] == 0 else { return nil }
        identifier = UInt16(bytes[start + 4]) << 8 | UInt16(bytes[start + 5])
        sequence = UInt16(bytes[start + 6]) << 8 | UInt16(bytes[start + 7])
        payload = Array(bytes.dropFirst(Self.headerBytes))
    }

    package init(identifier: UInt16, sequence: UInt16, payload: [UInt8]) {
        self.identifier = identifier
        self.sequence = sequence
        self.payload = payload
    }

    /// The Internet checksum: RFC 1071.
    package static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
            sum = sum & 0xFFFF + sum >> 16
        }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
