import MessagePack
import World

/// Something that a durable actor has written down and that has not happened yet.
public struct Awaited: Hashable, Sendable {
    public enum What: Hashable, Sendable {
        /// The receiver has to take a letter of the actor. Whether it has is known to nobody but the receiver.
        case letter(event: String, to: ActorName, sequence: UInt64, isCompensation: Bool)
        /// The actor reacts to an event of its own at that time, milliseconds since 1970.
        case timer(String, event: String, atMs: Int64)
        /// A worker has to answer what was ordered of it.
        case part(String, work: String)
    }

    /// Why it does not happen by itself.
    public enum Hindrance: Hashable, Sendable {
        /// It was refused, or nobody can do it: why. Nothing but an operator, or a compensation, goes on from here.
        case dead(String)
        /// A letter before it, of the same pair, is dead.
        case behindDead
    }

    /// The actor in whose register it is written.
    public let owner: ActorName
    public let what: What
    /// The piece of work that it is of.
    public let work: WorkID
    /// The number of the owner's entry in the causal graph that it follows from.
    public let cause: UInt64
    /// Wall clock of the owner's home when it was written down, milliseconds since 1970; nil where that is not kept any more.
    public let sinceMs: Int64?
    public let hindrance: Hindrance?

    package init(owner: ActorName, what: What, work: WorkID, cause: UInt64, sinceMs: Int64?, hindrance: Hindrance? = nil) {
        (self.owner, self.what, self.work, self.cause) = (owner, what, work, cause)
        (self.sinceMs, self.hindrance) = (sinceMs, hindrance)
    }

    /// Why it is dead; nil while it is not.
    public var deathCause: String? { if case .dead(let cause) = hindrance { cause } else { nil } }

    /// Since when it could have happened, milliseconds since 1970; nil where that is not known. A timer is due at its time.
    public var dueMs: Int64? { if case .timer(_, _, let atMs) = what { atMs } else { sinceMs } }
}

extension Awaited: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        owner.pack(into: &writer)
        switch what {
        case .letter(let event, let receiver, let sequence, let isCompensation):
            writer.pack(UInt8(0))
            writer.pack(event)
            receiver.pack(into: &writer)
            writer.pack(sequence)
            writer.pack(isCompensation)
        case .timer(let name, let event, let atMs):
            writer.pack(UInt8(1))
            writer.pack(name)
            writer.pack(event)
            writer.pack(atMs)
        case .part(let part, let work):
            writer.pack(UInt8(2))
            writer.pack(part)
            writer.pack(work)
        }
        writer.packBinary(work.bytes)
        writer.pack(cause)
        if let sinceMs { writer.pack(sinceMs) } else { writer.packNil() }
        switch hindrance {
        case nil: writer.packNil()
        case .dead(let cause): writer.pack(cause)
        case .behindDead: writer.pack(true)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        owner = try ActorName(from: &reader)
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0:
            what = .letter(
                event: try reader.readString(), to: try ActorName(from: &reader), sequence: try reader.readUInt64(),
                isCompensation: try reader.readBool())
        case 1: what = .timer(try reader.readString(), event: try reader.readString(), atMs: try reader.readInt64())
        case 2: what = .part(try reader.readString(), work: try reader.readString())
        default: throw PackingError("what a durable actor expects is not of kind \(kind)")
        }
        work = try reader.readWorkID()
        cause = try reader.readUInt64()
        sinceMs = try reader.readNilIfPresent() ? nil : try reader.readInt64()
        hindrance = try Self.hindrance(from: &reader)
    }

    private static func hindrance(from reader: inout MessagePackReader) throws -> Hindrance? {
        if try reader.readNilIfPresent() { return nil }
        if case .bool = try reader.peekFormat() {
            _ = try reader.readBool()
            return .behindDead
        }
        return .dead(try reader.readString())
    }
}
