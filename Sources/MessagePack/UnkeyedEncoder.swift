struct UnkeyedEncoder: UnkeyedEncodingContainer {
    let state: EncodingState
    let id: Int

    var codingPath: [any CodingKey] { state.codingPath(of: id) }
    var count: Int { state.count(id) }

    func encode<T: Encodable>(_ value: T) throws {
        let index = try state.element(id)
        try state.encode(value, key: PositionKey(intValue: index))
    }

    func encodeNil() throws {
        try state.element(id)
        state.writer.packNil()
    }

    func encode(_ value: String) throws {
        let index = try state.element(id)
        try state.writer.pack(checked: value, codingPath + [PositionKey(intValue: index)])
    }

    func encode(_ value: Bool) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Double) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Float) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int8) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int16) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int32) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int64) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt8) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt16) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt32) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt64) throws {
        try state.element(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int128) throws {
        try state.element(id)
        state.writer.pack(wide: value)
    }

    func encode(_ value: UInt128) throws {
        try state.element(id)
        state.writer.pack(wide: value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().keyed(by: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyed() }

    func superEncoder() -> any Encoder { nested().encoder() }

    private func nested() -> EncodingState {
        do {
            return state.nested(id, PositionKey(intValue: try state.element(id)))
        } catch {
            state.fail(error)
            return state.nested(id, PositionKey.super)
        }
    }
}
