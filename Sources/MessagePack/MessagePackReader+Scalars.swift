extension MessagePackReader {
    @inlinable public mutating func readNil() throws(MessagePackError) {
        let found = try first()
        guard found == 0xc0 else { throw unexpected(found, .nil) }
        cursor &+= 1
    }

    /// Steps over a nil if one is next and says whether it did: how an optional field begins.
    @inlinable public mutating func readNilIfPresent() throws(MessagePackError) -> Bool {
        guard try first() == 0xc0 else { return false }
        cursor &+= 1
        return true
    }

    @inlinable public mutating func readBool() throws(MessagePackError) -> Bool {
        let found = try first()
        guard found == 0xc2 || found == 0xc3 else { throw unexpected(found, .bool) }
        cursor &+= 1
        return found == 0xc3
    }

    /// An integer of any format.
    /// - Throws: `outOfRange` below 0.
    @inlinable public mutating func readUInt64() throws(MessagePackError) -> UInt64 {
        let integer = try integer()
        if integer.isNegative { throw outOfRange() }
        cursor &+= integer.length
        return integer.bits
    }

    /// An integer of any format.
    /// - Throws: `outOfRange` above 2^63-1.
    @inlinable public mutating func readInt64() throws(MessagePackError) -> Int64 {
        let integer = try integer()
        if !integer.isNegative && integer.bits > UInt64(Int64.max) { throw outOfRange() }
        cursor &+= integer.length
        return Int64(bitPattern: integer.bits)
    }

    /// An integer of any format that `type` can hold.
    /// - Throws: `outOfRange` when it cannot.
    @inlinable @inline(__always)
    public mutating func readInt<T: FixedWidthInteger>(as type: T.Type = T.self) throws(MessagePackError) -> T {
        let integer = try integer()
        let value = integer.isNegative
            ? T(truncatingIfNeeded: Int64(bitPattern: integer.bits)) : T(truncatingIfNeeded: integer.bits)
        guard UInt64(truncatingIfNeeded: value) == integer.bits, (value < 0) == integer.isNegative else {
            throw outOfRange()
        }
        cursor &+= integer.length
        return value
    }

    /// A float of either width, or an integer that a Double holds exactly.
    @inlinable public mutating func readDouble() throws(MessagePackError) -> Double {
        let found = try first()
        switch found {
        case 0xcb:
            let value = Double(bitPattern: try loadAfterFirst(UInt64.self))
            cursor &+= 9
            return value
        case 0xca:
            let value = Double(Float(bitPattern: try loadAfterFirst(UInt32.self)))
            cursor &+= 5
            return value
        default:
            guard MessagePackFormat(found) == .integer else { throw unexpected(found, .float) }
            let integer = try integer()
            let value = integer.isNegative
                ? Double(exactly: Int64(bitPattern: integer.bits)) : Double(exactly: integer.bits)
            guard let value else { throw outOfRange() }
            cursor &+= integer.length
            return value
        }
    }

    /// An integer in place: its value in 64 bits of two's complement, whether that is negative, and its whole length.
    @inlinable @inline(__always)
    func integer() throws(MessagePackError) -> (bits: UInt64, isNegative: Bool, length: Int) {
        let found = try first()
        if found < 0x80 { return (UInt64(found), false, 1) }
        return try wideInteger(found)
    }

    @inlinable
    func wideInteger(_ found: UInt8) throws(MessagePackError) -> (bits: UInt64, isNegative: Bool, length: Int) {
        let signed: Int64
        let length: Int
        switch found {
        case 0xcc: return (UInt64(try loadAfterFirst(UInt8.self)), false, 2)
        case 0xcd: return (UInt64(try loadAfterFirst(UInt16.self)), false, 3)
        case 0xce: return (UInt64(try loadAfterFirst(UInt32.self)), false, 5)
        case 0xcf: return (try loadAfterFirst(UInt64.self), false, 9)
        case 0xe0...0xff: (signed, length) = (Int64(Int8(bitPattern: found)), 1)
        case 0xd0: (signed, length) = (Int64(try loadAfterFirst(Int8.self)), 2)
        case 0xd1: (signed, length) = (Int64(try loadAfterFirst(Int16.self)), 3)
        case 0xd2: (signed, length) = (Int64(try loadAfterFirst(Int32.self)), 5)
        case 0xd3: (signed, length) = (try loadAfterFirst(Int64.self), 9)
        default: throw unexpected(found, .integer)
        }
        return (UInt64(bitPattern: signed), signed < 0, length)
    }
}
