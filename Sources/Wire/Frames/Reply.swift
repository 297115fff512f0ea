import MessagePack

/// The result of a ``Call``, on the connection that the call came by.
public struct Reply: Frame {
    public static let kind = FrameKind.reply

    /// Of the call.
    public var id: UInt64
    /// The encoded result; empty when the target returns nothing.
    public var result: ArraySlice<UInt8>

    @inlinable public init(id: UInt64, result: ArraySlice<UInt8>) {
        self.id = id
        self.result = result
    }

    @inlinable public func pack(into writer: inout MessagePackWriter) {
        Self.begin(2, &writer)
        writer.pack(id)
        writer.packBinary(result)
    }

    @inlinable public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Reply {
        try read(bytes, required: 2) { reader, _ throws(MessagePackError) in
            Reply(id: try reader.readUInt64(), result: try reader.readBinary())
        }
    }
}

/// Says why a ``Call`` has no result.
public struct ReplyError: Frame {
    public static let kind = FrameKind.replyError

    /// Unknown numbers read as ``other``.
    public enum Code: UInt8, CaseIterable, Hashable, Sendable {
        case other = 0
        /// The target itself threw; the error's type and encoding follow when it can travel.
        case calleeFailed = 1
        /// No actor has the number, or none of the type any more.
        case noSuchActor = 2
        /// The index is in no table, or the actor is of another type than the target.
        case incompatible = 3
        /// The actor or the node has too many unfinished calls; it was not started.
        case overloaded = 4
        /// The deadline passed before the call was started or finished.
        case deadlinePassed = 5
        /// The call was cancelled.
        case cancelled = 6
        /// The arguments are not those of the target; it was not started.
        case malformedArguments = 7
        /// The result exceeds the limit of a frame.
        case tooLarge = 8
        /// The node is leaving; the call was not started.
        case leaving = 9
    }

    /// Of the call.
    public var id: UInt64
    public var code: Code
    /// A sentence for a person.
    public var message: String
    /// The name of the callee's error type, when it can be encoded.
    public var typeName: String?
    /// The encoded error.
    public var payload: ArraySlice<UInt8>?

    public init(id: UInt64, code: Code, message: String, typeName: String? = nil, payload: ArraySlice<UInt8>? = nil) {
        self.id = id
        self.code = code
        self.message = message
        self.typeName = typeName
        self.payload = payload
    }

    /// A message that exceeds ``WireLimits/messageBytes`` is cut, because the limit must never hide the error.
    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(5, &writer)
        writer.pack(id)
        writer.pack(code.rawValue)
        writer.pack(message.cut(toBytes: WireLimits.messageBytes))
        writer.packOptional(typeName)
        writer.packOptional(payload)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> ReplyError {
        try read(bytes, required: 5) { reader, _ throws(MessagePackError) in
            ReplyError(
                id: try reader.readUInt64(), code: Code(rawValue: try reader.readInt(as: UInt8.self)) ?? .other,
                message: try reader.readString(maxBytes: WireLimits.messageBytes),
                typeName: try reader.readOptionalText(maxBytes: WireLimits.symbolBytes),
                payload: try reader.readOptionalBinary())
        }
    }
}
