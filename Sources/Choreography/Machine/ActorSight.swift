import MessagePack
import Registers
import World

/// How an actor stands: its state and its own rows, or as many of them as one answer holds.
package struct ActorSight: Hashable, Sendable {
    /// Entries in the causal graph so far: rises with everything that happens to the actor.
    package let number: UInt64
    /// Nothing happens to it any more.
    package let isOver: Bool
    /// Orders that no worker has answered.
    package let openOrders: UInt64
    /// As its kind encodes it; see ``StateSchemas``.
    package let state: [UInt8]
    package let rows: [Row]
    /// The last key, when there are more.
    package let next: [UInt8]?

    package struct Row: Hashable, Sendable, Packable {
        package let key: [UInt8]
        package let value: [UInt8]
    }

    /// Bytes of rows in one answer, beyond which the next is left for the next.
    static let bytes = 128 << 10

    /// Nil for an actor that has never reacted to anything.
    init?(_ view: RegisterView, after: [UInt8]) throws {
        guard !view.state.isEmpty else { return nil }
        let stored = try StoredActor(packed: view.state)
        (number, openOrders, state) = (stored.header.traced, stored.header.openOrders, stored.state)
        isOver = view.isFinished || stored.header.isEnding
        var rows: [Row] = [], size = 0, start = after.isEmpty ? [] : after + [0], isThrough = false
        while size < Self.bytes, !isThrough {
            let more = view.rows(from: start, limit: 16)
            let taken = more.prefix { row in
                defer { size += row.key.count + row.value.count }
                return size < Self.bytes
            }
            rows += taken.map { Row(key: $0.key, value: $0.value) }
            isThrough = taken.count == more.count && more.count < 16
            start = (rows.last?.key ?? []) + [0]
        }
        self.rows = rows
        next = isThrough ? nil : rows.last?.key
    }
}

extension ActorSight: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(number)
        writer.pack(isOver)
        writer.pack(openOrders)
        writer.packBinary(state)
        writer.pack(rows)
        if let next { writer.packBinary(next) } else { writer.packNil() }
    }

    package init(from reader: inout MessagePackReader) throws {
        number = try reader.readUInt64()
        isOver = try reader.readBool()
        openOrders = try reader.readUInt64()
        state = Array(try reader.readBinary())
        rows = try reader.readAll()
        next = try reader.readNilIfPresent() ? nil : Array(try reader.readBinary())
    }
}

extension ActorSight.Row {
    package func pack(into writer: inout MessagePackWriter) {
        writer.packBinary(key)
        writer.packBinary(value)
    }

    package init(from reader: inout MessagePackReader) throws {
        key = Array(try reader.readBinary())
        value = Array(try reader.readBinary())
    }
}

/// How an actor stands, as its kind knows it.
public struct ActorSighting<Actor: DurableActor>: Sendable {
    /// Rises with everything that happens to the actor; 1 after the first.
    public let number: UInt64
    /// Nothing happens to it any more.
    public let isOver: Bool
    /// Parts that it has ordered and nobody has answered.
    public let openOrders: Int
    public let state: Actor.State
    /// Its own rows, in the order of their keys.
    public let rows: [(key: [UInt8], value: [UInt8])]

    /// Reads the answer to ``DurableActors/stateQuery``; nil when it is none, or of an actor that has never reacted to anything.
    public init?(reading bytes: [UInt8]) {
        guard let sight = try? ActorSight(packed: bytes), let sighting = try? Self(sight, rows: [], .program) else { return nil }
        self = sighting
    }

    init(_ sight: ActorSight, rows: [ActorSight.Row], _ schemas: StateSchemas) throws {
        (number, isOver, openOrders) = (sight.number, sight.isOver, Int(clamping: sight.openOrders))
        state = try Actor.state(reading: sight.state, by: schemas)
        self.rows = rows.map { ($0.key, $0.value) }
    }
}
