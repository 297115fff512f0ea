import MessagePack

/// Says that the receiver of a message knows no session by its token, under token 0: shake hands again.
public struct Reject: Frame {
    public static let kind = FrameKind.reject

    /// The token that is not known.
    public var token: UInt32

    public init(token: UInt32) { self.token = token }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.pack(token)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Reject {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in Reject(token: try reader.readToken()) }
    }
}

/// Acknowledges the reliable lanes when nothing else goes back; on the pulse lane.
public struct Ack: Frame {
    public static let kind = FrameKind.ack

    /// All messages of the truth lane up to this number are there.
    public var truth: UInt64
    /// All messages of the work lane up to this number are there.
    public var work: UInt64

    public init(truth: UInt64, work: UInt64) {
        self.truth = truth
        self.work = work
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(2, &writer)
        writer.pack(truth)
        writer.pack(work)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Ack {
        try read(bytes, required: 2) { reader, _ throws(MessagePackError) in
            Ack(truth: try reader.readUInt64(), work: try reader.readUInt64())
        }
    }
}

/// Ends a session on purpose; on the pulse lane. Nobody waits for an answer.
public struct Goodbye: Frame {
    public static let kind = FrameKind.goodbye

    /// Why, for the log.
    public var message: String

    public init(message: String) { self.message = message }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.pack(message.cut(toBytes: WireLimits.messageBytes))
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Goodbye {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in
            Goodbye(message: try reader.readString(maxBytes: WireLimits.messageBytes))
        }
    }
}

/// What the membership protocol says to its like at the peer.
public struct MembershipFrame: Frame {
    public static let kind = FrameKind.membership

    /// The protocol's own encoding.
    public var payload: ArraySlice<UInt8>

    public init(payload: ArraySlice<UInt8>) { self.payload = payload }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.packBinary(payload)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MembershipFrame {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in
            MembershipFrame(payload: try reader.readBinary())
        }
    }
}
