/// What is looked up: an address or a domain name that has been checked, in canonical form.
///
/// It travels as its text and is checked again where it arrives.
public struct LookupTarget: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Codable, Hashable, Sendable {
        case address = "IPAddress"
        case domain = "Domain"
    }

    public let kind: Kind
    /// Of an address its canonical text (RFC 5952 for IPv6), with its zone if it has one; of a domain its name in lower-case letters,
    /// punycode where it was not ASCII (RFC 5891), without a dot at its end.
    public let text: String

    /// The address, if it is one.
    public var address: IPAddress? { kind == .address ? IPAddress(text) : nil }

    public var description: String { text }

    public init(_ address: IPAddress) { self.init(kind: .address, text: address.description) }

    private init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// Reads what a user has written. White space around it does not count; brackets around an IPv6 address and a port behind
    /// them are dropped.
    /// - Throws: ``LookupTargetRefusal``.
    public init(_ text: String) throws(LookupTargetRefusal) {
        let trimmed = Self.trim(text)
        guard !trimmed.isEmpty else { throw .required }
        if let address = IPAddress(trimmed) ?? Self.bracketed(trimmed) {
            self.init(address)
            return
        }
        // The first check of the contract passes over a zone, and the second does not: one of IPv4, or one that is none.
        if let percent = trimmed.firstIndex(of: "%"), IPAddress(String(trimmed[..<percent])) != nil { throw .unusable }
        if Self.isShortOrOtherwiseBased(trimmed) {
            throw .invalid("Invalid IP address format: '\(trimmed)'. IPv4 must have exactly 4 octets (0-255), IPv6 must be valid format.")
        }
        let isNumeric = trimmed.utf8.allSatisfy { $0 == UInt8(ascii: ".") || DomainName.isDigit($0) }
        if isNumeric, trimmed.utf8.contains(where: DomainName.isDigit) {
            let shown = trimmed.prefix(DomainName.lengthLimit)
            throw .invalid("Invalid IP address format: '\(shown)'. IPv4 must have exactly 4 octets (0-255 each).")
        }
        self.init(kind: .domain, text: try DomainName.canonical(trimmed))
    }

    private static func trim(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(scalars[...last])
    }

    /// `[2001:db8::1]` and `[2001:db8::1]:443`, as RFC 3986, 3.2.2, writes them.
    private static func bracketed(_ text: String) -> IPAddress? {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return nil }
        let rest = text[text.index(after: end)...]
        if !rest.isEmpty {
            guard rest.first == ":", 2...6 ~= rest.utf8.count, rest.utf8.dropFirst().allSatisfy(DomainName.isDigit),
                UInt16(rest.dropFirst()) != nil
            else { return nil }
        }
        guard let address = IPAddress(String(text[text.index(after: text.startIndex)..<end])), address.version == .v6 else { return nil }
        return address
    }

    /// What the BSD function `inet_aton` reads though it is not four decimal numbers: `1`, `127.1`, `010.1.1.1`, `0x7f000001`. Such
    /// texts mean different addresses to different readers, so they are refused.
    private static func isShortOrOtherwiseBased(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard 1...4 ~= parts.count, let last = parts.last.flatMap(anyBase) else { return false }
        return parts.dropLast().allSatisfy { (anyBase($0) ?? 256) < 256 } && last < UInt64(1) << (8 * UInt64(5 - parts.count))
    }

    /// A number in decimal, octal with a leading 0, or hexadecimal with a leading 0x, of less than 33 bits.
    private static func anyBase(_ text: Substring) -> UInt64? {
        guard let first = text.utf8.first, DomainName.isDigit(first), text.utf8.count <= 16 else { return nil }
        let value = switch text.lowercased() {
        case let text where text.hasPrefix("0x"): UInt64(text.dropFirst(2), radix: 16)
        case let text where text.count > 1 && first == UInt8(ascii: "0"): UInt64(text, radix: 8)
        case let text: UInt64(text)
        }
        return value.flatMap { $0 <= UInt32.max ? $0 : nil }
    }
}

extension LookupTarget: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(LookupTargetRefusal) {
            self = try LookupTarget(text)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text.prefix(64))\" is no target of a lookup: \(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Why a text is no target, in the words of the lookup contract.
public enum LookupTargetRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is none.
    case required
    /// The request does not pass validation; the text says why.
    case invalid(String)
    /// It has passed validation and cannot be looked up all the same.
    case unusable

    /// True when the contract answers with a validation problem, false when with a plain error.
    public var isValidation: Bool { self != .unusable }

    public var description: String {
        switch self {
        case .required: "Target is required"
        case .invalid(let text): text
        case .unusable: "Target must be a valid IP address or domain name"
        }
    }
}
