import MessagePack
import World

/// An event on its way from one durable actor to another.
///
/// It lies in the sender's outbox, which is part of the sender's register, until the receiver has it in its own. In between it may travel
/// any number of times. Between the same two actors letters are numbered without gaps and applied in that order, each once.
package struct Letter: Hashable, Sendable {
    package enum Nature: UInt8, Sendable {
        /// A step forward.
        case step = 0
        /// Undoes a step. Never held up by a letter before it that cannot be delivered.
        case compensation = 1
        /// In the place of a step that its sender has given up: only its number counts.
        case void = 2
    }

    /// 1 for the first of a pair.
    package var sequence: UInt64
    package var nature: Nature
    /// The event's name and its encoded value.
    package var event: String
    package var payload: [UInt8]
    /// The piece of work that it is of.
    package var trace: WorkID
    /// The number of the sender's entry in the causal graph that it follows from.
    package var cause: UInt64
    /// Wall clock of the sender's home, milliseconds since 1970.
    package var sentAtMs: Int64

    package init(sequence: UInt64, nature: Nature, event: String, payload: [UInt8], trace: WorkID, cause: UInt64, sentAtMs: Int64) {
        (self.sequence, self.nature, self.event, self.payload) = (sequence, nature, event, payload)
        (self.trace, self.cause, self.sentAtMs) = (trace, cause, sentAtMs)
    }
}

extension Letter: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(sequence)
        writer.pack(nature.rawValue)
        writer.pack(event)
        writer.packBinary(payload)
        writer.packBinary(trace.bytes)
        writer.pack(cause)
        writer.pack(sentAtMs)
    }

    package init(from reader: inout MessagePackReader) throws {
        sequence = try reader.readUInt64()
        let number: UInt8 = try reader.readInt()
        guard let nature = Nature(rawValue: number) else { throw PackingError("no letter is of nature \(number)") }
        self.nature = nature
        event = try reader.readString(maxBytes: ChoreographyLimits.nameBytes)
        payload = Array(try reader.readBinary(maxBytes: ChoreographyLimits.eventBytes))
        trace = try reader.readWorkID()
        cause = try reader.readUInt64()
        sentAtMs = try reader.readInt64()
    }
}
