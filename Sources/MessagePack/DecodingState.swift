/// The bytes that a tree of values is decoded from, and where in the tree we are.
///
/// Values are told apart by their offsets: nothing is built before it is asked for. A container may be kept and used at
/// any time; then only the coding path in its errors may be another one.
final class DecodingState {
    /// Its cursor is moved to each value that is read. Exempt from the run-time check of exclusive access, which every
    /// field would pay for: no value's code runs while it is in use.
    @exclusivity(unchecked) var reader: MessagePackReader
    let options: MessagePackDecoder
    @exclusivity(unchecked) var path: [any CodingKey]

    init(reader: MessagePackReader, options: MessagePackDecoder, path: [any CodingKey]) {
        self.reader = reader
        self.options = options
        self.path = path
    }

    /// Reads the value at `offset`. `key` is its key in a container whose path has `pathCount` keys, for the error.
    @inline(__always)
    func read<T>(
        at offset: Int, _ pathCount: Int, _ key: @autoclosure () -> (any CodingKey)?,
        _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws -> T {
        reader.cursor = offset
        do {
            return try body(&reader)
        } catch {
            throw decodingError(error, T.self, codingPath(pathCount, key()))
        }
    }

    /// Decodes the value at `offset`, inside of `depth` containers.
    func decode<T: Decodable>(
        _ type: T.Type, at offset: Int, depth: Int, _ pathCount: Int, _ key: @autoclosure () -> (any CodingKey)?
    ) throws -> T {
        let direct = DirectType(type)
        if direct != .none {
            return try read(at: offset, pathCount, key()) { r throws(MessagePackError) in try r.read(type, as: direct) }
        }
        return try descend(type, at: offset, depth: depth, key())
    }

    /// Lets a value decode itself.
    func descend<T: Decodable>(_ type: T.Type, at offset: Int, depth: Int, _ key: (any CodingKey)?) throws -> T {
        if let key { path.append(key) }
        defer { if key != nil { path.removeLast() } }
        return try T(from: ValueDecoder(state: self, offset: offset, depth: depth, pathCount: path.count))
    }

    func codingPath(_ count: Int, _ key: (any CodingKey)? = nil) -> [any CodingKey] {
        path.prefix(count) + (key.map { [$0] } ?? [])
    }

    func isNil(at offset: Int) -> Bool {
        reader.cursor = offset
        return (try? reader.peekByte()) == 0xc0
    }

    /// A decoder that may be kept, for a nested container or a super class: it has a path of its own.
    func detached(at offset: Int, depth: Int, _ pathCount: Int, _ key: any CodingKey) -> ValueDecoder {
        let state = DecodingState(reader: reader, options: options, path: codingPath(pathCount, key))
        return ValueDecoder(state: state, offset: offset, depth: depth, pathCount: state.path.count)
    }
}

/// The `Decoder` that a value sees: one place in the bytes.
struct ValueDecoder: Decoder {
    let state: DecodingState
    let offset: Int
    private let packed: UInt64

    /// Containers around this value.
    var depth: Int { Int(packed >> 32) }
    var pathCount: Int { Int(packed & 0xffff_ffff) }

    /// Two small numbers share a word so that a decoder fits an existential without an allocation.
    init(state: DecodingState, offset: Int, depth: Int, pathCount: Int) {
        self.state = state
        self.offset = offset
        packed = UInt64(depth) << 32 | UInt64(pathCount)
    }

    var codingPath: [any CodingKey] { state.codingPath(pathCount) }
    var userInfo: [CodingUserInfoKey: Any] { state.options.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let index = try state.read(at: offset, pathCount, nil) { r throws(MessagePackError) in
            try checkDepth()
            return try MapIndex(&r, maxDepth: state.options.maxDepth - depth - 1)
        }
        let place = KeyedPlace(state: state, depth: depth + 1, pathCount: pathCount, index: index)
        return KeyedDecodingContainer(KeyedDecoder(place: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try unkeyed() }

    func unkeyed() throws -> UnkeyedDecoder {
        let (count, first) = try state.read(at: offset, pathCount, nil) { r throws(MessagePackError) in
            try checkDepth()
            return (try r.readArrayHeader(), r.position)
        }
        return UnkeyedDecoder(state: state, depth: depth + 1, pathCount: pathCount, elements: count, next: first)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleDecoder(at: self) }

    private func checkDepth() throws(MessagePackError) {
        let limit = state.options.maxDepth
        if depth >= limit { throw MessagePackError(.tooDeep(limit: limit), at: offset) }
    }
}
