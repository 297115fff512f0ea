import MessagePack
import Registers
import World

/// What a durable actor keeps in front of its own state: all that has to be looked at with every event.
package struct ActorHeader: Hashable, Sendable {
    package struct Timer: Hashable, Sendable, Packable {
        package let name: String
        /// Milliseconds since 1970.
        package let atMs: Int64
        package let trace: WorkID
        /// The entry in the causal graph that set it.
        package let cause: UInt64
        package let event: String
        package let payload: [UInt8]
        /// Why the actor will never take it; nil while it may.
        package var dead: String?

        package init(name: String, atMs: Int64, trace: WorkID, cause: UInt64, event: String, payload: [UInt8]) {
            (self.name, self.atMs, self.trace, self.cause) = (name, atMs, trace, cause)
            (self.event, self.payload) = (event, payload)
        }
    }

    static let version: UInt8 = 1

    /// Those for whom letters wait, longest first.
    package var receivers: [ActorName] = []
    /// Those of whom the first letter that waits is dead.
    package var buried: [ActorName] = []
    /// Sorted by name.
    package var timers: [Timer] = []
    /// Orders that no worker has answered, and those of them that nobody is expected to answer.
    package var openOrders: UInt64 = 0
    package var deadOrders: UInt64 = 0
    /// Entries in the causal graph so far.
    package var traced: UInt64 = 0
    /// The work is over; what is left is that others get their last letters.
    package var isEnding = false
    /// How often it has reacted to those events whose number is limited, sorted by name.
    package var counts: [Count] = []

    package init() {}

    package struct Count: Hashable, Sendable, Packable {
        package let event: String
        package var number: UInt64

        package init(event: String, number: UInt64) { (self.event, self.number) = (event, number) }
    }

    /// When somebody has to look after the actor, milliseconds since 1970: at once (0) while letters or orders are open, else when the first of
    /// its timers is due; then only an operator can see to what is dead; nil when nothing is to come of itself.
    package var due: UInt64? {
        guard receivers.isEmpty && openOrders == deadOrders else { return 0 }
        let isDead = !buried.isEmpty || deadOrders > 0 || timers.contains { $0.dead != nil }
        return timers.filter { $0.dead == nil }.map { UInt64(clamping: $0.atMs) }.min() ?? (isDead ? RegisterState.someday : nil)
    }

    mutating func remove(timer name: String) -> Timer? {
        guard let index = timers.firstIndex(where: { $0.name == name }) else { return nil }
        return timers.remove(at: index)
    }

    mutating func insert(_ timer: Timer) throws {
        _ = remove(timer: timer.name)
        guard timers.count < ChoreographyLimits.timers else {
            throw ReactionError("more than \(ChoreographyLimits.timers) timers are set; cancel some")
        }
        timers.insert(timer, at: timers.firstIndex { $0.name > timer.name } ?? timers.count)
    }

    /// The actor will never take the timer that is set for then. Gives it, unless it is dead already or set for another time.
    mutating func bury(timer name: String, atMs: Int64, _ cause: String) -> Timer? {
        guard let index = timers.firstIndex(where: { $0.name == name && $0.atMs == atMs && $0.dead == nil }) else { return nil }
        timers[index].dead = cause
        return timers[index]
    }

    /// A dead timer fires again. Gives it, if it is dead.
    mutating func revive(timer name: String) -> Timer? {
        guard let index = timers.firstIndex(where: { $0.name == name && $0.dead != nil }) else { return nil }
        timers[index].dead = nil
        return timers[index]
    }

    /// A dead timer does not fire. Gives it, if it is dead.
    mutating func abandon(timer name: String) -> Timer? {
        timers.contains { $0.name == name && $0.dead != nil } ? remove(timer: name) : nil
    }

    /// Counts a reaction.
    mutating func count(_ event: String, limit: Int) throws {
        let index = counts.firstIndex { $0.event >= event } ?? counts.count
        if index == counts.count || counts[index].event != event { counts.insert(Count(event: event, number: 0), at: index) }
        guard counts[index].number < limit else { throw ReactionError("\(event) has come \(limit) times already, as often as it may") }
        counts[index].number += 1
    }
}

extension ActorHeader: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(Self.version)
        writer.pack(receivers)
        writer.pack(buried)
        writer.pack(timers)
        writer.pack(openOrders)
        writer.pack(deadOrders)
        writer.pack(traced)
        writer.pack(isEnding)
        writer.pack(counts)
    }

    package init(from reader: inout MessagePackReader) throws {
        let version: UInt8 = try reader.readInt()
        guard version <= Self.version else {
            throw PackingError("this actor was written in version \(version), and this program knows \(Self.version); update it")
        }
        receivers = try reader.readAll()
        buried = try reader.readAll()
        timers = try reader.readAll()
        openOrders = try reader.readUInt64()
        deadOrders = try reader.readUInt64()
        traced = try reader.readUInt64()
        isEnding = try reader.readBool()
        counts = try reader.readAll()
    }
}

extension ActorHeader.Timer {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(name)
        writer.pack(atMs)
        writer.packBinary(trace.bytes)
        writer.pack(cause)
        writer.pack(event)
        writer.packBinary(payload)
        writer.packOptional(dead)
    }

    package init(from reader: inout MessagePackReader) throws {
        name = try reader.readString()
        atMs = try reader.readInt64()
        trace = try reader.readWorkID()
        cause = try reader.readUInt64()
        event = try reader.readString()
        payload = Array(try reader.readBinary())
        dead = try reader.readOptionalString()
    }
}

extension ActorHeader.Count {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(event)
        writer.pack(number)
    }

    package init(from reader: inout MessagePackReader) throws {
        event = try reader.readString()
        number = try reader.readUInt64()
    }
}
