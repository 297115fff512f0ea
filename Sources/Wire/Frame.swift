import MessagePack

/// The layout of one kind of frame: an array `[kind, field, ...]`.
///
/// Reading is strict about types and limits and tolerant of fields at the end that a newer peer has added.
public protocol Frame: Hashable, Sendable {
    static var kind: FrameKind { get }

    /// Appends the whole frame.
    func pack(into writer: inout MessagePackWriter)

    /// Reads the whole of `bytes` as one frame of this kind.
    static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Self
}

extension Frame {
    /// The frame as bytes of its own.
    public var packed: [UInt8] {
        var writer = MessagePackWriter()
        pack(into: &writer)
        return writer.finish()
    }

    /// Begins a frame with `fields` fields after its kind.
    @inlinable static func begin(_ fields: Int, _ writer: inout MessagePackWriter) {
        writer.packArrayHeader(fields + 1)
        writer.pack(kind.rawValue)
    }

    /// Reads a frame of at least `required` fields after its kind. `body` gets the number of fields and says how many
    /// of them it has read; the rest is stepped over.
    @inlinable static func read<T>(
        _ bytes: ArraySlice<UInt8>, required: Int,
        _ body: (inout MessagePackReader, inout Int) throws(MessagePackError) -> T
    ) throws(WireError) -> T {
        var reader = MessagePackReader(bytes)
        var fields: Int
        let found: UInt8
        do {
            fields = try reader.readArrayHeader(max: required + WireLimits.extraFields) - 1
            found = try reader.readInt(as: UInt8.self)
        } catch {
            throw .noFrame(error)
        }
        guard found == kind.rawValue else { throw .wrongKind(expected: kind, found: found) }
        guard fields >= required else { throw .missingFields(kind, expected: required, found: fields) }
        do {
            fields -= required
            let value = try body(&reader, &fields)
            for _ in 0..<max(fields, 0) { try reader.skipValue(maxDepth: WireLimits.depth) }
            try reader.expectEnd()
            return value
        } catch {
            throw .malformed(kind, error)
        }
    }
}

extension MessagePackReader {
    /// A list of at most `max` texts of at most `maxBytes` bytes each.
    mutating func readTexts(max: Int, maxBytes: Int) throws(MessagePackError) -> [String] {
        let count = try readArrayHeader(max: max)
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try readString(maxBytes: maxBytes)) }
        return texts
    }

    /// A text, or nothing for a nil.
    mutating func readOptionalText(maxBytes: Int) throws(MessagePackError) -> String? {
        try readNilIfPresent() ? nil : try readString(maxBytes: maxBytes)
    }

    /// Binary, or nothing for a nil.
    mutating func readOptionalBinary() throws(MessagePackError) -> ArraySlice<UInt8>? {
        try readNilIfPresent() ? nil : try readBinary()
    }
}

extension MessagePackWriter {
    mutating func pack(_ texts: [String]) {
        packArrayHeader(texts.count)
        for text in texts { pack(text) }
    }

    mutating func packOptional(_ text: String?) {
        if let text { pack(text) } else { packNil() }
    }

    mutating func packOptional(_ binary: ArraySlice<UInt8>?) {
        if let binary { packBinary(binary) } else { packNil() }
    }
}
