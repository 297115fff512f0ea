import Crypto
import World

/// The SHA-256 of a result (FIPS 180-4): the name by which it is asked for, and by which whoever gets it knows that it is that one.
package struct ResultDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let byteCount = 32

    package let bytes: [UInt8]

    package init(of content: [UInt8]) { bytes = Array(SHA256.hash(data: content)) }

    /// Nil for another number of bytes than 32.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads the 64 digits that ``description`` gives. Nil for anything else.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = [], high: UInt8?
        for digit in text.utf8 {
            guard let value = Self.digits.firstIndex(of: digit).map({ UInt8($0) }) else { return nil }
            if let first = high { bytes.append(first << 4 | value) }
            high = high == nil ? value : nil
        }
        self.bytes = bytes
    }

    private static let digits = Array("0123456789abcdef".utf8)

    package static func < (a: ResultDigest, b: ResultDigest) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    /// 64 hexadecimal digits in lower case.
    package var description: String {
        String(decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }
}
