/// Why bytes are not the MessagePack that was asked for.
///
/// Match on ``code``; ``description`` is a sentence for a person. Encoders never throw this for what they are given to
/// write: a value that cannot be encoded is an `EncodingError`.
public struct MessagePackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a reader stood before when it asked for a format.
    public enum Expected: UInt8, Hashable, Sendable {
        case `nil`, bool, integer, float, string, binary, array, map, extensionValue, timestamp
    }

    /// What a string was to spell.
    public enum Text: UInt8, Hashable, Sendable {
        case url, decimal
    }

    public enum Code: Hashable, Sendable {
        /// A value of `needed` more bytes was announced, `remaining` are there. A container's elements count as at
        /// least one byte each, so that an impossible count is found before anything is set aside for it.
        case truncated(needed: Int, remaining: Int)
        /// The first byte `found` belongs to another format.
        case unexpectedFormat(expected: Expected, found: UInt8)
        /// A number that the type asked for cannot hold.
        case outOfRange
        /// Containers inside one another beyond `limit`.
        case tooDeep(limit: Int)
        /// A string, binary, container or extension of `size` bytes or elements where the caller takes `limit` at most.
        case tooLarge(size: Int, limit: Int)
        /// A string that is not UTF-8.
        case invalidUTF8
        /// A string that does not spell what was asked for.
        case invalidText(Text)
        /// The same key for the second time in a map that is decoded by keys.
        case duplicateKey
        /// The byte 0xc1, which the specification never assigns.
        case reservedFormat
        /// An extension of type -1 that is no timestamp: not 4, 8 or 12 bytes, or 10^9 nanoseconds and more.
        case invalidTimestamp
        /// `count` bytes after the end of the only value.
        case trailingBytes(count: Int)
    }

    public let code: Code
    /// Where: an index into the bytes that the reader was given (of a slice: into what it is a slice of).
    public let offset: Int

    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String {
        "MessagePack at byte \(offset): " + sentence
    }

    private var sentence: String {
        switch code {
        case .truncated(let needed, let remaining):
            "needs \(needed) more bytes but only \(remaining) are there; the sender cut the message or lies about a size."
        case .unexpectedFormat(let expected, let found):
            "expected \(expected.name), found \(MessagePackFormat(found).name) (0x\(String(found, radix: 16)));"
                + " both sides must agree on the layout."
        case .outOfRange:
            "the number does not fit the type asked for; read it as a wider one."
        case .tooDeep(let limit):
            "containers lie more than \(limit) deep inside one another; flatten the value or raise the limit."
        case .tooLarge(let size, let limit):
            "announces a size of \(size), the limit is \(limit); send less or raise the limit."
        case .invalidUTF8:
            "the string is not UTF-8; send raw bytes as binary."
        case .invalidText(.url):
            "the string is no URL."
        case .invalidText(.decimal):
            "the string is no decimal number; send digits with at most one point and an exponent."
        case .duplicateKey:
            "the map has this key already; send each key once."
        case .reservedFormat:
            "0xc1 is never used by MessagePack; the bytes are something else or damaged."
        case .invalidTimestamp:
            "extension -1 is no timestamp of 4, 8 or 12 bytes with less than 10^9 nanoseconds."
        case .trailingBytes(let count):
            "\(count) bytes follow the end of the value; one message holds one value."
        }
    }
}

extension MessagePackError.Expected {
    var name: String {
        switch self {
        case .nil: "nil"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .float: "a number"
        case .string: "a string"
        case .binary: "binary"
        case .array: "an array"
        case .map: "a map"
        case .extensionValue: "an extension"
        case .timestamp: "a timestamp"
        }
    }
}
