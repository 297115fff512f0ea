struct KeyedDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let state: DecodingState
    let index: MapIndex
    let depth: Int
    let pathCount: Int

    var codingPath: [any CodingKey] { state.codingPath(pathCount) }

    /// The keys that `Key` can be made of, in the order of the map.
    var allKeys: [Key] {
        index.entries.compactMap { entry in
            if entry.length >= 0 {
                return index.text(entry).withUnsafeBytes(makeString).flatMap(Key.init(stringValue:))
            }
            return entry.isInteger ? Key(intValue: entry.key) ?? Key(stringValue: String(entry.key)) : nil
        }
    }

    func contains(_ key: Key) -> Bool { index.find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { state.isNil(at: try offset(key)) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try state.decode(type, at: offset(key), depth: depth, pathCount, key)
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

    private func detached(_ key: some CodingKey) throws(DecodingError) -> ValueDecoder {
        state.detached(at: try offset(key), depth: depth, pathCount, key)
    }

    @inline(__always)
    private func read<T>(
        _ key: Key, _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws(DecodingError) -> T {
        try state.read(at: try offset(key), pathCount, key, body)
    }

    private func offset(_ key: some CodingKey) throws(DecodingError) -> Int {
        if let found = index.find(key) { return found }
        throw .keyNotFound(key, .init(codingPath: codingPath, debugDescription: "the map has no key \"\(key.stringValue)\"."))
    }
}
