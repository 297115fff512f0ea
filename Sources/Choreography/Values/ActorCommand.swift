import MessagePack
import World

/// What may be done to a durable actor: the commands of its register.
package enum ActorCommand: Hashable, Sendable {
    /// Somebody who is no actor, such as an edge, tells an event. The register's operation, whose id is that of the piece of work, makes it
    /// count once.
    case tell(event: String, payload: [UInt8], trace: WorkID)
    /// A letter has come.
    case deliver(from: ActorName, Letter, received: UInt64, attempt: UInt32)
    /// Receivers have the letters up to these numbers.
    case settle([Receipt])
    /// The receiver will never take the first letter that waits for it: why.
    case bury(to: ActorName, sequence: UInt64, cause: String)
    /// The first letter to the receiver is no longer dead, and is sent again. The answer is ``hasChanged``, or empty when it is not dead.
    case redrive(to: ActorName, sequence: UInt64)
    /// The first letter to the receiver, which is dead, is given up; its number is taken by an empty one. The answer is ``hasChanged``, or empty when it
    /// is not dead.
    case discard(to: ActorName, sequence: UInt64)
    /// A timer that was set for then is due.
    case fire(timer: String, atMs: Int64)
    /// A part has come to its end.
    case answer(part: String, WorkReport)
    /// The timer that was set for then will never be taken: why.
    case buryTimer(String, atMs: Int64, cause: String)
    /// The part will not be answered as things are: why. An answer that comes after all still counts.
    case buryPart(String, cause: String)
    /// What was buried under this name, a timer or a part, is tried again.
    case revive(Buried)
    /// The same is given up: a timer does not fire, and of a part the actor is told that it has failed.
    case abandon(Buried)

    /// Something that is dead and is no letter.
    package enum Buried: Hashable, Sendable {
        case timer(String)
        case part(String)
    }

    /// The answer to a command that may find nothing to change, when it has.
    static let hasChanged: [UInt8] = [1]

    package struct Receipt: Hashable, Sendable, Packable {
        package let receiver: ActorName
        package let sequence: UInt64

        package init(_ receiver: ActorName, _ sequence: UInt64) { (self.receiver, self.sequence) = (receiver, sequence) }

        package func pack(into writer: inout MessagePackWriter) {
            receiver.pack(into: &writer)
            writer.pack(sequence)
        }

        package init(from reader: inout MessagePackReader) throws {
            receiver = try ActorName(from: &reader)
            sequence = try reader.readUInt64()
        }
    }
}

extension ActorCommand: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .tell(let event, let payload, let trace):
            writer.pack(UInt8(0))
            writer.pack(event)
            writer.packBinary(payload)
            writer.packBinary(trace.bytes)
        case .deliver(let sender, let letter, let received, let attempt):
            writer.pack(UInt8(1))
            sender.pack(into: &writer)
            letter.pack(into: &writer)
            writer.pack(received)
            writer.pack(attempt)
        case .settle(let receipts):
            writer.pack(UInt8(2))
            writer.pack(receipts)
        case .bury(let receiver, let sequence, let cause):
            writer.pack(UInt8(3))
            Receipt(receiver, sequence).pack(into: &writer)
            writer.pack(cause)
        case .redrive(let receiver, let sequence):
            writer.pack(UInt8(4))
            Receipt(receiver, sequence).pack(into: &writer)
        case .discard(let receiver, let sequence):
            writer.pack(UInt8(5))
            Receipt(receiver, sequence).pack(into: &writer)
        case .fire(let timer, let atMs):
            writer.pack(UInt8(6))
            writer.pack(timer)
            writer.pack(atMs)
        case .answer(let part, let report):
            writer.pack(UInt8(7))
            writer.pack(part)
            report.pack(into: &writer)
        case .buryTimer(let name, let atMs, let cause):
            writer.pack(UInt8(8))
            writer.pack(name)
            writer.pack(atMs)
            writer.pack(cause)
        case .buryPart(let part, let cause):
            writer.pack(UInt8(9))
            writer.pack(part)
            writer.pack(cause)
        case .revive(let buried):
            writer.pack(UInt8(10))
            buried.pack(into: &writer)
        case .abandon(let buried):
            writer.pack(UInt8(11))
            buried.pack(into: &writer)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0:
            self = .tell(
                event: try reader.readString(maxBytes: ChoreographyLimits.nameBytes),
                payload: Array(try reader.readBinary(maxBytes: ChoreographyLimits.eventBytes)), trace: try reader.readWorkID())
        case 1:
            self = .deliver(
                from: try ActorName(from: &reader), try Letter(from: &reader), received: try reader.readUInt64(),
                attempt: try reader.readInt())
        case 2: self = .settle(try reader.readAll())
        case 3:
            let receipt = try Receipt(from: &reader)
            self = .bury(to: receipt.receiver, sequence: receipt.sequence, cause: try reader.readString())
        case 4:
            let receipt = try Receipt(from: &reader)
            self = .redrive(to: receipt.receiver, sequence: receipt.sequence)
        case 5:
            let receipt = try Receipt(from: &reader)
            self = .discard(to: receipt.receiver, sequence: receipt.sequence)
        case 6: self = .fire(timer: try reader.readString(maxBytes: ChoreographyLimits.nameBytes), atMs: try reader.readInt64())
        case 7: self = .answer(part: try reader.readString(maxBytes: ChoreographyLimits.nameBytes), try WorkReport(from: &reader))
        case 8:
            self = .buryTimer(
                try reader.readString(maxBytes: ChoreographyLimits.nameBytes), atMs: try reader.readInt64(),
                cause: try reader.readString(maxBytes: ChoreographyLimits.reasonBytes))
        case 9:
            self = .buryPart(
                try reader.readString(maxBytes: ChoreographyLimits.nameBytes),
                cause: try reader.readString(maxBytes: ChoreographyLimits.reasonBytes))
        case 10: self = .revive(try Buried(from: &reader))
        case 11: self = .abandon(try Buried(from: &reader))
        default: throw PackingError("command \(kind) of a durable actor is not known to this program; update it")
        }
    }
}

extension ActorCommand.Buried: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .timer(let name):
            writer.pack(UInt8(0))
            writer.pack(name)
        case .part(let name):
            writer.pack(UInt8(1))
            writer.pack(name)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        let name = try reader.readString(maxBytes: ChoreographyLimits.nameBytes)
        switch kind {
        case 0: self = .timer(name)
        case 1: self = .part(name)
        default: throw PackingError("nothing of nature \(kind) is buried")
        }
    }
}

/// What a register answers to a letter.
package enum DeliveryAnswer: Hashable, Sendable {
    /// The receiver has all letters of this pair up to this number.
    case received(UInt64)
    /// Letters before this one have not come: the next that is taken has this number.
    case outOfOrder(next: UInt64)
}

extension DeliveryAnswer: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .received(let sequence):
            writer.pack(true)
            writer.pack(sequence)
        case .outOfOrder(let next):
            writer.pack(false)
            writer.pack(next)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let isReceived = try reader.readBool(), number = try reader.readUInt64()
        self = isReceived ? .received(number) : .outOfOrder(next: number)
    }
}

extension ActorCommand {
    /// The command by which somebody who is no actor tells an event.
    package static func telling<Event: DurableEvent>(_ event: Event, as work: WorkID) throws -> ActorCommand {
        .tell(event: Event.name, payload: try MessagePackEncoder().encode(event), trace: work)
    }
}

extension DeliveryAnswer {
    /// Reads what a register has answered.
    package init(reading bytes: [UInt8]) throws { try self.init(packed: bytes) }
}
