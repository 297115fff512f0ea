#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessagePackWriter {
    /// Writes a value of a type that has a format of its own.
    mutating func pack<T>(_ value: T, as direct: DirectType, path: @autoclosure () -> [any CodingKey]) throws {
        switch direct {
        case .string: try pack(checked: same(value, as: String.self), path())
        case .int: pack(same(value, as: Int.self))
        case .data: try pack(same(value, as: Data.self), path())
        case .double: pack(same(value, as: Double.self))
        case .bool: pack(same(value, as: Bool.self))
        case .bytes: try pack(checked: same(value, as: [UInt8].self), path())
        case .uint64: pack(same(value, as: UInt64.self))
        case .int64: pack(same(value, as: Int64.self))
        case .uint32: pack(same(value, as: UInt32.self))
        case .int32: pack(same(value, as: Int32.self))
        case .uint16: pack(same(value, as: UInt16.self))
        case .int16: pack(same(value, as: Int16.self))
        case .uint8: pack(same(value, as: UInt8.self))
        case .int8: pack(same(value, as: Int8.self))
        case .uint: pack(same(value, as: UInt.self))
        case .float: pack(same(value, as: Float.self))
        case .int128: pack(wide: same(value, as: Int128.self))
        case .uint128: pack(wide: same(value, as: UInt128.self))
        case .date: try pack(same(value, as: Date.self), path())
        case .url: try pack(checked: same(value, as: URL.self).absoluteString, path())
        case .decimal: pack(same(value, as: Decimal.self).description)
        case .none: assertionFailure("\(T.self) has no format of its own")
        }
    }

    mutating func pack(checked text: String, _ path: @autoclosure () -> [any CodingKey]) throws {
        try Self.check(text.utf8.count, text, path())
        pack(text)
    }

    mutating func pack(checked bytes: [UInt8], _ path: @autoclosure () -> [any CodingKey]) throws {
        try Self.check(bytes.count, bytes, path())
        packBinary(bytes)
    }

    private mutating func pack(_ data: Data, _ path: @autoclosure () -> [any CodingKey]) throws {
        try Self.check(data.count, data, path())
        data.withUnsafeBytes { packBinary($0) }
    }

    /// A date counts from 2001 and is split there, because counting it from 1970 first would cost it a bit.
    private mutating func pack(_ date: Date, _ path: @autoclosure () -> [any CodingKey]) throws {
        let interval = date.timeIntervalSinceReferenceDate
        guard interval.magnitude < 0x1p62 else {
            // Not the date itself: describing one that is not finite, as every log of this error would, traps.
            throw EncodingError.invalidValue(interval, .init(
                codingPath: path(),
                debugDescription: "a timestamp holds no date \(interval) s from 2001; send a finite one."))
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
    ) throws {
        guard size > Int(UInt32.max) else { return }
        throw EncodingError.invalidValue(value, .init(
            codingPath: path(),
            debugDescription: "\(size) bytes are more than MessagePack's 2^32-1; send it in pieces."))
    }
}
