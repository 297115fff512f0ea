/// A part of a path as it was sent, and what it says when its percent-escapes are read.
struct PathText: Sendable {
    /// As it was sent.
    let sent: String
    /// With `%41` read as A. What is no escape stays as it is, and what is then no UTF-8 is mended.
    let text: String
    /// It is UTF-8 when it is read. Of what is not, many come to the same text.
    let isWhole: Bool

    init(_ sent: String) {
        self.sent = sent
        guard sent.utf8.contains(UInt8(ascii: "%")) else {
            text = sent
            // Bytes that were sent without escapes have been mended before.
            isWhole = !sent.unicodeScalars.contains(Self.mended)
            return
        }
        let bytes = Self.decoded(Array(sent.utf8))
        let whole = String(validating: bytes, as: UTF8.self)
        text = whole ?? String(decoding: bytes, as: UTF8.self)
        isWhole = whole != nil && !sent.unicodeScalars.contains(Self.mended)
    }

    /// What stands for bytes that are no UTF-8.
    private static let mended: Unicode.Scalar = "\u{FFFD}"

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
