/// The family of a value, told by its first byte (the specification's table of formats).
@frozen public enum MessagePackFormat: UInt8, Hashable, Sendable {
    case `nil`, bool, integer, float, string, binary, array, map, extensionValue
    /// 0xc1, which no writer may use.
    case reserved

    @inlinable public init(_ first: UInt8) {
        switch first {
        case 0x00...0x7f, 0xe0...0xff, 0xcc...0xd3: self = .integer
        case 0x80...0x8f, 0xde, 0xdf: self = .map
        case 0x90...0x9f, 0xdc, 0xdd: self = .array
        case 0xa0...0xbf, 0xd9...0xdb: self = .string
        case 0xc0: self = .nil
        case 0xc2, 0xc3: self = .bool
        case 0xc4...0xc6: self = .binary
        case 0xc7...0xc9, 0xd4...0xd8: self = .extensionValue
        case 0xca, 0xcb: self = .float
        default: self = .reserved
        }
    }

    /// For error messages: "a map".
    var name: String {
        switch self {
        case .nil: "nil"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .float: "a float"
        case .string: "a string"
        case .binary: "binary"
        case .array: "an array"
        case .map: "a map"
        case .extensionValue: "an extension"
        case .reserved: "the reserved byte"
        }
    }
}
