/// The value of `Host`: `uri-host [ ":" port ]` (RFC 9110, 7.2, with the grammar of RFC 3986, 3.2.2 and 3.2.3).
enum Authority {
    /// True for an authority without user information, and for the empty value, which a client sends when it knows none.
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return end > 1 && bytes[1..<end].allSatisfy(isOfLiteral) && isPort(bytes[(end + 1)...])
        }
        let name = bytes.prefix { $0 != UInt8(ascii: ":") }
        return isName(name) && isPort(bytes[name.count...])
    }

    /// Nothing, or a colon and digits, of which there may be none.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        return first == UInt8(ascii: ":") && bytes.dropFirst().allSatisfy { isDigit($0) }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, isHexadecimal(bytes[index + 1]), isHexadecimal(bytes[index + 2]) else { return false }
                index += 3
            } else {
                guard isUnreservedOrDelimiter(bytes[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    private static func isOfLiteral(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ":") || isUnreservedOrDelimiter(byte) }

    private static func isUnreservedOrDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
