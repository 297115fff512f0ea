#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the values of one map are, by key.
///
/// Made by stepping once over the map. Up to 16 entries are compared one after another, beginning behind the entry
/// found last, since values ask in the order in which they were written; more get a hash table, seeded per process so
/// that a peer cannot choose keys that collide.
struct MapIndex {
    struct Entry {
        /// Where the value begins.
        let value: Int
        /// Where a string key's text begins, or an integer key.
        let key: Int
        /// A string key's length in bytes; -1 for an integer key, -2 for a key that no Swift key can name.
        let length: Int
        /// Equal for equal keys of equal length, mostly different for different ones.
        let mark: UInt64

        static let integer = -1
        static let unnamed = -2

        var isInteger: Bool { length == Self.integer }
    }

    private static let linearLimit = 16

    private(set) var entries: ContiguousArray<Entry> = []
    private let bytes: ArraySlice<UInt8>
    private var expected = 0
    /// Open addressing: index of an entry plus one, 0 for a free slot. Empty for small maps.
    private var slots: [Int32] = []

    /// Steps over the map at the reader's cursor, whose values may hold `maxDepth` containers inside one another.
    init(_ reader: inout MessagePackReader, maxDepth: Int) throws(MessagePackError) {
        bytes = reader.bytes
        let count = try reader.readMapHeader(max: Int(Int32.max) - 1)
        // The count is only a claim: beyond a handful, room is made as entries are seen.
        entries.reserveCapacity(min(count, Self.linearLimit))
        for _ in 0..<count {
            let place = reader.position
            let entry = try reader.mapKey(maxDepth: maxDepth)
            if entries.count == Self.linearLimit && slots.isEmpty { fillSlots() }
            guard add(entry) else { throw MessagePackError(.duplicateKey, at: place) }
            try reader.skip(maxDepth: maxDepth)
        }
    }

    // MARK: Looking up

    /// The offset of the value of `key`, found by its integer value or by its string.
    mutating func find(_ key: some CodingKey) -> Int? {
        var found = key.intValue.flatMap { search($0) }
        if found == nil { found = search(key.stringValue) }
        guard let found else { return nil }
        expected = found + 1
        return entries[found].value
    }

    private func search(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { utf8 in
            let found = slots.isEmpty
                ? findLinear { matches($0, utf8) } : findHashed(Self.hash(utf8)) { matches($0, utf8) }
            return found ?? findInteger(utf8)
        }
    }

    private func search(_ number: Int) -> Int? {
        if slots.isEmpty { return findLinear { $0.isInteger && $0.key == number } }
        return findHashed(Self.hash(number)) { $0.isInteger && $0.key == number }
    }

    /// A string that is a number in its shortest form also finds the integer.
    private func findInteger(_ utf8: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first = utf8.first, first == 0x2d || (0x30...0x39).contains(first) else { return nil }
        let text = String(decoding: utf8, as: UTF8.self)
        guard let number = Int(text), String(number) == text else { return nil }
        return search(number)
    }

    @inline(__always) private func findLinear(_ matches: (Entry) -> Bool) -> Int? {
        let count = entries.count
        var index = expected
        for _ in 0..<count {
            if index >= count { index = 0 }
            if matches(entries[index]) { return index }
            index += 1
        }
        return nil
    }

    @inline(__always) private func findHashed(_ hash: Int, _ matches: (Entry) -> Bool) -> Int? {
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if matches(entries[index]) { return index }
            slot = (slot + 1) & mask
        }
        return nil
    }

    // MARK: Comparing

    /// The text of a string key.
    func text(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.key..<entry.key + entry.length] }

    @inline(__always) private func matches(_ entry: Entry, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        guard entry.length == utf8.count, let other = utf8.baseAddress else { return entry.length == utf8.count }
        let offset = entry.key - bytes.startIndex
        return bytes.withUnsafeBufferPointer {
            memcmp($0.baseAddress.unsafelyUnwrapped + offset, other, utf8.count) == 0
        }
    }

    @inline(__always) private func isSameKey(_ one: Entry, _ other: Entry) -> Bool {
        guard one.mark == other.mark, one.length == other.length else { return false }
        return one.length < 0 ? one.isInteger : text(one) == text(other)
    }

    private func hash(_ entry: Entry) -> Int {
        if entry.isInteger { return Self.hash(entry.key) }
        return text(entry).withUnsafeBufferPointer { Self.hash($0) }
    }

    private static func hash(_ utf8: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(utf8))
        return hasher.finalize()
    }

    private static func hash(_ number: Int) -> Int { number.hashValue }

    // MARK: Filling

    /// - Returns: whether the key is new.
    @inline(__always) private mutating func add(_ entry: Entry) -> Bool {
        if slots.isEmpty {
            for index in entries.indices where isSameKey(entries[index], entry) { return false }
            entries.append(entry)
            return true
        }
        return addHashed(entry)
    }

    private mutating func addHashed(_ entry: Entry) -> Bool {
        if entry.length == Entry.unnamed {
            entries.append(entry)
            return true
        }
        let mask = slots.count - 1
        var slot = hash(entry) & mask
        while slots[slot] != 0 {
            if isSameKey(entries[Int(slots[slot]) - 1], entry) { return false }
            slot = (slot + 1) & mask
        }
        entries.append(entry)
        slots[slot] = Int32(entries.count)
        if entries.count * 2 > slots.count { fillSlots() }
        return true
    }

    private mutating func fillSlots() {
        var size = 64
        while size < entries.count * 4 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        for (index, entry) in entries.enumerated() where entry.length != Entry.unnamed {
            var slot = hash(entry) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index + 1)
        }
    }
}

extension MessagePackReader {
    /// Reads a key and stands before its value.
    @inline(__always) fileprivate mutating func mapKey(maxDepth: Int) throws(MessagePackError) -> MapIndex.Entry {
        let found = try first()
        switch found {
        case 0xa0...0xbf, 0xd9...0xdb:
            let (header, count) = try stringHeader(found, .max)
            let start = cursor &+ header
            cursor = start &+ count
            return MapIndex.Entry(value: cursor, key: start, length: count, mark: mark(start, count))
        case 0x00...0x7f, 0xcc...0xd3, 0xe0...0xff:
            let integer = try integer()
            cursor &+= integer.length
            // Beyond Int no CodingKey has a name for it.
            let isInt = integer.isNegative || integer.bits <= UInt64(Int.max)
            let length = isInt ? MapIndex.Entry.integer : MapIndex.Entry.unnamed
            return MapIndex.Entry(
                value: cursor, key: Int(truncatingIfNeeded: integer.bits), length: length, mark: integer.bits)
        default:
            try skip(maxDepth: maxDepth)
            return MapIndex.Entry(value: cursor, key: 0, length: MapIndex.Entry.unnamed, mark: 0)
        }
    }

    /// The first and last eight bytes of a text, folded.
    @inline(__always) private func mark(_ start: Int, _ count: Int) -> UInt64 {
        let offset = start &- bytes.startIndex
        return bytes.withUnsafeBytes { all in
            if count >= 8 {
                let head = all.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let tail = all.loadUnaligned(fromByteOffset: offset &+ count &- 8, as: UInt64.self)
                return head ^ (tail << 1 | tail >> 63)
            }
            var mark: UInt64 = 0
            for index in offset..<offset &+ count { mark = mark << 8 | UInt64(all[index]) }
            return mark
        }
    }
}
