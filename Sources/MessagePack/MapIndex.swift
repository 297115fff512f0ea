/// Where the values of one map are, by key.
///
/// Made by stepping once over the map. Up to 16 entries are compared one after another, beginning behind the entry found
/// last, since values ask in the order in which they were written; more get a hash table, seeded per process so that a
/// peer cannot choose keys that collide.
final class MapIndex {
    struct Entry {
        /// Where the value begins.
        let value: Int
        /// A string key's first byte of text, or an integer key.
        let key: Int
        /// A string key's length in bytes; -1 for an integer key, -2 for a key that no Swift key can name.
        let length: Int

        var isInteger: Bool { length == MapIndex.integer }
    }

    fileprivate static let integer = -1
    private static let unnamed = -2
    private static let linearLimit = 16

    private(set) var entries: [Entry] = []
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
            let (key, length) = try Self.readKey(&reader, maxDepth)
            let entry = Entry(value: reader.position, key: key, length: length)
            if entries.count == Self.linearLimit && slots.isEmpty { fillSlots() }
            guard try add(entry) else { throw MessagePackError(.duplicateKey, at: place) }
            try reader.skip(maxDepth: maxDepth)
        }
    }

    private static func readKey(
        _ reader: inout MessagePackReader, _ maxDepth: Int
    ) throws(MessagePackError) -> (key: Int, length: Int) {
        switch try reader.peekFormat() {
        case .string:
            let text = try reader.readStringBytes()
            return (text.startIndex, text.count)
        case .integer:
            var ahead = reader
            if let number = try? ahead.readInt(as: Int.self) {
                reader = ahead
                return (number, integer)
            }
            fallthrough
        default:
            try reader.skip(maxDepth: maxDepth)
            return (0, unnamed)
        }
    }

    // MARK: Looking up

    /// The offset of the value of `key`, found by its integer value or by its string.
    func find(_ key: some CodingKey) -> Int? {
        if let number = key.intValue, let found = find(number) { return found }
        return find(key.stringValue)
    }

    private func find(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { utf8 in
            if slots.isEmpty {
                return findLinear { matches($0, utf8) } ?? findInteger(utf8)
            }
            return findHashed(Self.hash(utf8)) { matches($0, utf8) } ?? findInteger(utf8)
        }
    }

    private func find(_ number: Int) -> Int? {
        if slots.isEmpty { return findLinear { $0.length == Self.integer && $0.key == number } }
        return findHashed(Self.hash(number)) { $0.length == Self.integer && $0.key == number }
    }

    /// A string that is a number in its shortest form also finds the integer.
    private func findInteger(_ utf8: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first = utf8.first, first == 0x2d || (0x30...0x39).contains(first) else { return nil }
        let text = String(decoding: utf8, as: UTF8.self)
        guard let number = Int(text), String(number) == text else { return nil }
        return find(number)
    }

    @inline(__always) private func findLinear(_ matches: (Entry) -> Bool) -> Int? {
        let count = entries.count
        var index = expected
        for _ in 0..<count {
            if index >= count { index = 0 }
            if matches(entries[index]) {
                expected = index + 1
                return entries[index].value
            }
            index += 1
        }
        return nil
    }

    @inline(__always) private func findHashed(_ hash: Int, _ matches: (Entry) -> Bool) -> Int? {
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if matches(entry) { return entry.value }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always) private func matches(_ entry: Entry, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        entry.length == utf8.count && text(entry).elementsEqual(utf8)
    }

    /// The text of a string key.
    func text(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.key..<entry.key + entry.length] }

    // MARK: Filling

    /// - Returns: whether the key is new.
    private func add(_ entry: Entry) throws(MessagePackError) -> Bool {
        if entry.length == Self.unnamed {
            entries.append(entry)
            return true
        }
        if slots.isEmpty {
            if entries.contains(where: { isSameKey($0, entry) }) { return false }
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

    private func isSameKey(_ one: Entry, _ other: Entry) -> Bool {
        guard one.length == other.length else { return false }
        return one.length < 0 ? one.key == other.key && one.length == Self.integer : text(one) == text(other)
    }

    private func fillSlots() {
        var size = 64
        while size < entries.count * 4 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        for (index, entry) in entries.enumerated() where entry.length != Self.unnamed {
            var slot = hash(entry) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index + 1)
        }
    }

    private func hash(_ entry: Entry) -> Int {
        if entry.length == Self.integer { return Self.hash(entry.key) }
        return text(entry).withUnsafeBufferPointer { Self.hash($0) }
    }

    private static func hash(_ utf8: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(utf8))
        return hasher.finalize()
    }

    private static func hash(_ number: Int) -> Int { number.hashValue }
}
