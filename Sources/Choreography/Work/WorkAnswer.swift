import MessagePack

/// What has become of a part that an actor has ordered: the event that its actor gets.
public struct WorkAnswer: DurableEvent {
    public static let name = "answer"
    /// The part that was ordered.
    public let part: String
    public let result: WorkResult
    /// The node that did it, or was the last to try; empty when no node has.
    public let node: String
    /// How often it was given to another node than the first, because one died, was silent or could not.
    public let resent: Int

    public init(part: String, result: WorkResult, node: String, resent: Int = 0) {
        self.part = part
        self.result = result
        self.node = node
        self.resent = resent
    }
}

/// What a part has come to.
public enum WorkResult: Codable, Hashable, Sendable {
    /// Done: what the worker has made of it, at most ``ChoreographyLimits/resultBytes``.
    case done([UInt8])
    /// Done, and too large for a register: where it was put.
    case stored(ResultLocation)
    /// Given up. It is tried no more; the text says why.
    case failed(String)
}

/// Where a result lies that is too large for a register.
public struct ResultLocation: Codable, Hashable, Sendable {
    /// SHA-256 of the bytes: what names them, and by what they are checked.
    public let digest: [UInt8]
    /// How many bytes.
    public let size: Int
    /// The nodes that have saved it.
    public let nodes: [String]

    public init(digest: [UInt8], size: Int, nodes: [String]) {
        self.digest = digest
        self.size = size
        self.nodes = nodes
    }
}

extension WorkResult: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .done(let payload):
            writer.pack(UInt8(0))
            writer.packBinary(payload)
        case .stored(let location):
            writer.pack(UInt8(1))
            writer.packBinary(location.digest)
            writer.pack(UInt64(location.size))
            writer.packArrayHeader(location.nodes.count)
            for node in location.nodes { writer.pack(node) }
        case .failed(let reason):
            writer.pack(UInt8(2))
            writer.pack(reason)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0: self = .done(Array(try reader.readBinary(maxBytes: ChoreographyLimits.resultBytes)))
        case 1:
            let digest = Array(try reader.readBinary(maxBytes: 32)), size = Int(clamping: try reader.readUInt64())
            let nodes = try (0..<reader.readArrayHeader()).map { _ in try reader.readString(maxBytes: ChoreographyLimits.nameBytes) }
            self = .stored(ResultLocation(digest: digest, size: size, nodes: nodes))
        case 2: self = .failed(try reader.readString(maxBytes: ChoreographyLimits.reasonBytes))
        default: throw PackingError("no work comes to result \(kind)")
        }
    }
}
