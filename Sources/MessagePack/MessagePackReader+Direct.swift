#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessagePackReader {
    /// Reads a value of a type that has a format of its own.
    mutating func read<T>(_ type: T.Type, as direct: DirectType) throws(MessagePackError) -> T {
        switch direct {
        case .string: return same(try readString(), as: type)
        case .int: return same(try readInt(as: Int.self), as: type)
        case .data: return same(try readData(), as: type)
        case .double: return same(try readDouble(), as: type)
        case .bool: return same(try readBool(), as: type)
        case .bytes: return same(try readByteArray(), as: type)
        case .uint64: return same(try readInt(as: UInt64.self), as: type)
        case .int64: return same(try readInt(as: Int64.self), as: type)
        case .uint32: return same(try readInt(as: UInt32.self), as: type)
        case .int32: return same(try readInt(as: Int32.self), as: type)
        case .uint16: return same(try readInt(as: UInt16.self), as: type)
        case .int16: return same(try readInt(as: Int16.self), as: type)
        case .uint8: return same(try readInt(as: UInt8.self), as: type)
        case .int8: return same(try readInt(as: Int8.self), as: type)
        case .uint: return same(try readInt(as: UInt.self), as: type)
        case .float: return same(try readFloat(), as: type)
        case .int128: return same(try readWide(Int128.self), as: type)
        case .uint128: return same(try readWide(UInt128.self), as: type)
        case .date: return same(try readDate(), as: type)
        case .url: return same(try readURL(), as: type)
        case .decimal: return same(try readDecimal(), as: type)
        case .none: preconditionFailure("\(T.self) has no format of its own")
        }
    }

    /// A float of either width, rounded to 32 bits; a finite one that would become infinite is refused.
    mutating func readFloat() throws(MessagePackError) -> Float {
        if try first() == 0xca {
            let value = Float(bitPattern: try loadAfterFirst(UInt32.self))
            cursor += 5
            return value
        }
        var ahead = self
        let wide = try ahead.readDouble()
        let value = Float(wide)
        if value.isInfinite && wide.isFinite { throw outOfRange() }
        self = ahead
        return value
    }

    /// An integer, or one of 128 bits as 16 bytes of binary, big-endian.
    mutating func readWide<T: FixedWidthInteger>(_ type: T.Type) throws(MessagePackError) -> T {
        guard try first() == 0xc4 else { return try readInt(as: type) }
        var ahead = self
        let body = try ahead.readBinary()
        guard body.count == MemoryLayout<T>.size else { throw outOfRange() }
        self = ahead
        return body.reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    /// Binary, or a string's bytes.
    private mutating func readBinaryOrString() throws(MessagePackError) -> ArraySlice<UInt8> {
        if MessagePackFormat(try first()) == .string { return try readStringBytes() }
        return try readBinary()
    }

    private mutating func readData() throws(MessagePackError) -> Data {
        try readBinaryOrString().withUnsafeBytes { Data($0) }
    }

    /// Binary, a string's bytes, or an array of integers below 256.
    private mutating func readByteArray() throws(MessagePackError) -> [UInt8] {
        guard MessagePackFormat(try first()) == .array else { return Array(try readBinaryOrString()) }
        var ahead = self
        var result: [UInt8] = []
        for _ in 0..<(try ahead.readArrayHeader()) { result.append(try ahead.readInt(as: UInt8.self)) }
        self = ahead
        return result
    }

    /// The conversion counts from 2001, in floating point: no number of seconds that a peer sends can overflow it.
    private mutating func readDate() throws(MessagePackError) -> Date {
        let (seconds, nanoseconds) = try readTimestamp()
        let whole = Double(seconds) - Date.timeIntervalBetween1970AndReferenceDate
        return Date(timeIntervalSinceReferenceDate: whole + Double(nanoseconds) / 1e9)
    }

    private mutating func readURL() throws(MessagePackError) -> URL {
        var ahead = self
        guard let url = URL(string: try ahead.readString()) else { throw invalidText(.url) }
        self = ahead
        return url
    }

    func invalidText(_ what: MessagePackError.Text) -> MessagePackError {
        MessagePackError(.invalidText(what), at: cursor)
    }
}
