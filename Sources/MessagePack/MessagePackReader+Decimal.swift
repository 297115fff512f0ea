#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessagePackReader {
    /// Decimal notation as `Decimal.description` writes it, or a number.
    mutating func readDecimal() throws(MessagePackError) -> Decimal {
        var ahead = self
        let value: Decimal
        switch try peekFormat() {
        case .integer:
            let integer = try integer()
            value = integer.isNegative ? Decimal(Int64(bitPattern: integer.bits)) : Decimal(integer.bits)
            ahead.cursor += integer.length
        case .float:
            let wide = try ahead.readDouble()
            // Foundation's conversion traps on infinity, and a Decimal ends at about 10^165.
            guard wide.magnitude < 1e120, wide == 0 || wide.magnitude > 1e-100 else { throw outOfRange() }
            value = Decimal(wide)
        default:
            let text = try ahead.readString(maxBytes: 256)
            guard let read = text == "NaN" ? Decimal.nan : decimal(text) else { throw invalidText(.decimal) }
            value = read
        }
        self = ahead
        return value
    }

    /// Foundation's conversion reads as far as it understands and takes that; here the whole text must be a number:
    /// a sign, digits, a point with digits, an exponent of at most three digits.
    private func decimal(_ text: String) -> Decimal? {
        var rest = Array(text.utf8)[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if let sign = rest.first, sign == 0x2b || sign == 0x2d { rest = rest.dropFirst() }
        guard digits() > 0 else { return nil }
        if rest.first == 0x2e {
            rest = rest.dropFirst()
            guard digits() > 0 else { return nil }
        }
        if let exponent = rest.first, exponent == 0x65 || exponent == 0x45 {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == 0x2b || sign == 0x2d { rest = rest.dropFirst() }
            guard (1...3).contains(digits()) else { return nil }
        }
        return rest.isEmpty ? Decimal(string: text) : nil
    }
}
