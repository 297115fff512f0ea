/// A decimal number, read exactly: JSON's grammar (RFC 8259, 6), so `1e9` and `5.0` are whole and `18446744073709551616` is too
/// large rather than rounded.
package enum WholeNumber: Equatable {
    case value(UInt64)
    case negative
    case tooLarge
    case notWhole

    /// Digits with at most a sign before them: what counts as a number when it comes as a string.
    package static func isPlain(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    package init(_ text: String) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = Self.takeDigits(&rest)
        var fraction: [UInt8] = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = Self.takeDigits(&rest)
            if fraction.isEmpty { self = .notWhole; return }
        }
        guard !whole.isEmpty, let exponent = Self.takeExponent(&rest), rest.isEmpty else { self = .notWhole; return }
        self = Self.value(digits: whole + fraction, exponent: exponent - fraction.count)
        if isNegative, self != .value(0), self != .notWhole { self = .negative }
    }

    /// Zero when there is no exponent, nil when it is malformed. Held within ±10,000: beyond, only zero is not too large or
    /// too small, whatever its exponent.
    private static func takeExponent(_ rest: inout Substring.UTF8View) -> Int? {
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return 0 }
        rest = rest.dropFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let digits = takeDigits(&rest)
        guard !digits.isEmpty else { return nil }
        let size = digits.reduce(0) { min($0 * 10 + Int($1), 10_000) }
        return isNegative ? -size : size
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> [UInt8] {
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        rest = rest[digits.endIndex...]
        return digits.map { $0 - UInt8(ascii: "0") }
    }

    private static func value(digits: [UInt8], exponent: Int) -> WholeNumber {
        var digits = digits[...].drop { $0 == 0 }
        guard !digits.isEmpty else { return .value(0) }
        if exponent < 0 {
            guard digits.count > -exponent, digits.suffix(-exponent).allSatisfy({ $0 == 0 }) else { return .notWhole }
            digits = digits.dropLast(-exponent)
        }
        var number: UInt64 = 0
        for digit in digits {
            guard let next = number.timesTen(plus: digit) else { return .tooLarge }
            number = next
        }
        for _ in 0..<max(0, exponent) {
            guard let next = number.timesTen(plus: 0) else { return .tooLarge }
            number = next
        }
        return .value(number)
    }
}

extension UInt64 {
    fileprivate func timesTen(plus digit: UInt8) -> UInt64? {
        let (product, overflow) = multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = product.addingReportingOverflow(UInt64(digit))
        return overflow || overflow2 ? nil : sum
    }
}
