/// A JSON value that keeps what JSON says and nothing else.
///
/// Numbers stay as they were written, because 2^64-1 does not survive a floating-point number; objects keep their order,
/// so that a document reads as its author meant it; keys are looked up without regard to case, as the edge's contract asks.
/// (Foundation's decoder does none of the three, and would bring Foundation into every process.)
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The literal as written, valid by RFC 8259.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        public let key: String
        public let value: JSON

        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }
}

extension JSON {
    /// An integer.
    public static func number(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// A number, or null for what JSON cannot write (NaN and the infinities).
    public static func number(_ value: Double) -> JSON { value.isFinite ? .number("\(value)") : .null }

    /// `.string`, or `.null` for nil.
    public static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }

    /// The value of the member with this key, in any case of ASCII letters; nil when there is none or this is no object.
    /// Of several the last counts, as in most readers of JSON.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        if let exact = members.last(where: { $0.key == key }) { return exact.value }
        let folded = key.asciiLowercased
        return members.last { $0.key.asciiLowercased == folded }?.value
    }

    /// The element at this index; nil when there is none or this is no array.
    public subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text of a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The value of a number that is a whole one and fits.
    public func integer<Value: FixedWidthInteger>(_ type: Value.Type = Int.self) -> Value? {
        if case .number(let literal) = self { Value(literal) } else { nil }
    }

    /// The elements of an array.
    public var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

    /// The members of an object.
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// What it is, for messages: "a string", "an array".
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0, $1) }) }
    public init(nilLiteral: ()) { self = .null }
}

extension String {
    /// The string with the letters A to Z in lower case and everything else as it is.
    package var asciiLowercased: String {
        guard utf8.contains(where: { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }) else { return self }
        return String(decoding: utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
