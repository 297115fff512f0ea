import MessagePack
import World

/// The answer to a ``Hello`` that is not accepted, under the token that the Hello named. Or to a ``Welcome`` whose name is
/// taken, under the token of the Welcome: that ends the session which the Welcome began.
public struct Refuse: Frame {
    public static let kind = FrameKind.refuse

    /// Why a handshake fails. Numbers above 127 and unknown ones read as ``other``.
    public enum Code: UInt8, CaseIterable, Hashable, Sendable {
        case other = 0
        /// The answering node belongs to another mesh.
        case wrongMesh = 1
        /// The two sides have no wire version in common.
        case noCommonVersion = 2
        /// The answering node is not the one that was meant.
        case wrongNode = 3
        /// The dialling node is the answering node itself.
        case ownIdentity = 4
        /// A later life of the dialling node is known already.
        case staleLife = 5
        /// The CURVE key belongs to another node than the one that the Hello names.
        case wrongKey = 6
        /// The answering node has as many sessions as it may have.
        case tooManySessions = 7
        /// Another process, at another address, holds the name and life of the refused node.
        case nameTaken = 8
    }

    public var code: Code
    /// A sentence for the log of the side that is refused.
    public var message: String
    /// Who refuses; its mesh is named in the message when that is the reason.
    public var identity: NodeIdentity
    /// The wire versions that the refusing side speaks.
    public var versions: WireVersions

    public init(code: Code, message: String, identity: NodeIdentity, versions: WireVersions) {
        self.code = code
        self.message = message
        self.identity = identity
        self.versions = versions
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(6, &writer)
        writer.pack(code.rawValue)
        writer.pack(message.cut(toBytes: WireLimits.messageBytes))
        writer.pack(identity)
        writer.pack(versions.lowest)
        writer.pack(versions.highest)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Refuse {
        try read(bytes, required: 6) { reader, _ throws(MessagePackError) in
            Refuse(
                code: Code(rawValue: try reader.readInt(as: UInt8.self)) ?? .other,
                message: try reader.readString(maxBytes: WireLimits.messageBytes), identity: try reader.readIdentity(),
                versions: try reader.readVersions())
        }
    }
}
