import JSONDocument
import MessagePack

extension JSON {
    /// What MessagePack says, as far as JSON can say it: bytes become `{"bytes": "0a1b"}` with at most 64 of them, an extension
    /// `{"extension": {"bytes": ...}}`, and keys that are no texts the texts of their values. Bytes that are no MessagePack become
    /// `{"bytes": ...}`, too.
    package init(messagePack bytes: [UInt8]) {
        var reader = MessagePackReader(bytes)
        guard let value = try? Self.value(from: &reader, depth: 0), (try? reader.expectEnd()) != nil else {
            self = Self.shown(bytes[...])
            return
        }
        self = value
    }

    private static let deepest = 32, bytesShown = 64

    private static func value(from reader: inout MessagePackReader, depth: Int) throws -> JSON {
        guard depth < deepest else {
            _ = try reader.skipValue()
            return "…"
        }
        switch try reader.peekFormat() {
        case .nil:
            try reader.readNil()
            return .null
        case .bool: return .bool(try reader.readBool())
        case .integer:
            var other = reader
            if let number = try? other.readInt64() {
                reader = other
                return .number(number)
            }
            return .number(try reader.readUInt64())
        case .float: return .number(try reader.readDouble())
        case .string: return .string(try reader.readString())
        case .binary: return shown(try reader.readBinary())
        case .array:
            var elements: [JSON] = []
            for _ in 0..<(try reader.readArrayHeader()) { elements.append(try value(from: &reader, depth: depth + 1)) }
            return .array(elements)
        case .map:
            var members: [JSON.Member] = []
            for _ in 0..<(try reader.readMapHeader()) {
                let key = try value(from: &reader, depth: depth + 1)
                members.append(.init(key.string ?? key.text(), try value(from: &reader, depth: depth + 1)))
            }
            return .object(members)
        case .extensionValue:
            let raw = try reader.skipValue()
            return ["extension": shown(raw)]
        case .reserved: throw Unreadable()
        }
    }

    private struct Unreadable: Error {}

    private static func shown(_ bytes: ArraySlice<UInt8>) -> JSON {
        let digits = bytes.prefix(bytesShown).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return ["bytes": .string(digits + (bytes.count > bytesShown ? "… (\(bytes.count))" : ""))]
    }
}
