extension MessagePackReader {
    /// A string of at most `maxBytes` bytes of UTF-8.
    /// - Throws: `invalidUTF8`, `tooLarge`.
    @inlinable public mutating func readString(maxBytes: Int = .max) throws(MessagePackError) -> String {
        let found = try first()
        let (header, count) = try stringHeader(found, maxBytes)
        let start = cursor &- bytes.startIndex &+ header
        let text = bytes.withUnsafeBytes { makeString(UnsafeRawBufferPointer(rebasing: $0[start..<start &+ count])) }
        guard let text else { throw MessagePackError(.invalidUTF8, at: cursor) }
        cursor &+= header &+ count
        return text
    }

    /// The bytes of a string, not looked at: for a caller that compares them or passes them on.
    @inlinable public mutating func readStringBytes(maxBytes: Int = .max) throws(MessagePackError) -> ArraySlice<UInt8> {
        let found = try first()
        let (header, count) = try stringHeader(found, maxBytes)
        return take(header, count)
    }

    /// A binary of at most `maxBytes` bytes, as a slice of what is being read: nothing is copied.
    @inlinable public mutating func readBinary(maxBytes: Int = .max) throws(MessagePackError) -> ArraySlice<UInt8> {
        let found = try first()
        let (header, count): (Int, Int)
        switch found {
        case 0xc4: (header, count) = (2, Int(try loadAfterFirst(UInt8.self)))
        case 0xc5: (header, count) = (3, Int(try loadAfterFirst(UInt16.self)))
        case 0xc6: (header, count) = (5, Int(try loadAfterFirst(UInt32.self)))
        default: throw unexpected(found, .binary)
        }
        try check(count, header: header, limit: maxBytes)
        return take(header, count)
    }

    /// `count` bytes as they are: the body after a header that the caller read.
    @inlinable public mutating func readRaw(_ count: Int) throws(MessagePackError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw truncated(needed: count) }
        return take(0, count)
    }

    @inlinable @inline(__always)
    func stringHeader(_ found: UInt8, _ limit: Int) throws(MessagePackError) -> (header: Int, count: Int) {
        let (header, count): (Int, Int)
        switch found {
        case 0xa0...0xbf: (header, count) = (1, Int(found & 0x1f))
        case 0xd9: (header, count) = (2, Int(try loadAfterFirst(UInt8.self)))
        case 0xda: (header, count) = (3, Int(try loadAfterFirst(UInt16.self)))
        case 0xdb: (header, count) = (5, Int(try loadAfterFirst(UInt32.self)))
        default: throw unexpected(found, .string)
        }
        try check(count, header: header, limit: limit)
        return (header, count)
    }

    @inlinable @inline(__always) func check(_ size: Int, header: Int, limit: Int) throws(MessagePackError) {
        if size > limit { throw tooLarge(size, limit) }
        if size > remaining &- header { throw truncated(needed: size &+ header) }
    }

    @inlinable @inline(__always) mutating func take(_ header: Int, _ count: Int) -> ArraySlice<UInt8> {
        let start = cursor &+ header
        cursor = start &+ count
        return bytes[start..<cursor]
    }

    @usableFromInline @inline(never) func tooLarge(_ size: Int, _ limit: Int) -> MessagePackError {
        MessagePackError(.tooLarge(size: size, limit: limit), at: cursor)
    }
}

/// The string with this UTF-8, or nil if it is none.
///
/// Names are nearly always ASCII, and the standard library's validating initialiser takes 60 ns for five bytes of it,
/// five times as long as looking for a high bit first and using the repairing one, which has nothing to repair then.
@inlinable func makeString(_ utf8: UnsafeRawBufferPointer) -> String? {
    var high: UInt64 = 0
    var index = 0
    while index &+ 8 <= utf8.count {
        high |= utf8.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
    }
    while index < utf8.count {
        high |= UInt64(utf8[index])
        index &+= 1
    }
    if high & 0x8080_8080_8080_8080 == 0 { return String(decoding: utf8, as: UTF8.self) }
    return utf8.withMemoryRebound(to: UInt8.self) { String(validating: $0, as: UTF8.self) }
}
