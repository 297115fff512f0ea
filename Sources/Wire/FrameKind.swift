/// What a frame is: the first element of its array. docs/WIRE.md holds the same table.
///
/// Numbers are never given to another meaning. All are below 128, so that they cost one byte.
public enum FrameKind: UInt8, CaseIterable, Hashable, Sendable {
    // 1-15: between the links themselves.
    case hello = 1
    case welcome = 2
    case refuse = 3
    case reject = 4
    case ack = 5
    case goodbye = 6
    case mark = 7

    /// Opaque to the links: the membership protocol's own encoding.
    case membership = 8

    // 16-31: actors.
    case call = 16
    case reply = 17
    case replyError = 18
    case cancel = 19
    case watch = 20
    case unwatch = 21
    case terminated = 22
    case receptionist = 24
    case membersQuery = 26
    case membersReply = 27

    // 32-47: registers. Their rooms define the layouts.
    case registers = 32
    case shardMap = 37

    // 48-63: choreography and bulk. Their rooms define the layouts.
    case event = 48
    case eventAck = 49
    case workRequest = 50
    case workAnswer = 51
    case bulk = 60

    /// Whether the links consume the frame themselves; all other kinds reach their delegate.
    @inlinable public var belongsToLinks: Bool { rawValue < 8 }

    /// The lane on whose messages the frame travels; large frames of registers go on work instead: ``Lane/ofRegisters(bytes:)``.
    /// Beside its numbered messages, truth and work carry a ``Mark`` and the ``Ack`` that shows a new connection; a ``Reject`` goes
    /// where its cause came from.
    @inlinable public var lane: Lane {
        switch rawValue {
        case ..<16: .pulse
        case 32..<48: .truth
        default: .work
        }
    }

    /// Whether a receiver takes the frame from messages of a lane.
    @inlinable public func travels(on lane: Lane) -> Bool { lane == self.lane || self == .registers && lane == .work }

    /// The kind of a frame, or of the first frame of a run, without reading it. `nil` when the bytes begin no frame.
    @inlinable public static func peek(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        guard let first = bytes.first else { return nil }
        let offset = switch first {
        case 0x91...0x9f: 1
        case 0xdc: 3
        default: 0
        }
        guard offset > 0, bytes.count > offset else { return nil }
        let kind = bytes[bytes.startIndex + offset]
        return kind < 0x80 ? kind : nil
    }
}
