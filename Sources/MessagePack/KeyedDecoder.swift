/// What a keyed container is made of. In an object of its own because the container is copied for every field that is
/// decoded, and copying one reference is cheapest.
final class KeyedPlace {
    let state: DecodingState
    /// Containers around the values of this map, itself included.
    let depth: Int
    let pathCount: Int
    /// Exempt from the run-time check of exclusive access: looking up calls no code but a key's two properties.
    @exclusivity(unchecked) private(set) var index: MapIndex

    init(state: DecodingState, depth: Int, pathCount: Int, index: MapIndex) {
        self.state = state
        self.depth = depth
        self.pathCount = pathCount
        self.index = index
    }

    @inline(__always) func find(_ key: some CodingKey) -> Int? { index.find(key) }
}

struct KeyedDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let place: KeyedPlace

    private var state: DecodingState { place.state }

    var codingPath: [any CodingKey] { state.codingPath(place.pathCount) }

    /// The keys that `Key` can be made of, in the order of the map.
    var allKeys: [Key] {
        place.index.entries.compactMap { entry in
            if entry.length >= 0 {
                return place.index.text(entry).withUnsafeBytes(makeString).flatMap(Key.init(stringValue:))
            }
            return entry.isInteger ? Key(intValue: entry.key) ?? Key(stringValue: String(entry.key)) : nil
        }
    }

    func contains(_ key: Key) -> Bool { place.find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { state.isNil(at: try offset(key)) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try state.decode(type, at: offset(key), depth: place.depth, place.pathCount, key)
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try read(key) { r throws(MessagePackError) in try r.readBool() }
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try read(key) { r throws(MessagePackError) in try r.readString() }
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try read(key) { r throws(MessagePackError) in try r.readDouble() }
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try read(key) { r throws(MessagePackError) in try r.readFloat() }
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: Int.self) }
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: Int8.self) }
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: Int16.self) }
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: Int32.self) }
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: Int64.self) }
    }

    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: UInt.self) }
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: UInt8.self) }
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: UInt16.self) }
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: UInt32.self) }
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try read(key) { r throws(MessagePackError) in try r.readInt(as: UInt64.self) }
    }

    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        try read(key) { r throws(MessagePackError) in try r.readWide(Int128.self) }
    }

    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        try read(key) { r throws(MessagePackError) in try r.readWide(UInt128.self) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try detached(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try detached(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try detached(PositionKey.super) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try detached(key) }

    private func detached(_ key: some CodingKey) throws -> ValueDecoder {
        state.detached(at: try offset(key), depth: place.depth, place.pathCount, key)
    }

    @inline(__always)
    private func read<T>(
        _ key: Key, _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws -> T {
        try state.read(at: try offset(key), place.pathCount, key, body)
    }

    private func offset(_ key: some CodingKey) throws -> Int {
        if let found = place.find(key) { return found }
        throw DecodingError.keyNotFound(key, .init(
            codingPath: codingPath, debugDescription: "the map has no key \"\(key.stringValue)\"."))
    }
}
