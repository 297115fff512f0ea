// How Codable becomes MessagePack
// ===============================
//   keyed container            map; a key with an integer value is an integer key, else a string key
//   unkeyed container          array
//   integers                   the smallest integer format; Int128 and UInt128 beyond 64 bits are 16 bytes of binary,
//                              big-endian
//   Float, Double              float 32, float 64: never narrowed, never an integer
//   String                     str
//   Data, [UInt8]              bin. (Byte arrays are what people mean by [UInt8]; as an array each byte above 127 would
//                              take two.)
//   Date                       timestamp, extension -1, rounded to nanoseconds
//   URL                        str, its absolute string
//   Decimal                    str, its exact decimal notation
//   UUID and everything else   as its own Codable conformance says (UUID: str of 36 characters)
//   nil                        nil; a value that encodes nothing is an empty map
//
// A dictionary whose keys are Strings always has string keys, even for "12", although the standard library offers 12 as
// an integer key then (and also for "007", which would come back as "7").
//
// Everything is written straight into one buffer. How many elements a container gets is known only when its value
// returns from `encode(to:)`, so its header is one reserved byte, patched afterwards; beyond 15 elements the content moves
// up by two or four bytes. Containers that Codable lets a value write to in any order (nested containers and super
// encoders) have a buffer of their own, which is put in its place at the end.

/// Encodes `Encodable` values as MessagePack.
public struct MessagePackEncoder: Sendable {
    /// Handed to every value through `Encoder.userInfo`; a distributed actor finds its system here.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// How many containers may lie inside one another, 64 unless set; 512 at most, because a decoder skips no deeper.
    public var maxDepth: Int = 64

    public init() {}

    /// The bytes of `value`.
    /// - Throws: `EncodingError` for a value that MessagePack cannot hold (a date that is not finite, containers deeper
    ///   than ``maxDepth``, more than 2^32-1 elements) and whatever the value's own `encode(to:)` throws.
    public func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
        var writer = MessagePackWriter(capacity: 256)
        try encode(value, into: &writer)
        return writer.finish()
    }

    /// Appends the bytes of `value`. On an error `writer` is as it was.
    public func encode<T: Encodable>(_ value: T, into writer: inout MessagePackWriter) throws {
        let direct = DirectType(T.self)
        if direct != .none { return try writer.pack(value, as: direct, path: []) }
        let start = writer.count
        let state = EncodingState(options: self)
        swap(&state.writer, &writer)
        defer { swap(&state.writer, &writer) }
        do {
            try state.descend(value, key: nil)
        } catch {
            state.writer.truncate(to: start)
            throw error
        }
    }
}
