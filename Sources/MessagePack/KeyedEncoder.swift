struct KeyedEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let state: EncodingState
    let id: Int

    var codingPath: [any CodingKey] { state.codingPath(of: id) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try state.entry(id, key)
        try state.encode(value, key: key)
    }

    func encodeNil(forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.packNil()
    }

    func encode(_ value: String, forKey key: Key) throws {
        try state.entry(id, key)
        try state.writer.pack(checked: value, codingPath + [key])
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int8, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int16, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int32, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int64, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: UInt, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: UInt8, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: UInt16, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: UInt32, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: UInt64, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(value)
    }

    func encode(_ value: Int128, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(wide: value)
    }

    func encode(_ value: UInt128, forKey key: Key) throws {
        try state.entry(id, key)
        state.writer.pack(wide: value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(key).keyed(by: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyed() }

    func superEncoder() -> any Encoder { nested(PositionKey.super).encoder() }

    func superEncoder(forKey key: Key) -> any Encoder { nested(key).encoder() }

    private func nested(_ key: any CodingKey) -> EncodingState {
        do {
            try state.entry(id, key)
        } catch {
            state.fail(error)
        }
        return state.nested(id, key)
    }
}
