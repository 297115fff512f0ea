import CMessagePackShims

extension MessagePackReader {
    /// How many values follow as the elements of an array: at most `max`, and never more than bytes remain.
    @inlinable public mutating func readArrayHeader(max: Int = .max) throws(MessagePackError) -> Int {
        let found = try first()
        let (header, count): (Int, Int)
        switch found {
        case 0x90...0x9f: (header, count) = (1, Int(found & 0x0f))
        case 0xdc: (header, count) = (3, Int(try loadAfterFirst(UInt16.self)))
        case 0xdd: (header, count) = (5, Int(try loadAfterFirst(UInt32.self)))
        default: throw unexpected(found, .array)
        }
        try check(count, header: header, limit: max)
        cursor &+= header
        return count
    }

    /// How many pairs of key and value follow: at most `max`, and never more than half of the bytes that remain.
    @inlinable public mutating func readMapHeader(max: Int = .max) throws(MessagePackError) -> Int {
        let found = try first()
        let (header, count): (Int, Int)
        switch found {
        case 0x80...0x8f: (header, count) = (1, Int(found & 0x0f))
        case 0xde: (header, count) = (3, Int(try loadAfterFirst(UInt16.self)))
        case 0xdf: (header, count) = (5, Int(try loadAfterFirst(UInt32.self)))
        default: throw unexpected(found, .map)
        }
        if count > max { throw tooLarge(count, max) }
        if count > (remaining &- header) / 2 { throw truncated(needed: count &* 2 &+ header) }
        cursor &+= header
        return count
    }

    /// Type and length of an extension, whose body, all there, is next: take it with ``readRaw(_:)``.
    @inlinable public mutating func readExtensionHeader(
        maxBytes: Int = .max
    ) throws(MessagePackError) -> (type: Int8, count: Int) {
        let found = try first()
        let (header, count): (Int, Int)
        switch found {
        case 0xd4...0xd8: (header, count) = (2, 1 << Int(found &- 0xd4))
        case 0xc7: (header, count) = (3, Int(try loadAfterFirst(UInt8.self)))
        case 0xc8: (header, count) = (4, Int(try loadAfterFirst(UInt16.self)))
        case 0xc9: (header, count) = (6, Int(try loadAfterFirst(UInt32.self)))
        default: throw unexpected(found, .extensionValue)
        }
        try check(count, header: header, limit: maxBytes)
        let type = Int8(bitPattern: byte(header &- 1))
        cursor &+= header
        return (type, count)
    }

    /// A timestamp, extension -1, in any of its three forms: seconds since 1970-01-01 UTC and nanoseconds below 10^9.
    public mutating func readTimestamp() throws(MessagePackError) -> (seconds: Int64, nanoseconds: UInt32) {
        var body = self
        guard try peekFormat() == .extensionValue else { throw unexpected(try first(), .timestamp) }
        let (type, count) = try body.readExtensionHeader()
        guard type == -1 else { throw unexpected(try first(), .timestamp) }
        let seconds: Int64
        let nanoseconds: UInt32
        switch count {
        case 4:
            (seconds, nanoseconds) = (Int64(body.load(UInt32.self, at: 0)), 0)
        case 8:
            let both = body.load(UInt64.self, at: 0)
            (seconds, nanoseconds) = (Int64(both & 0x3_ffff_ffff), UInt32(truncatingIfNeeded: both >> 34))
        case 12:
            (seconds, nanoseconds) = (body.load(Int64.self, at: 4), body.load(UInt32.self, at: 0))
        default:
            throw MessagePackError(.invalidTimestamp, at: cursor)
        }
        guard nanoseconds < 1_000_000_000 else { throw MessagePackError(.invalidTimestamp, at: cursor) }
        cursor = body.cursor &+ count
        return (seconds, nanoseconds)
    }

    /// Steps over one whole value, containers with all they hold, without building it. `maxDepth` containers may lie
    /// inside one another (a scalar needs none), 512 at most.
    /// - Returns: the bytes of the value.
    /// - Throws: `truncated`, `reservedFormat`, `tooDeep`.
    @discardableResult
    public mutating func skipValue(maxDepth: Int = 64) throws(MessagePackError) -> ArraySlice<UInt8> {
        let depth = min(max(maxDepth, 0), Int(GOSSAMER_SCAN_DEPTH_LIMIT))
        let start = cursor &- bytes.startIndex
        let scan = bytes.withUnsafeBufferPointer { all in
            gossamer_scan(all.baseAddress.map { $0 + start }, remaining, UInt32(depth))
        }
        switch scan.status {
        case GOSSAMER_SCAN_COMPLETE:
            return take(0, scan.offset)
        case GOSSAMER_SCAN_TOO_DEEP:
            throw MessagePackError(.tooDeep(limit: depth), at: cursor &+ scan.offset)
        case GOSSAMER_SCAN_RESERVED:
            throw MessagePackError(.reservedFormat, at: cursor &+ scan.offset)
        default:
            throw MessagePackError(.truncated(needed: remaining &+ 1, remaining: remaining), at: cursor)
        }
    }

    /// ``skipValue(maxDepth:)`` for a value that is most likely a scalar: those are stepped over here, containers there.
    mutating func skip(maxDepth: Int) throws(MessagePackError) {
        let found = try first()
        let length: Int
        switch found {
        case 0x00...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: length = 1
        case 0xa0...0xbf: length = 1 + Int(found & 0x1f)
        case 0xcc, 0xd0: length = 2
        case 0xcd, 0xd1: length = 3
        case 0xce, 0xd2, 0xca: length = 5
        case 0xcf, 0xd3, 0xcb: length = 9
        case 0xd9, 0xc4: length = 2 + Int(try loadAfterFirst(UInt8.self))
        default:
            try skipValue(maxDepth: maxDepth)
            return
        }
        guard length <= remaining else { throw truncated(needed: length) }
        cursor &+= length
    }

    /// Whether `bytes` are exactly one well-formed value, judged by msgpack-c's parser without building anything.
    /// Strings are not looked into: whether they are UTF-8 shows when they are read.
    /// - Throws: as ``skipValue(maxDepth:)``, and `trailingBytes`.
    public static func validate(_ bytes: ArraySlice<UInt8>, maxDepth: Int = 64) throws(MessagePackError) {
        var reader = MessagePackReader(bytes)
        try reader.skipValue(maxDepth: maxDepth)
        try reader.expectEnd()
    }
}
