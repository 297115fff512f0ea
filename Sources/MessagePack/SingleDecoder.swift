struct SingleDecoder: SingleValueDecodingContainer {
    private let decoder: ValueDecoder

    init(at decoder: ValueDecoder) { self.decoder = decoder }

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.state.isNil(at: decoder.offset) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try decoder.state.decode(type, at: decoder.offset, depth: decoder.depth, decoder.pathCount, nil)
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        try read { r throws(MessagePackError) in try r.readBool() }
    }

    func decode(_ type: String.Type) throws -> String {
        try read { r throws(MessagePackError) in try r.readString() }
    }

    func decode(_ type: Double.Type) throws -> Double {
        try read { r throws(MessagePackError) in try r.readDouble() }
    }

    func decode(_ type: Float.Type) throws -> Float {
        try read { r throws(MessagePackError) in try r.readFloat() }
    }

    func decode(_ type: Int.Type) throws -> Int {
        try read { r throws(MessagePackError) in try r.readInt(as: Int.self) }
    }

    func decode(_ type: Int8.Type) throws -> Int8 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int8.self) }
    }

    func decode(_ type: Int16.Type) throws -> Int16 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int16.self) }
    }

    func decode(_ type: Int32.Type) throws -> Int32 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int32.self) }
    }

    func decode(_ type: Int64.Type) throws -> Int64 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int64.self) }
    }

    func decode(_ type: UInt.Type) throws -> UInt {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt.self) }
    }

    func decode(_ type: UInt8.Type) throws -> UInt8 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt8.self) }
    }

    func decode(_ type: UInt16.Type) throws -> UInt16 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt16.self) }
    }

    func decode(_ type: UInt32.Type) throws -> UInt32 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt32.self) }
    }

    func decode(_ type: UInt64.Type) throws -> UInt64 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt64.self) }
    }

    func decode(_ type: Int128.Type) throws -> Int128 {
        try read { r throws(MessagePackError) in try r.readWide(Int128.self) }
    }

    func decode(_ type: UInt128.Type) throws -> UInt128 {
        try read { r throws(MessagePackError) in try r.readWide(UInt128.self) }
    }

    @inline(__always)
    private func read<T>(
        _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws -> T {
        try decoder.state.read(at: decoder.offset, decoder.pathCount, nil, body)
    }
}
