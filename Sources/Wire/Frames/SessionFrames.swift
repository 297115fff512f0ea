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

/// Acknowledges the reliable lanes when nothing else goes back; on the pulse lane. Also the answer to a ``Mark``.
public struct Ack: Frame {
    public static let kind = FrameKind.ack

    /// All messages of the truth lane up to this number are there.
    public var truth: UInt64
    /// All messages of the work lane up to this number are there.
    public var work: UInt64
    /// The highest number of a ``Mark`` that has come on the truth lane; 0 when none has.
    public var truthMark: UInt64
    /// The highest number of a ``Mark`` that has come on the work lane; 0 when none has.
    public var workMark: UInt64

    public init(truth: UInt64, work: UInt64, truthMark: UInt64 = 0, workMark: UInt64 = 0) {
        self.truth = truth
        self.work = work
        self.truthMark = truthMark
        self.workMark = workMark
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(4, &writer)
        writer.pack(truth)
        writer.pack(work)
        writer.pack(truthMark)
        writer.pack(workMark)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Ack {
        try read(bytes, required: 4) { reader, _ throws(MessagePackError) in
            Ack(
                truth: try reader.readUInt64(), work: try reader.readUInt64(), truthMark: try reader.readUInt64(),
                workMark: try reader.readUInt64())
        }
    }
}

/// Asks whether all that went before it on a reliable lane has come, in a message without a number. The ``Ack`` that
/// repeats its number is the answer: what it does not acknowledge of that is lost, because a connection keeps its order.
public struct Mark: Frame {
    public static let kind = FrameKind.mark

    /// Counts the marks of the lane, session and direction, from 1.
    public var number: UInt64

    public init(number: UInt64) { self.number = number }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.pack(number)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Mark {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in Mark(number: try reader.readUInt64()) }
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
    /// What the sender's wall clock shows, in milliseconds since 1970; only with the answer to a probe.
    public var wallMs: UInt64?

    public init(payload: ArraySlice<UInt8>, wallMs: UInt64? = nil) {
        self.payload = payload
        self.wallMs = wallMs
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(wallMs == nil ? 1 : 2, &writer)
        writer.packBinary(payload)
        if let wallMs { writer.pack(wallMs) }
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MembershipFrame {
        try read(bytes, required: 1) { reader, more throws(MessagePackError) in
            var frame = MembershipFrame(payload: try reader.readBinary())
            if more > 0 {
                more -= 1
                frame.wallMs = try reader.readUInt64()
            }
            return frame
        }
    }
}
