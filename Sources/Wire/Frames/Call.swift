import MessagePack

/// Asks an actor of the receiver to perform a target; on the work lane.
public struct Call: Frame {
    public static let kind = FrameKind.call

    /// Names the call in its answer: chosen by the caller, unique among its unfinished calls of the session.
    public var id: UInt64
    /// The actor's number at the receiver; 0 is the node's singleton of the type that the target belongs to.
    public var actor: UInt64
    /// The index of the target in the receiver's contract table.
    public var target: UInt32
    /// Milliseconds that the caller still waits, counted from the sending of the frame. 0: the caller waits for no answer.
    public var deadlineMs: UInt32
    /// The arguments as the receiver's actor system encodes them: an array of as many values as the target takes.
    public var arguments: ArraySlice<UInt8>
    /// Names the trace that the call belongs to; at most 64 bytes.
    public var trace: ArraySlice<UInt8>?

    @inlinable public init(
        id: UInt64, actor: UInt64, target: UInt32, deadlineMs: UInt32, arguments: ArraySlice<UInt8>,
        trace: ArraySlice<UInt8>? = nil
    ) {
        self.id = id
        self.actor = actor
        self.target = target
        self.deadlineMs = deadlineMs
        self.arguments = arguments
        self.trace = trace
    }

    /// Bytes of the longest trace.
    public static let traceBytes = 64

    @inlinable public func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(trace == nil ? 6 : 7)
        writer.pack(Self.kind.rawValue)
        writer.pack(id)
        writer.pack(actor)
        writer.pack(target)
        writer.pack(deadlineMs)
        writer.packBinary(arguments)
        if let trace { writer.packBinary(trace) }
    }

    @inlinable public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Call {
        try read(bytes, required: 5) { reader, extra throws(MessagePackError) in
            var call = Call(
                id: try reader.readUInt64(), actor: try reader.readUInt64(), target: try reader.readInt(as: UInt32.self),
                deadlineMs: try reader.readInt(as: UInt32.self), arguments: try reader.readBinary())
            if extra > 0 {
                extra -= 1
                call.trace = try reader.readNilIfPresent() ? nil : try reader.readBinary(maxBytes: traceBytes)
            }
            return call
        }
    }
}

/// Withdraws a call: its task is cancelled at the receiver. The answer, if there still is one, is not waited for.
public struct Cancel: Frame {
    public static let kind = FrameKind.cancel

    /// Of the call.
    public var id: UInt64

    public init(id: UInt64) { self.id = id }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.pack(id)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Cancel {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in Cancel(id: try reader.readUInt64()) }
    }
}
