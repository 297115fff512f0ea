#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessagePackReader {
    /// Reads a value of one of the types that have a format of their own, without asking its `init(from:)`; nil for any
    /// other type.
    mutating func readDirectly<T>(_ type: T.Type) throws(MessagePackError) -> T? {
        if T.self == String.self { return same(try readString(), as: T.self) }
        if T.self == Int.self { return same(try readInt(as: Int.self), as: T.self) }
        if T.self == Data.self { return same(try readData(), as: T.self) }
        if T.self == Double.self { return same(try readDouble(), as: T.self) }
        if T.self == Bool.self { return same(try readBool(), as: T.self) }
        if T.self == [UInt8].self { return same(try readByteArray(), as: T.self) }
        if T.self == UInt64.self { return same(try readUInt64(), as: T.self) }
        if T.self == Int64.self { return same(try readInt64(), as: T.self) }
        if T.self == UInt32.self { return same(try readInt(as: UInt32.self), as: T.self) }
        if T.self == Int32.self { return same(try readInt(as: Int32.self), as: T.self) }
        if T.self == UInt16.self { return same(try readInt(as: UInt16.self), as: T.self) }
        if T.self == Int16.self { return same(try readInt(as: Int16.self), as: T.self) }
        if T.self == UInt8.self { return same(try readInt(as: UInt8.self), as: T.self) }
        if T.self == Int8.self { return same(try readInt(as: Int8.self), as: T.self) }
        if T.self == UInt.self { return same(try readInt(as: UInt.self), as: T.self) }
        if T.self == Float.self { return same(try readFloat(), as: T.self) }
        if T.self == Int128.self { return same(try readWide(Int128.self), as: T.self) }
        if T.self == UInt128.self { return same(try readWide(UInt128.self), as: T.self) }
        if T.self == Date.self { return same(try readDate(), as: T.self) }
        if T.self == URL.self { return same(try readURL(), as: T.self) }
        if T.self == Decimal.self { return same(try readDecimal(), as: T.self) }
        return nil
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
