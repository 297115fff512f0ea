#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessagePackWriter {
    /// Writes `value` if it is of one of the types that have a format of their own, without asking its `encode(to:)`.
    ///
    /// The types are compared one after another because that is a pointer comparison each; a cast would be a search
    /// through the runtime's tables.
    mutating func packDirectly<T>(_ value: T, path: @autoclosure () -> [any CodingKey]) throws(EncodingError) -> Bool {
        if T.self == String.self { try pack(checked: same(value, as: String.self), path()) }
        else if T.self == Int.self { pack(same(value, as: Int.self)) }
        else if T.self == Data.self { try pack(same(value, as: Data.self), path()) }
        else if T.self == Double.self { pack(same(value, as: Double.self)) }
        else if T.self == Bool.self { pack(same(value, as: Bool.self)) }
        else if T.self == [UInt8].self { try pack(checked: same(value, as: [UInt8].self), path()) }
        else if T.self == UInt64.self { pack(same(value, as: UInt64.self)) }
        else if T.self == Int64.self { pack(same(value, as: Int64.self)) }
        else if T.self == UInt32.self { pack(same(value, as: UInt32.self)) }
        else if T.self == Int32.self { pack(same(value, as: Int32.self)) }
        else if T.self == UInt16.self { pack(same(value, as: UInt16.self)) }
        else if T.self == Int16.self { pack(same(value, as: Int16.self)) }
        else if T.self == UInt8.self { pack(same(value, as: UInt8.self)) }
        else if T.self == Int8.self { pack(same(value, as: Int8.self)) }
        else if T.self == UInt.self { pack(same(value, as: UInt.self)) }
        else if T.self == Float.self { pack(same(value, as: Float.self)) }
        else if T.self == Int128.self { pack(wide: same(value, as: Int128.self)) }
        else if T.self == UInt128.self { pack(wide: same(value, as: UInt128.self)) }
        else if T.self == Date.self { try pack(same(value, as: Date.self), path()) }
        else if T.self == URL.self { try pack(checked: same(value, as: URL.self).absoluteString, path()) }
        else if T.self == Decimal.self { pack(same(value, as: Decimal.self).description) }
        else { return false }
        return true
    }

    mutating func pack(checked text: String, _ path: @autoclosure () -> [any CodingKey]) throws(EncodingError) {
        try Self.check(text.utf8.count, text, path())
        pack(text)
    }

    mutating func pack(checked bytes: [UInt8], _ path: @autoclosure () -> [any CodingKey]) throws(EncodingError) {
        try Self.check(bytes.count, bytes, path())
        packBinary(bytes)
    }

    private mutating func pack(_ data: Data, _ path: @autoclosure () -> [any CodingKey]) throws(EncodingError) {
        try Self.check(data.count, data, path())
        data.withUnsafeBytes { packBinary($0) }
    }

    /// A date counts from 2001 and is split there, because counting it from 1970 first would cost it a bit.
    private mutating func pack(_ date: Date, _ path: @autoclosure () -> [any CodingKey]) throws(EncodingError) {
        let interval = date.timeIntervalSinceReferenceDate
        guard interval.magnitude < 0x1p62 else {
            throw .invalidValue(date, .init(
                codingPath: path(), debugDescription: "A timestamp holds no date \(interval) s from 2001; send a finite one."))
        }
        let whole = interval.rounded(.down)
        var seconds = Int64(whole) + Int64(Date.timeIntervalBetween1970AndReferenceDate)
        var nanoseconds = ((interval - whole) * 1e9).rounded()
        if nanoseconds >= 1e9 { (seconds, nanoseconds) = (seconds + 1, 0) }
        packTimestamp(seconds: seconds, nanoseconds: UInt32(nanoseconds))
    }

    mutating func pack(wide value: Int128) {
        if let narrow = Int64(exactly: value) { pack(narrow) } else if let narrow = UInt64(exactly: value) {
            pack(narrow)
        } else {
            packBody(of: value.bigEndian)
        }
    }

    mutating func pack(wide value: UInt128) {
        if let narrow = UInt64(exactly: value) { pack(narrow) } else { packBody(of: value.bigEndian) }
    }

    private mutating func packBody(of bigEndian: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: bigEndian) { packBinary($0) }
    }

    private static func check(
        _ size: Int, _ value: Any, _ path: @autoclosure () -> [any CodingKey]
    ) throws(EncodingError) {
        guard size > Int(UInt32.max) else { return }
        throw .invalidValue(value, .init(
            codingPath: path(), debugDescription: "\(size) bytes are more than MessagePack's 2^32-1; send it in pieces."))
    }
}

/// `value`, seen as the type that it is.
func same<T, U>(_ value: T, as type: U.Type) -> U {
    assert(T.self == U.self)
    return unsafeBitCast(value, to: type)
}
