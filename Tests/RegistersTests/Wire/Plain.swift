import MessagePack
import Registers

/// A MessagePack value as it is written down in a test, to build what no packer builds.
enum Plain: ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral {
    case number(UInt64)
    case bytes([UInt8])
    case bool(Bool)
    case list([Plain])
    case none

    init(integerLiteral value: UInt64) { self = .number(value) }
    init(arrayLiteral elements: Plain...) { self = .list(elements) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .none }

    static func bytes(count: Int) -> Plain { .bytes([UInt8](repeating: 7, count: count)) }

    var packed: [UInt8] {
        var writer = MessagePackWriter()
        pack(into: &writer)
        return writer.finish()
    }

    private func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .number(let number): writer.pack(number)
        case .bytes(let bytes): writer.packBinary(bytes)
        case .bool(let bool): writer.pack(bool)
        case .list(let elements):
            writer.packArrayHeader(elements.count)
            for element in elements { element.pack(into: &writer) }
        case .none: writer.packNil()
        }
    }

    /// A frame of one sender of life 1 with these items.
    static func frame(_ items: [Plain]) -> Plain { [32, 9, [.bytes(count: 16), 1], .list(items)] }

    /// What refuses the frame; nil when nothing does.
    static func refusal(of frame: Plain) -> RegisterFormatError? {
        do {
            _ = try RegisterFrame(unpacking: frame.packed)
            return nil
        } catch { return error }
    }
}
