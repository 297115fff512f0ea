import MessagePack

/// How a part has ended, and by whom.
package struct WorkReport: Hashable, Sendable, Packable {
    package let result: WorkResult
    /// The node that did it, or was the last to try.
    package let node: String
    /// How often it was given to another node than the first.
    package let resent: Int

    package init(result: WorkResult, node: String, resent: Int = 0) { (self.result, self.node, self.resent) = (result, node, resent) }

    package func pack(into writer: inout MessagePackWriter) {
        result.pack(into: &writer)
        writer.pack(node)
        writer.pack(UInt64(clamping: resent))
    }

    package init(from reader: inout MessagePackReader) throws {
        result = try WorkResult(from: &reader)
        node = try reader.readString(maxBytes: ChoreographyLimits.nameBytes)
        resent = Int(clamping: try reader.readUInt64())
    }
}
