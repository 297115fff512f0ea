/// Hosts and addresses as they are written: `127.0.0.1`, `::1`, `node-1.example.org`, `[::1]:7100`.
public enum HostText {
    /// Whether `text` is an IPv4 address, an IPv6 address, or a DNS name (RFC 1123, underscores allowed as resolvers do).
    public static func isValid(_ text: String) -> Bool {
        if text.contains(":") { return isIPv6(text) }
        if text.utf8.allSatisfy({ DurationNotation.isDigit($0) || $0 == UInt8(ascii: ".") }) { return isIPv4(text) }
        return isDNSName(text)
    }

    /// Whether `text` is an IPv4 address, or an IPv6 address without brackets.
    public static func isAddress(_ text: String) -> Bool { text.contains(":") ? isIPv6(text) : isIPv4(text) }

    /// Whether a socket bound to it answers at every address of the machine.
    public static func isWildcard(_ text: String) -> Bool { text == "0.0.0.0" || text == "::" }

    /// Whether it means this machine to every machine.
    public static func isLoopback(_ text: String) -> Bool {
        text == "localhost" || text == "::1" || (isIPv4(text) && text.hasPrefix("127."))
    }

    /// Whether two texts mean one host beyond doubt: letters in any case, and `localhost` for a loopback address.
    static func areEqual(_ a: String, _ b: String) -> Bool {
        func meansLoopback(_ name: String, _ address: String) -> Bool {
            name == "localhost" && (address == "127.0.0.1" || address == "::1")
        }
        let (a, b) = (a.lowercased(), b.lowercased())
        return a == b || meansLoopback(a, b) || meansLoopback(b, a)
    }

    /// Splits `host:port` and `[ipv6]:port`. Nil when it is neither, or the port is not in 1 ... 65,535.
    public static func parseEndpoint(_ text: String) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard digits.utf8.allSatisfy(DurationNotation.isDigit), let port = Int(digits), (1 ... 65_535).contains(port),
            isValid(String(host))
        else { return nil }
        return Endpoint(host: String(host), port: port)
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1 ... 3).contains(part.utf8.count) && part.utf8.allSatisfy(DurationNotation.isDigit) && (Int(part) ?? 256) < 256
            }
    }

    private static func isIPv6(_ text: String) -> Bool {
        // At most one "::" stands for the missing groups; the last two groups may be an IPv4 address.
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard halves.count <= 2, !text.hasPrefix(":::"), !text.hasSuffix(":::") else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            for (position, part) in parts.enumerated() {
                if index == halves.count - 1, position == parts.count - 1, isIPv4(part) {
                    groups += 2
                } else if (1 ... 4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal) {
                    groups += 1
                } else {
                    return false
                }
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }

    private static func isDNSName(_ text: String) -> Bool {
        guard (1 ... 253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1 ... 63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { DurationNotation.isDigit($0) || isLetter($0) || "-_".utf8.contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(byte | 0x20) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        DurationNotation.isDigit(byte) || (UInt8(ascii: "a") ... UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

/// A host and a port.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address (without brackets) or a DNS name.
    public let host: String
    /// 1 ... 65,535.
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets around IPv6.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
