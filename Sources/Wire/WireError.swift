import MessagePack

/// Why bytes are not the frame they are said to be. Match on the case; ``description`` is for a person.
public enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field of the frame is missing, of another type, out of its range, or too large.
    case malformed(FrameKind, MessagePackError)
    /// The bytes do not even begin like a frame.
    case noFrame(MessagePackError)
    /// The frame is of another kind than the one asked for.
    case wrongKind(expected: FrameKind, found: UInt8)
    /// The frame has fewer fields than its layout; more are allowed, for newer peers.
    case missingFields(FrameKind, expected: Int, found: Int)
    /// The frame exceeds the limit of its lane.
    case tooLarge(Lane, bytes: Int, limit: Int)

    public var description: String {
        switch self {
        case .malformed(let kind, let error):
            "a \(kind) frame does not follow its layout in docs/WIRE.md: \(error)"
        case .noFrame(let error):
            "the bytes are no frame, which is an array that begins with its kind: \(error)"
        case .wrongKind(let expected, let found):
            "expected a \(expected) frame (kind \(expected.rawValue)), found kind \(found)"
        case .missingFields(let kind, let expected, let found):
            "a \(kind) frame has \(expected) fields, found \(found); the sender speaks another wire version"
        case .tooLarge(let lane, let bytes, let limit):
            "a frame of \(bytes) bytes exceeds the \(limit) of the \(lane) lane; send bulk in pieces"
        }
    }
}
