import CIDN2

/// The check of domain names: RFC 1035, 2.3.4, and RFC 1123, 2.1, after mapping to ASCII by UTS 46 (IDNA2008).
enum DomainName {
    /// Characters of a name without the dot at its end: 255 bytes on the wire, less the first length and the root.
    static let lengthLimit = 253
    static let labelLimit = 63
    /// What ends a label in one script or another (RFC 3490, 3.1).
    private static let dots: [Unicode.Scalar] = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]

    /// The name in lower-case ASCII without a dot at its end.
    static func canonical(_ text: String) throws(LookupTargetRefusal) -> String {
        let isDotted = text.unicodeScalars.last.map { dots.contains($0) } ?? false
        let name = isDotted ? String(text.unicodeScalars.dropLast()) : text
        guard 1...lengthLimit ~= name.unicodeScalars.count else { throw tooLong }
        let ascii = try ascii(name)
        guard 1...lengthLimit ~= ascii.utf8.count else { throw tooLong }
        let labels = ascii.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1 else { throw .invalid("Domain name must contain a dot (e.g. example.com)") }
        for label in labels where !isLabel(label) {
            throw .invalid("Invalid domain label: '\(label)'. Labels must be alphanumeric and may contain hyphens (not at start/end).")
        }
        if let last = labels.last, last.utf8.allSatisfy(isDigit) {
            throw .invalid("Invalid TLD: '\(last)'. Top-level domain cannot be all numeric.")
        }
        return ascii
    }

    private static let tooLong = LookupTargetRefusal.invalid("Domain name must be between 1 and \(lengthLimit) characters")
    private static let notInternational = LookupTargetRefusal.invalid("Domain name contains invalid international characters")

    /// Lower case of what is ASCII already, else what libidn2 makes of it. What looks like punycode is checked by it as well.
    private static func ascii(_ name: String) throws(LookupTargetRefusal) -> String {
        let lower = name.lowercased()
        let isPlain = name.utf8.allSatisfy { $0 < 0x80 } && !lower.contains("xn--")
        let mapped = isPlain ? lower : try internationalized(name)
        let labels = mapped.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ 1...labelLimit ~= $0.utf8.count }) else { throw notInternational }
        return mapped
    }

    private static func internationalized(_ name: String) throws(LookupTargetRefusal) -> String {
        guard !name.utf8.contains(0) else { throw notInternational }
        var output: UnsafeMutablePointer<CChar>?
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        guard idn2_to_ascii_8z(name, &output, flags) == IDN2_OK.rawValue, let output else { throw notInternational }
        defer { idn2_free(output) }
        return String(cString: output)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            && label.first != "-" && label.last != "-"
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

    static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
