import MessagePack
import World

/// Metadata as it travels: packed once by its owner, checked once by every receiver, and unpacked only by those to whom it is new.
///
/// In a mesh of a thousand nodes every record arrives some twenty times. Building its strings each time is most of what membership would
/// cost.
public struct PackedMetadata: Hashable, Sendable {
    /// One MessagePack value that follows the layout and keeps all bounds.
    let bytes: [UInt8]
    /// Where in them the load begins.
    private let loadOffset: Int

    /// Packs. The caller has checked the bounds with ``MembershipLimits/check(_:)-(MemberMetadata)``.
    public init(_ metadata: MemberMetadata) {
        var writer = MessagePackWriter(capacity: 128)
        metadata.pack(into: &writer)
        bytes = writer.finish()
        loadOffset = bytes.count - PackedSize.of(UInt64(metadata.load))
    }

    /// A hash of everything but the load, which is the last field. Equal for all nodes, because all hold the bytes that the owner packed.
    var placementHash: UInt64 {
        StableHash.hash(bytes[..<loadOffset])
    }

    /// Size in bytes.
    public var count: Int { bytes.count }

    /// Checks that a well-formed value is next, takes its bytes and leaves the reader behind it. Allocates nothing but the copy.
    init(from reader: inout MessagePackReader) throws {
        var ahead = reader
        try Self.check(&ahead)
        let load = ahead.position - reader.position
        _ = try ahead.readInt(as: UInt16.self)
        let size = ahead.position - reader.position
        if size > MembershipLimits.metadataBytes {
            throw MembershipError.malformed("metadata of \(size) bytes; the limit is \(MembershipLimits.metadataBytes)")
        }
        bytes = Array(try reader.readRaw(size))
        loadOffset = load
    }

    /// Steps over all but the load.
    private static func check(_ reader: inout MessagePackReader) throws {
        try reader.expectFields(MemberMetadata.fieldCount, of: "metadata")
        for _ in 0..<(try reader.readArrayHeader(max: MembershipLimits.roles)) { try reader.checkText() }
        let fields = try reader.readArrayHeader(max: MembershipLimits.labels * 2)
        if fields % 2 != 0 { throw MembershipError.malformed("\(fields) fields of labels, an odd number") }
        for _ in 0..<fields { try reader.checkText() }
        _ = try reader.readInt(as: UInt32.self)
        for _ in 0..<2 { try reader.checkText() }
        for _ in 0..<2 { _ = try reader.readInt(as: UInt16.self) }
        _ = try reader.readInt(as: UInt32.self)
        for _ in 0..<2 where !(try reader.readNilIfPresent()) { try reader.checkText() }
    }

    /// The metadata. Throws only for bytes that did not go through a checking initializer.
    public func unpacked() throws(MembershipError) -> MemberMetadata {
        var reader = MessagePackReader(bytes)
        do { return try MemberMetadata(from: &reader) } catch { throw .malformed("\(error)") }
    }
}

extension MessagePackReader {
    /// Steps over a text that keeps its bound and is UTF-8.
    fileprivate mutating func checkText() throws {
        let text = try readStringBytes(maxBytes: MembershipLimits.textBytes)
        if text.allSatisfy({ $0 < 0x80 }) { return }
        if String(validating: text, as: UTF8.self) == nil { throw MembershipError.malformed("a text of metadata is not UTF-8") }
    }
}
