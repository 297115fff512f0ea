/// Why a text is not JSON.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, in bytes from the beginning.
    public let offset: Int
    /// What was expected there.
    public let reason: String

    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
    /// Arrays and objects inside each other.
    public static let depthAllowed = 64

    /// Reads JSON text (RFC 8259), which must be UTF-8 and nothing but one value.
    public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
        var parser = Parser(bytes: Array(bytes))
        self = try parser.document()
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        func failure(_ reason: String) -> JSONError { JSONError(offset: position, reason: reason) }

        mutating func document() throws(JSONError) -> JSON {
            skipSpace()
            let value = try value(depth: 0)
            skipSpace()
            guard next == nil else { throw failure("expected the end of the text") }
            return value
        }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        mutating func value(depth: Int) throws(JSONError) -> JSON {
            guard depth <= JSON.depthAllowed else { throw failure("nested deeper than \(JSON.depthAllowed)") }
            switch next {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number(try number())
            case nil: throw failure("expected a value, not the end")
            default: throw failure("expected a value")
            }
        }

        mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
            guard bytes[position...].starts(with: word.utf8) else { throw failure("expected \(word)") }
            position += word.utf8.count
            return value
        }

        mutating func array(depth: Int) throws(JSONError) -> JSON {
            var elements: [JSON] = []
            position += 1
            skipSpace()
            if take("]") { return .array([]) }
            while true {
                skipSpace()
                elements.append(try value(depth: depth + 1))
                skipSpace()
                if take("]") { return .array(elements) }
                guard take(",") else { throw failure("expected , or ]") }
            }
        }

        mutating func object(depth: Int) throws(JSONError) -> JSON {
            var members: [Member] = []
            position += 1
            skipSpace()
            if take("}") { return .object([]) }
            while true {
                skipSpace()
                guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
                let key = try string()
                skipSpace()
                guard take(":") else { throw failure("expected :") }
                skipSpace()
                members.append(Member(key, try value(depth: depth + 1)))
                skipSpace()
                if take("}") { return .object(members) }
                guard take(",") else { throw failure("expected , or }") }
            }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func number() throws(JSONError) -> String {
            let start = position
            _ = take("-")
            if !take("0") { try digits() }
            if take(".") { try digits() }
            if take("e") || take("E") {
                if !take("+") { _ = take("-") }
                try digits()
            }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        mutating func digits() throws(JSONError) {
            let start = position
            while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
            guard position > start else { throw failure("expected a digit") }
        }

        mutating func string() throws(JSONError) -> String {
            position += 1
            var text: [UInt8] = []
            let start = position
            while let byte = next {
                position += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let valid = String(validating: text, as: UTF8.self) else {
                        throw JSONError(offset: start, reason: "expected UTF-8")
                    }
                    return valid
                case UInt8(ascii: "\\"): try escape(into: &text)
                case 0..<0x20: throw failure("a control character in a string must be escaped")
                default: text.append(byte)
                }
            }
            throw failure("expected the string's end")
        }

        mutating func escape(into text: inout [UInt8]) throws(JSONError) {
            guard let byte = next else { throw failure("expected an escape") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
            default: throw failure("unknown escape")
            }
        }

        /// Four hexadecimal digits, and four more when they are the first half of a surrogate pair.
        mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
            let first = try hexadecimal()
            var value = first
            if 0xD800...0xDBFF ~= first, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
                position += 2
                let second = try hexadecimal()
                guard 0xDC00...0xDFFF ~= second else { throw failure("half a surrogate pair") }
                value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate pair") }
            return scalar
        }

        mutating func hexadecimal() throws(JSONError) -> UInt32 {
            guard position + 4 <= bytes.count else { throw failure("expected four hexadecimal digits") }
            var value: UInt32 = 0
            for byte in bytes[position..<position + 4] {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    throw failure("expected four hexadecimal digits")
                }
                value = value << 4 | UInt32(digit)
            }
            position += 4
            return value
        }
    }
}
