import MessagePack
import World

/// What a courier has tried and has not brought about. Nobody keeps it but the courier, and with the courier it is gone.
public struct Effort: Hashable, Sendable {
    public enum Errand: Hashable, Sendable {
        /// To read what the actor wants done.
        case reading
        /// To bring the receiver the first letter that waits for it.
        case letter(to: ActorName)
        case timer(String)
        case part(String)
    }

    public let errand: Errand
    /// Attempts that have failed.
    public let attempts: UInt32
    /// Milliseconds until the next; 0 while one is under way.
    public let nextInMs: Int64
    public let isUnderWay: Bool

    package init(errand: Errand, attempts: UInt32, nextInMs: Int64, isUnderWay: Bool) {
        (self.errand, self.attempts, self.nextInMs, self.isUnderWay) = (errand, attempts, nextInMs, isUnderWay)
    }
}

extension Effort: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch errand {
        case .reading: writer.pack(UInt8(0))
        case .letter(let receiver):
            writer.pack(UInt8(1))
            receiver.pack(into: &writer)
        case .timer(let name):
            writer.pack(UInt8(2))
            writer.pack(name)
        case .part(let part):
            writer.pack(UInt8(3))
            writer.pack(part)
        }
        writer.pack(attempts)
        writer.pack(nextInMs)
        writer.pack(isUnderWay)
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0: errand = .reading
        case 1: errand = .letter(to: try ActorName(from: &reader))
        case 2: errand = .timer(try reader.readString())
        case 3: errand = .part(try reader.readString())
        default: throw PackingError("a courier has no errand of kind \(kind)")
        }
        attempts = try reader.readInt()
        nextInMs = try reader.readInt64()
        isUnderWay = try reader.readBool()
    }
}
