struct UnkeyedDecoder: UnkeyedDecodingContainer {
    let state: DecodingState
    let depth: Int
    let pathCount: Int
    let elements: Int
    private(set) var currentIndex = 0
    /// Where the next element begins.
    private var next: Int

    init(state: DecodingState, depth: Int, pathCount: Int, elements: Int, next: Int) {
        self.state = state
        self.depth = depth
        self.pathCount = pathCount
        self.elements = elements
        self.next = next
    }

    var codingPath: [any CodingKey] { state.codingPath(pathCount) }
    var count: Int? { elements }
    var isAtEnd: Bool { currentIndex >= elements }

    /// Steps over a nil; anything else stays.
    mutating func decodeNil() throws -> Bool {
        try checkNotAtEnd(Never?.self)
        guard state.isNil(at: next) else { return false }
        advance(to: next + 1)
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try checkNotAtEnd(type)
        let direct = DirectType(type)
        if direct != .none { return try read { r throws(MessagePackError) in try r.read(type, as: direct) } }
        let end = try endOfElement()
        let value = try state.descend(type, at: next, depth: depth, key)
        advance(to: end)
        return value
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try read { r throws(MessagePackError) in try r.readBool() }
    }

    mutating func decode(_ type: String.Type) throws -> String {
        try read { r throws(MessagePackError) in try r.readString() }
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try read { r throws(MessagePackError) in try r.readDouble() }
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try read { r throws(MessagePackError) in try r.readFloat() }
    }

    mutating func decode(_ type: Int.Type) throws -> Int {
        try read { r throws(MessagePackError) in try r.readInt(as: Int.self) }
    }

    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int8.self) }
    }

    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int16.self) }
    }

    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int32.self) }
    }

    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        try read { r throws(MessagePackError) in try r.readInt(as: Int64.self) }
    }

    mutating func decode(_ type: UInt.Type) throws -> UInt {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt.self) }
    }

    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt8.self) }
    }

    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt16.self) }
    }

    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt32.self) }
    }

    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try read { r throws(MessagePackError) in try r.readInt(as: UInt64.self) }
    }

    mutating func decode(_ type: Int128.Type) throws -> Int128 {
        try read { r throws(MessagePackError) in try r.readWide(Int128.self) }
    }

    mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
        try read { r throws(MessagePackError) in try r.readWide(UInt128.self) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try stepOver(Nested.self) { decoder in try decoder.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try stepOver((any UnkeyedDecodingContainer).self) { decoder in try decoder.unkeyed() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try stepOver((any Decoder).self) { $0 }
    }

    /// Makes something of the next element as a whole, then goes on behind it.
    private mutating func stepOver<T>(_ type: Any.Type, _ body: (ValueDecoder) throws -> T) throws -> T {
        try checkNotAtEnd(type)
        let end = try endOfElement()
        let result = try body(state.detached(at: next, depth: depth, pathCount, key))
        advance(to: end)
        return result
    }

    @inline(__always)
    private mutating func read<T>(
        _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws -> T {
        try checkNotAtEnd(T.self)
        let value = try state.read(at: next, pathCount, key, body)
        advance(to: state.reader.position)
        return value
    }

    private func endOfElement() throws -> Int {
        try state.read(at: next, pathCount, key) { r throws(MessagePackError) in
            try r.skip(maxDepth: state.options.maxDepth - depth)
            return r.position
        }
    }

    private var key: PositionKey { PositionKey(intValue: currentIndex) }

    private mutating func advance(to offset: Int) {
        next = offset
        currentIndex += 1
    }

    private func checkNotAtEnd(_ type: Any.Type) throws {
        guard isAtEnd else { return }
        throw DecodingError.valueNotFound(type, .init(
            codingPath: codingPath + [key], debugDescription: "the array has only \(elements) elements."))
    }
}
