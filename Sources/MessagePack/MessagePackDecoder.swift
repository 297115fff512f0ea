/// Decodes `Decodable` values from MessagePack; what becomes what is said above ``MessagePackEncoder``.
///
/// It takes more than the encoder writes where nothing can be mistaken: any integer format that the type can hold,
/// integers where a float is asked for if they convert exactly, float 64 where a `Float` is asked for (rounded, but never
/// to infinity), str or bin for `Data`, an array of small integers for `[UInt8]`, integer keys for string keys and the
/// other way round.
///
/// A map with the same key twice is refused: decoders that silently take the first or the last one are how two parties
/// read different messages from the same bytes. Maps are indexed when a keyed container is asked for, one level at a
/// time; values that nobody asks for are stepped over and never built.
public struct MessagePackDecoder: Sendable {
    /// Handed to every value through `Decoder.userInfo`; a distributed actor finds its system here.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// How many containers may lie inside one another, 64 unless set; 512 at most.
    public var maxDepth: Int = 64

    public init() {}

    /// The value that `bytes` hold, all of them.
    /// - Throws: `DecodingError` for bytes that do not hold a `T`; its `underlyingError` is the ``MessagePackError`` where
    ///   the bytes are at fault. And whatever the value's own `init(from:)` throws.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws -> T {
        try decode(type, from: bytes[...])
    }

    /// The value that a slice holds, all of it.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: ArraySlice<UInt8>) throws -> T {
        var reader = MessagePackReader(bytes)
        let value = try decode(type, from: &reader)
        do {
            try reader.expectEnd()
        } catch {
            throw decodingError(error, type, [])
        }
        return value
    }

    /// The next value of `reader`, which is moved behind it. On an error `reader` is as it was.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from reader: inout MessagePackReader) throws -> T {
        var ahead = reader
        do {
            let direct = DirectType(type)
            if direct != .none { return try reader.read(type, as: direct) }
            try ahead.skip(maxDepth: maxDepth)
        } catch {
            throw decodingError(error, type, [])
        }
        let state = DecodingState(reader: reader, options: self, path: [])
        let value = try state.descend(type, at: reader.position, depth: 0, nil)
        reader = ahead
        return value
    }
}

/// The `DecodingError` that Codable's users know for an error of the reader.
func decodingError(_ error: MessagePackError, _ type: Any.Type, _ path: [any CodingKey]) -> DecodingError {
    let context = DecodingError.Context(
        codingPath: path, debugDescription: error.description, underlyingError: error)
    switch error.code {
    case .unexpectedFormat(_, found: 0xc0): return .valueNotFound(type, context)
    case .unexpectedFormat: return .typeMismatch(type, context)
    default: return .dataCorrupted(context)
    }
}
