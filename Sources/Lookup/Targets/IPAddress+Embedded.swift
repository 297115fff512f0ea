// ADDRESSES INSIDE ADDRESSES
//
// Many addresses of IPv6 carry one of IPv4, and a router, a tunnel or the system itself may take the one for the other. Whoever judges
// only what is written is led to 127.0.0.1 by ::ffff:127.0.0.1, and to a cloud's metadata service by 64:ff9b::a9fe:a9fe.

extension IPAddress {
    /// The IPv4 address to which packets for this one of IPv6 go in the end: mapped (RFC 4291, 2.5.5.2), NAT64's well-known prefix
    /// (RFC 6052, 2.1), 6to4 (RFC 3056), Teredo (RFC 4380, where the client's address is stored inverted).
    public var embedded: IPAddress? {
        guard version == .v6 else { return nil }
        if Self.mapped.contains(self) || Self.nat64.contains(self) { return ipv4(12, 13, 14, 15) }
        if Self.sixToFour.contains(self) { return ipv4(2, 3, 4, 5) }
        if Self.teredo.contains(self) { return IPAddress(bytes: bytes[12...].map { ~$0 }) }
        return nil
    }

    /// The IPv4 addresses that this one of IPv6 may be turned into in some networks: compatible with IPv4 (RFC 4291, 2.5.5.1), translated
    /// (RFC 2765, 2.1), ISATAP (RFC 5214, 6.1), and NAT64 with the prefix for local use (RFC 8215), whose length nobody beyond that
    /// network knows, so that there are four readings (RFC 6052, 2.2).
    var hidden: [IPAddress] {
        guard version == .v6 else { return [] }
        if Self.localNAT64.contains(self) {
            return [ipv4(6, 7, 9, 10), ipv4(7, 9, 10, 11), ipv4(9, 10, 11, 12), ipv4(12, 13, 14, 15)]
        }
        let isISATAP = [0, 2].contains(bytes[8]) && bytes[9..<12].elementsEqual([0, 0x5E, 0xFE])
        let isHiding = isISATAP || Self.compatible.contains(self) || Self.translated.contains(self)
        return isHiding ? [ipv4(12, 13, 14, 15)] : []
    }

    /// The address itself, or the IPv4 one that a socket for both kinds shows as `::ffff:192.0.2.1`.
    package var unmapped: IPAddress { version == .v6 && Self.mapped.contains(self) ? ipv4(12, 13, 14, 15) : self }

    private func ipv4(_ indices: Int...) -> IPAddress {
        guard let address = IPAddress(bytes: indices.map { bytes[$0] }) else { preconditionFailure("four bytes are an address of IPv4") }
        return address
    }

    /// Whether a cloud answers there, to every machine in it, with what the machine is and may do: credentials, in short. In whatever form
    /// the address is written.
    package var isMetadataService: Bool {
        ([self] + [embedded].compactMap { $0 } + hidden).contains { address in Self.metadata.contains { $0.contains(address) } }
    }

    /// Whether it is `0.0.0.0` or `::`, or carries the former.
    var isUnspecified: Bool { (embedded ?? self).bytes.allSatisfy { $0 == 0 } }

    private static let mapped = prefix("::ffff:0:0/96")
    private static let nat64 = prefix("64:ff9b::/96")
    private static let sixToFour = prefix("2002::/16")
    private static let teredo = prefix("2001::/32")
    private static let localNAT64 = prefix("64:ff9b:1::/48")
    private static let compatible = prefix("::/96")
    private static let translated = prefix("::ffff:0:0:0/96")

    /// Of most clouds; of ECS and EKS; of AWS over IPv6; of Google's over IPv6; of Alibaba's; of Oracle's; of Azure's, which looks public.
    private static let metadata = [
        "169.254.169.0/24", "169.254.170.0/24", "fd00:ec2::/32", "fd20:ce::254/128", "100.100.100.200/32", "192.0.0.192/32",
        "168.63.129.16/32",
    ].map(prefix)

    /// A prefix that is written in this program.
    static func prefix(_ text: String) -> AddressPrefix {
        guard let prefix = AddressPrefix(text) else { preconditionFailure("\(text) is no prefix") }
        return prefix
    }
}
