/// Reads MessagePack field by field from bytes that somebody else owns.
///
/// A reader is a place in an `ArraySlice`: making one, copying one and taking a slice out of it copy no bytes. Every
/// failure is a ``MessagePackError``, and a read that failed leaves the reader where it stood. Nothing is set aside
/// from a declared size: lengths and counts are held against the bytes that remain first.
@frozen public struct MessagePackReader: Sendable {
    @usableFromInline let bytes: ArraySlice<UInt8>
    @usableFromInline var cursor: Int
    @usableFromInline let end: Int

    @inlinable public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        cursor = bytes.startIndex
        end = bytes.endIndex
    }

    @inlinable public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Index, in the slice's own indices, of the next byte to read.
    @inlinable public var position: Int { cursor }

    /// Bytes not read yet.
    @inlinable public var remaining: Int { end &- cursor }

    @inlinable public var isAtEnd: Bool { cursor == end }

    /// All that has not been read yet.
    @inlinable public var rest: ArraySlice<UInt8> { bytes[cursor..<end] }

    /// The family of the next value.
    /// - Throws: `truncated` at the end, `reservedFormat` for 0xc1.
    @inlinable public func peekFormat() throws(MessagePackError) -> MessagePackFormat {
        let format = MessagePackFormat(try first())
        if format == .reserved { throw MessagePackError(.reservedFormat, at: cursor) }
        return format
    }

    /// The first byte of the next value.
    @inlinable public func peekByte() throws(MessagePackError) -> UInt8 { try first() }

    /// Refuses bytes after what has been read.
    /// - Throws: `trailingBytes`.
    @inlinable public func expectEnd() throws(MessagePackError) {
        if !isAtEnd { throw MessagePackError(.trailingBytes(count: remaining), at: cursor) }
    }
}

// MARK: - Bytes in place. Everything below has looked at `end` before it looks at a byte.

extension MessagePackReader {
    @inlinable @inline(__always) func first() throws(MessagePackError) -> UInt8 {
        guard cursor < end else { throw truncated(needed: 1) }
        return byte(0)
    }

    /// The byte at `offset` from the cursor, which must be inside.
    @inlinable @inline(__always) func byte(_ offset: Int) -> UInt8 {
        let start = bytes.startIndex
        return bytes.withUnsafeBufferPointer { $0[cursor &- start &+ offset] }
    }

    /// The big-endian number that follows the first byte.
    @inlinable @inline(__always)
    func loadAfterFirst<T: FixedWidthInteger>(_ type: T.Type) throws(MessagePackError) -> T {
        guard remaining > MemoryLayout<T>.size else { throw truncated(needed: MemoryLayout<T>.size &+ 1) }
        return load(type, at: 1)
    }

    /// The big-endian number at `offset` from the cursor, which must be inside.
    @inlinable @inline(__always) func load<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
        let start = bytes.startIndex
        return bytes.withUnsafeBytes {
            T(bigEndian: $0.loadUnaligned(fromByteOffset: cursor &- start &+ offset, as: T.self))
        }
    }

    @usableFromInline @inline(never) func truncated(needed: Int) -> MessagePackError {
        MessagePackError(.truncated(needed: needed, remaining: remaining), at: cursor)
    }

    @usableFromInline @inline(never)
    func unexpected(_ found: UInt8, _ expected: MessagePackError.Expected) -> MessagePackError {
        if found == 0xc1 { return MessagePackError(.reservedFormat, at: cursor) }
        return MessagePackError(.unexpectedFormat(expected: expected, found: found), at: cursor)
    }

    @usableFromInline @inline(never) func outOfRange() -> MessagePackError {
        MessagePackError(.outOfRange, at: cursor)
    }
}
