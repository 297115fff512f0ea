import CMessagePackShims

// How this package uses msgpack-c
// ===============================
// The specification (github.com/msgpack/msgpack/blob/master/spec.md) has 37 formats and one duty of a writer: the
// smallest that holds the value. That knowledge is msgpack-c's. Its packer is a header template; CMessagePackShims
// instantiates it over a bare cursor, and the functions below hand it a place in this writer's buffer, so that the
// compiler folds template and caller into one. An envelope of 8 fields with 100 bytes of payload, on two shared cores:
//
//   pack     these functions 27 ns; the same written out in Swift by hand 25 ns; msgpack-c through its usual interface
//            (msgpack_packer, a function pointer per few bytes) 300 ns
//   unpack   MessagePackReader 58 ns; msgpack_unpack_next, which builds objects in a zone, 99 ns
//   judge    gossamer_scan 27 ns
//   Codable  0.6 us there, 0.9 us back, most of it in the standard library's containers
//
// So packing is msgpack-c's on every path, and reading is split:
//
//   MessagePackReader   one field at a time on the hot path of frames. A switch over the first byte in Swift, because
//                       msgpack-c's parser is a state machine for whole values that pays for being resumable.
//   gossamer_scan       msgpack-c's parser, instantiated to build nothing: skips values, and judges a whole input
//                       (MessagePackReader.skipValue, validate) without a zone and without an allocation.
//   MessagePackEncoder, MessagePackDecoder   Codable, on these two.

/// Appends MessagePack to a buffer of its own, always in the smallest format.
///
/// Nothing here fails: sizes beyond the format's 2^32-1 are a programming error and trap.
@frozen public struct MessagePackWriter: Sendable {
    // The buffer is longer than what is written: `used` bytes count, the rest is zeros to be overwritten. That makes a
    // write one test for room and one store, where Array.append would test and count for each byte.
    @usableFromInline var storage: [UInt8]
    @usableFromInline var used: Int

    /// An empty writer with room for `capacity` bytes before it grows.
    @inlinable public init(capacity: Int = 64) {
        storage = [UInt8](repeating: 0, count: max(capacity, 0))
        used = 0
    }

    /// Bytes written so far.
    @inlinable public var count: Int { used }

    /// What has been written, as a copy. To end writing without one use ``finish()``.
    public var bytes: [UInt8] { Array(storage.prefix(used)) }

    /// Ends the writing and gives the bytes away without copying them.
    @inlinable public consuming func finish() -> [UInt8] {
        storage.removeLast(storage.count - used)
        return storage
    }

    /// Forgets what was written and keeps the room, for the next message.
    @inlinable public mutating func removeAll() { used = 0 }

    /// Lends what has been written.
    @inlinable public func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try storage.withUnsafeBufferPointer { all throws(E) in
            try body(UnsafeRawBufferPointer(start: all.baseAddress, count: used))
        }
    }
}

extension MessagePackWriter {
    @inlinable @inline(__always) mutating func makeRoom(_ count: Int) {
        if storage.count &- used < count { grow(count) }
    }

    @usableFromInline @inline(never) mutating func grow(_ count: Int) {
        let wanted = max(used + count, storage.count * 2)
        storage.append(contentsOf: repeatElement(0, count: wanted - storage.count))
    }

    /// Lets msgpack-c write one scalar or header, which is at most ``GOSSAMER_PACK_MAX`` bytes.
    @inlinable @inline(__always) mutating func put(_ pack: (UnsafeMutablePointer<UInt8>) -> Int) {
        makeRoom(Int(GOSSAMER_PACK_MAX))
        let start = used
        used = start &+ storage.withUnsafeMutableBufferPointer { pack($0.baseAddress.unsafelyUnwrapped + start) }
    }

    @inlinable @inline(__always) static func size(_ count: Int) -> UInt32 {
        precondition(count <= Int(UInt32.max), "MessagePack holds at most 2^32-1 bytes or elements in one value")
        return UInt32(truncatingIfNeeded: count)
    }
}

// MARK: - Scalars

extension MessagePackWriter {
    @inlinable public mutating func packNil() { put { gossamer_pack_nil($0) } }

    @inlinable public mutating func pack(_ value: Bool) {
        put { value ? gossamer_pack_true($0) : gossamer_pack_false($0) }
    }

    @inlinable public mutating func pack(_ value: Int64) { put { gossamer_pack_int64($0, value) } }
    @inlinable public mutating func pack(_ value: UInt64) { put { gossamer_pack_uint64($0, value) } }
    @inlinable public mutating func pack(_ value: Int) { pack(Int64(value)) }
    @inlinable public mutating func pack(_ value: Int32) { pack(Int64(value)) }
    @inlinable public mutating func pack(_ value: Int16) { pack(Int64(value)) }
    @inlinable public mutating func pack(_ value: Int8) { pack(Int64(value)) }
    @inlinable public mutating func pack(_ value: UInt) { pack(UInt64(value)) }
    @inlinable public mutating func pack(_ value: UInt32) { pack(UInt64(value)) }
    @inlinable public mutating func pack(_ value: UInt16) { pack(UInt64(value)) }
    @inlinable public mutating func pack(_ value: UInt8) { pack(UInt64(value)) }

    /// Always float 64, as a `Float` is always float 32: never narrowed, never written as an integer.
    @inlinable public mutating func pack(_ value: Double) { put { gossamer_pack_double($0, value) } }
    @inlinable public mutating func pack(_ value: Float) { put { gossamer_pack_float($0, value) } }

    /// A timestamp, extension -1, in its 4, 8 or 12 byte form: seconds since 1970-01-01 UTC (negative before) plus
    /// `nanoseconds`, which must be below 10^9.
    @inlinable public mutating func packTimestamp(seconds: Int64, nanoseconds: UInt32) {
        precondition(nanoseconds < 1_000_000_000, "a timestamp's nanoseconds are below 10^9, not \(nanoseconds)")
        put { gossamer_pack_timestamp($0, seconds, nanoseconds) }
    }
}

// MARK: - Bytes and headers

extension MessagePackWriter {
    @inlinable public mutating func pack(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            packStringHeader(utf8.count)
            append(UnsafeRawBufferPointer(utf8))
        }
    }

    /// The header of a string whose UTF-8, `count` bytes, the caller appends.
    @inlinable public mutating func packStringHeader(_ count: Int) {
        let size = Self.size(count)
        put { gossamer_pack_str($0, size) }
    }

    @inlinable public mutating func packBinary(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { packBinary($0) }
    }

    @inlinable public mutating func packBinary(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { packBinary($0) }
    }

    @inlinable public mutating func packBinary(_ bytes: UnsafeRawBufferPointer) {
        packBinaryHeader(bytes.count)
        append(bytes)
    }

    /// The header of a binary whose `count` bytes the caller appends.
    @inlinable public mutating func packBinaryHeader(_ count: Int) {
        let size = Self.size(count)
        put { gossamer_pack_bin($0, size) }
    }

    /// The header of an array; its `count` elements follow.
    @inlinable public mutating func packArrayHeader(_ count: Int) {
        let size = Self.size(count)
        put { gossamer_pack_array($0, size) }
    }

    /// The header of a map; `count` times key and value follow.
    @inlinable public mutating func packMapHeader(_ count: Int) {
        let size = Self.size(count)
        put { gossamer_pack_map($0, size) }
    }

    /// An extension of the application's own `type` (0 to 127; negative types belong to the specification).
    @inlinable public mutating func packExtension(type: Int8, _ bytes: [UInt8]) {
        let size = Self.size(bytes.count)
        put { gossamer_pack_ext($0, size, type) }
        append(bytes)
    }

    /// Bytes that are MessagePack already, or the body that a header announced.
    @inlinable public mutating func append(_ raw: [UInt8]) { raw.withUnsafeBytes { append($0) } }
    @inlinable public mutating func append(_ raw: ArraySlice<UInt8>) { raw.withUnsafeBytes { append($0) } }

    @inlinable public mutating func append(_ raw: UnsafeRawBufferPointer) {
        guard let source = raw.baseAddress, raw.count > 0 else { return }
        makeRoom(raw.count)
        let start = used
        storage.withUnsafeMutableBytes {
            ($0.baseAddress.unsafelyUnwrapped + start).copyMemory(from: source, byteCount: raw.count)
        }
        used = start &+ raw.count
    }
}
