import MessagePack
import World

/// What is kept in registers and sent between them: its fields one after the other, without names.
package protocol Packable {
    func pack(into writer: inout MessagePackWriter)
    init(from reader: inout MessagePackReader) throws
}

extension Packable {
    package var packed: [UInt8] {
        var writer = MessagePackWriter()
        pack(into: &writer)
        return writer.finish()
    }

    /// Reads bytes that are exactly one.
    package init(packed bytes: [UInt8]) throws {
        var reader = MessagePackReader(bytes)
        self = try Self(from: &reader)
        try reader.expectEnd()
    }
}

/// Bytes that are well formed and mean nothing.
struct PackingError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension MessagePackWriter {
    mutating func pack(_ values: [some Packable]) {
        packArrayHeader(values.count)
        for value in values { value.pack(into: &self) }
    }

    mutating func packOptional(_ text: String?) {
        if let text { pack(text) } else { packNil() }
    }
}

extension MessagePackReader {
    package mutating func readAll<Value: Packable>(_ type: Value.Type = Value.self) throws -> [Value] {
        var values: [Value] = []
        for _ in 0..<(try readArrayHeader()) { values.append(try Value(from: &self)) }
        return values
    }

    mutating func readOptionalString() throws -> String? { try readNilIfPresent() ? nil : try readString() }

    mutating func readWorkID() throws -> WorkID {
        guard let id = WorkID(bytes: try readBinary(maxBytes: 16)) else { throw PackingError("an id of work has 16 bytes") }
        return id
    }
}
