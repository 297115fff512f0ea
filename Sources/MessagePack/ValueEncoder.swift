/// The `Encoder` that a value sees: a frame of a state.
struct ValueEncoder: Encoder {
    let state: EncodingState
    let id: Int

    var codingPath: [any CodingKey] { state.codingPath(of: id) }
    var userInfo: [CodingUserInfoKey: Any] { state.options.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedEncoder(state: state, id: state.begin(.map, id)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedEncoder(state: state, id: state.begin(.array, id))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleEncoder(state: state, id: id)
    }
}

/// A key that Codable asks for where a type has none: an index of an array, or "super".
struct PositionKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = ("Index \(intValue)", intValue) }

    static let `super` = PositionKey(stringValue: "super")
}

extension EncodingState {
    /// Opens this state, made by ``nested(_:_:)``, as a map.
    func keyed<Key: CodingKey>(by type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedEncoder(state: self, id: begin(.map, open(Never.self))))
    }

    /// Opens this state, made by ``nested(_:_:)``, as an array.
    func unkeyed() -> UnkeyedEncoder { UnkeyedEncoder(state: self, id: begin(.array, open(Never.self))) }

    /// Opens this state, made by ``nested(_:_:)``, for whatever comes.
    func encoder() -> ValueEncoder { ValueEncoder(state: self, id: open(Never.self)) }
}
