import MessagePack
import World

/// One entry of the causal graph: a reaction, written with what it has changed.
public struct TraceEntry: Hashable, Sendable {
    /// What brought the event.
    public enum Origin: Hashable, Sendable {
        /// Somebody who is no actor.
        case outside
        /// A letter of another actor, or of this one; `cause` is the number of the sender's entry that sent it.
        case letter(from: ActorName, sequence: UInt64, cause: UInt64, attempt: UInt32)
        /// A timer, which the entry `cause` of this actor set.
        case timer(String, cause: UInt64)
        /// A worker's answer to what the entry `cause` of this actor ordered.
        case worker(part: String, node: String, cause: UInt64)
        /// Nobody will take what the entry `cause` of this actor sent, set or ordered.
        case burial(cause: UInt64)
        /// An operator has dealt with what is dead, and what the entry `cause` of this actor sent, set or ordered.
        case `operator`(cause: UInt64)
    }

    public enum Outcome: Hashable, Sendable {
        case done
        /// It has no effect, because of this.
        case declined(String)
        /// It had its effect already.
        case repeated
        /// A step that came after its compensation, and so has no effect.
        case undoneBefore
        /// A compensation of a step that had no effect, or has not come.
        case nothingToUndo
        /// The letter's step was given up by its sender.
        case void
        /// The actor was over already.
        case late
        /// The letter that `sent` names is dead, because of this; or the part that `orders` names, or the event's timer.
        case died(String)
        /// What was dead is tried again.
        case redriven
        /// What was dead is given up.
        case discarded
    }

    /// Something that the reaction sent; or a letter that has died, or that an operator has dealt with.
    public struct Sent: Hashable, Sendable {
        public let event: String
        public let receiver: ActorName
        public let sequence: UInt64

        package init(event: String, receiver: ActorName, sequence: UInt64) {
            (self.event, self.receiver, self.sequence) = (event, receiver, sequence)
        }
    }

    /// 1 for the first of the actor.
    public let number: UInt64
    public let event: String
    public let origin: Origin
    /// Wall clock of the home, milliseconds since 1970.
    public let atMs: Int64
    /// The node that was the home, with its life.
    public let host: String
    /// The counter of the ballot under which it was proposed.
    public let ballot: UInt64
    public let outcome: Outcome
    public let sent: [Sent]
    /// Parts that it ordered.
    public let orders: [String]
    public let isLast: Bool

    package init(
        number: UInt64, event: String, origin: Origin, atMs: Int64, host: String, ballot: UInt64, outcome: Outcome, sent: [Sent],
        orders: [String], isLast: Bool
    ) {
        (self.number, self.event, self.origin, self.atMs) = (number, event, origin, atMs)
        (self.host, self.ballot, self.outcome) = (host, ballot, outcome)
        (self.sent, self.orders, self.isLast) = (sent, orders, isLast)
    }
}

extension TraceEntry: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(number)
        writer.pack(event)
        origin.pack(into: &writer)
        writer.pack(atMs)
        writer.pack(host)
        writer.pack(ballot)
        outcome.pack(into: &writer)
        writer.pack(sent)
        writer.packArrayHeader(orders.count)
        for part in orders { writer.pack(part) }
        writer.pack(isLast)
    }

    package init(from reader: inout MessagePackReader) throws {
        number = try reader.readUInt64()
        event = try reader.readString()
        origin = try Origin(from: &reader)
        atMs = try reader.readInt64()
        host = try reader.readString()
        ballot = try reader.readUInt64()
        outcome = try Outcome(from: &reader)
        sent = try reader.readAll()
        orders = try (0..<reader.readArrayHeader()).map { _ in try reader.readString() }
        isLast = try reader.readBool()
    }
}

extension TraceEntry.Sent: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(event)
        receiver.pack(into: &writer)
        writer.pack(sequence)
    }

    package init(from reader: inout MessagePackReader) throws {
        event = try reader.readString()
        receiver = try ActorName(from: &reader)
        sequence = try reader.readUInt64()
    }
}

extension TraceEntry.Origin: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .outside: writer.pack(UInt8(0))
        case .letter(let sender, let sequence, let cause, let attempt):
            writer.pack(UInt8(1))
            sender.pack(into: &writer)
            writer.pack(sequence)
            writer.pack(cause)
            writer.pack(attempt)
        case .timer(let name, let cause):
            writer.pack(UInt8(2))
            writer.pack(name)
            writer.pack(cause)
        case .worker(let part, let node, let cause):
            writer.pack(UInt8(3))
            writer.pack(part)
            writer.pack(node)
            writer.pack(cause)
        case .operator(let cause):
            writer.pack(UInt8(4))
            writer.pack(cause)
        case .burial(let cause):
            writer.pack(UInt8(5))
            writer.pack(cause)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0: self = .outside
        case 1:
            self = .letter(
                from: try ActorName(from: &reader), sequence: try reader.readUInt64(), cause: try reader.readUInt64(),
                attempt: try reader.readInt())
        case 2: self = .timer(try reader.readString(), cause: try reader.readUInt64())
        case 3: self = .worker(part: try reader.readString(), node: try reader.readString(), cause: try reader.readUInt64())
        case 4: self = .operator(cause: try reader.readUInt64())
        case 5: self = .burial(cause: try reader.readUInt64())
        default: throw PackingError("no event comes from origin \(kind)")
        }
    }
}

extension TraceEntry.Outcome: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .done: writer.pack(UInt8(0))
        case .declined(let reason):
            writer.pack(UInt8(1))
            writer.pack(reason)
        case .repeated: writer.pack(UInt8(2))
        case .undoneBefore: writer.pack(UInt8(3))
        case .nothingToUndo: writer.pack(UInt8(4))
        case .void: writer.pack(UInt8(5))
        case .late: writer.pack(UInt8(6))
        case .died(let cause):
            writer.pack(UInt8(7))
            writer.pack(cause)
        case .redriven: writer.pack(UInt8(8))
        case .discarded: writer.pack(UInt8(9))
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0: self = .done
        case 1: self = .declined(try reader.readString())
        case 2: self = .repeated
        case 3: self = .undoneBefore
        case 4: self = .nothingToUndo
        case 5: self = .void
        case 6: self = .late
        case 7: self = .died(try reader.readString())
        case 8: self = .redriven
        case 9: self = .discarded
        default: throw PackingError("no reaction has outcome \(kind)")
        }
    }
}
