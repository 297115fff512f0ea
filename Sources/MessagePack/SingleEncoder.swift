struct SingleEncoder: SingleValueEncodingContainer {
    let state: EncodingState
    let id: Int

    var codingPath: [any CodingKey] { state.codingPath(of: id) }

    func encode<T: Encodable>(_ value: T) throws {
        try state.single(id)
        let direct = DirectType(T.self)
        if direct != .none { return try state.writer.pack(value, as: direct, path: codingPath) }
        try state.descend(value, key: nil)
    }

    func encodeNil() throws {
        try state.single(id)
        state.writer.packNil()
    }

    func encode(_ value: String) throws {
        try state.single(id)
        try state.writer.pack(checked: value, codingPath)
    }

    func encode(_ value: Bool) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Double) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Float) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int8) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int16) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int32) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int64) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt8) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt16) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt32) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: UInt64) throws {
        try state.single(id)
        state.writer.pack(value)
    }

    func encode(_ value: Int128) throws {
        try state.single(id)
        state.writer.pack(wide: value)
    }

    func encode(_ value: UInt128) throws {
        try state.single(id)
        state.writer.pack(wide: value)
    }
}
