import MessagePack

/// What stands before the frames of a message: `[token, clock]` on the pulse lane, `[token, clock, sequence, ack]` on
/// the reliable ones.
///
/// A message is a run of MessagePack values, this header first and then one array for each frame. It costs between 7
/// and 24 bytes (17 in a session's first minute), because every figure is written in the smallest format that holds it.
public struct BatchHeader: Hashable, Sendable {
    /// Names the session at the receiver, who chose it; 0 on a Hello, which has none yet.
    public var token: UInt32
    /// The sender's milliseconds since it began the session. Comparable only within one session and direction.
    public var clock: UInt64
    /// The number of the message among those of its lane, session and direction, from 1; 0 on the pulse lane.
    public var sequence: UInt64
    /// The highest number up to which the sender has all messages of this lane and session in the other direction.
    public var ack: UInt64

    @inlinable public init(token: UInt32, clock: UInt64, sequence: UInt64 = 0, ack: UInt64 = 0) {
        self.token = token
        self.clock = clock
        self.sequence = sequence
        self.ack = ack
    }

    @inlinable public func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(sequence == 0 ? 2 : 4)
        writer.pack(token)
        writer.pack(clock)
        if sequence > 0 {
            writer.pack(sequence)
            writer.pack(ack)
        }
    }

    /// Takes the header off the front of a message.
    @inlinable public static func unpack(_ reader: inout MessagePackReader) throws(MessagePackError) -> BatchHeader {
        let start = reader.position
        let count = try reader.readArrayHeader(max: 4)
        guard count == 2 || count == 4 else { throw MessagePackError(.outOfRange, at: start) }
        var header = BatchHeader(token: try reader.readInt(as: UInt32.self), clock: try reader.readUInt64())
        if count == 4 {
            header.sequence = try reader.readUInt64()
            header.ack = try reader.readUInt64()
            guard header.sequence > 0 else { throw MessagePackError(.outOfRange, at: start) }
        }
        return header
    }
}
