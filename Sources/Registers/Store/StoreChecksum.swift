import World

/// A 64-bit checksum over the parts of a stored row, eight bytes at a time.
///
/// Each step is a bijection of the state for a given word, and of the word for a given state: one damaged word is always noticed,
/// more of them with all but one chance in 2^64. Sizes are part of it, so that bytes cannot pass from one part to the next.
struct StoreChecksum {
    private var state: UInt64

    /// - Parameter table: keeps a row of one table from being taken for one of another.
    init(_ table: StoreTable) { state = StableHash.mix(0x476F_7373_616D_6572 ^ UInt64(table.rawValue)) }

    mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 32
    }

    mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        guard offset < bytes.count else { return }
        var last: UInt64 = 0
        for byte in bytes[offset...].reversed() { last = last << 8 | UInt64(byte) }
        add(last)
    }

    mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    /// As SQLite keeps it.
    var value: Int64 { Int64(bitPattern: StableHash.mix(state)) }
}
