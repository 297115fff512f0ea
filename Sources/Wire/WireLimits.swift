/// Hard limits of the wire format, part of docs/WIRE.md. What exceeds them is refused by name, never cut.
public enum WireLimits {
    /// Bytes of a mesh or node name.
    public static let nameBytes = 64
    /// Bytes of a host name or address (RFC 1035: 253).
    public static let hostBytes = 255
    /// Bytes of a version, role, label or other short text.
    public static let textBytes = 256
    /// Bytes of the sentence in a refusal or an error.
    public static let messageBytes = 4096
    /// Bytes of the name of an actor type or a call target.
    public static let symbolBytes = 1024
    /// Targets in a contract table.
    public static let targets = 4096
    /// Bytes of all the names in a contract table: with the largest of everything else, a Welcome is a frame of the pulse lane.
    public static let targetBytes = 96 << 10
    /// Entries in any other list.
    public static let listCount = 16_384
    /// Fields that a newer peer may add to the end of a frame.
    public static let extraFields = 32
    /// Containers inside one another.
    public static let depth = 32
    /// Frames in one message.
    public static let framesPerMessage = 4096
    /// Bytes that the header of a message can take.
    public static let headerBytes = 33

    /// Bytes up to which a frame of registers travels on truth. Larger ones would keep votes waiting there.
    public static let registersOnTruth = 64 << 10

    /// The largest frame of a lane. Bulk travels in pieces of 256 KiB.
    public static func frameBytes(_ lane: Lane) -> Int {
        switch lane {
        case .pulse: 128 << 10
        case .truth: 128 << 10
        case .work: 1 << 20
        }
    }

    /// The largest message of a lane: a frame of the largest size, alone, and its header.
    public static func messageBytes(_ lane: Lane) -> Int { frameBytes(lane) + headerBytes }
}

extension String {
    /// As much of the beginning as `limit` bytes of UTF-8 hold, whole scalars. A character may be cut, because one alone may be
    /// larger than any limit.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var bytes = 0
        return String(String.UnicodeScalarView(unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= limit
        }))
    }
}
