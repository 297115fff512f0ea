import MessagePack

/// Asks to be told when an actor of the receiver ends; on the work lane. Answered by ``Terminated`` once, at once if the
/// actor has ended already.
public struct Watch: Frame {
    public static let kind = FrameKind.watch

    /// The actor's number at the receiver; 0 for the singleton of the type.
    public var actor: UInt64
    /// The qualified name of the watched actor's type: a number alone would meet whichever actor has it now.
    public var typeName: String

    public init(actor: UInt64, typeName: String) {
        self.actor = actor
        self.typeName = typeName
    }

    public func pack(into writer: inout MessagePackWriter) { Self.packActor(actor, typeName, &writer) }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Watch {
        let (actor, typeName) = try readActor(bytes)
        return Watch(actor: actor, typeName: typeName)
    }
}

/// Withdraws a ``Watch``.
public struct Unwatch: Frame {
    public static let kind = FrameKind.unwatch

    public var actor: UInt64
    /// The qualified name of the type, as in the ``Watch``.
    public var typeName: String

    public init(actor: UInt64, typeName: String) {
        self.actor = actor
        self.typeName = typeName
    }

    public func pack(into writer: inout MessagePackWriter) { Self.packActor(actor, typeName, &writer) }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Unwatch {
        let (actor, typeName) = try readActor(bytes)
        return Unwatch(actor: actor, typeName: typeName)
    }
}

/// Tells a watcher that an actor of the sender has ended.
public struct Terminated: Frame {
    public static let kind = FrameKind.terminated

    public var actor: UInt64
    /// The qualified name of the type, as in the ``Watch``.
    public var typeName: String

    public init(actor: UInt64, typeName: String) {
        self.actor = actor
        self.typeName = typeName
    }

    public func pack(into writer: inout MessagePackWriter) { Self.packActor(actor, typeName, &writer) }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Terminated {
        let (actor, typeName) = try readActor(bytes)
        return Terminated(actor: actor, typeName: typeName)
    }
}

extension Frame {
    /// The layout that the three frames share: number and type name.
    fileprivate static func packActor(_ actor: UInt64, _ typeName: String, _ writer: inout MessagePackWriter) {
        begin(2, &writer)
        writer.pack(actor)
        writer.pack(typeName)
    }

    fileprivate static func readActor(_ bytes: ArraySlice<UInt8>) throws(WireError) -> (UInt64, String) {
        try read(bytes, required: 2) { reader, _ throws(MessagePackError) in
            (try reader.readUInt64(), try reader.readString(maxBytes: WireLimits.symbolBytes))
        }
    }
}
