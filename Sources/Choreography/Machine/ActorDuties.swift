import MessagePack
import Registers
import World

/// What a durable actor has yet to send, to ask of workers and to wait for: the work of whoever looks after it.
package struct ActorDuties: Hashable, Sendable {
    /// Letters that a receiver may not have.
    package struct Pair: Hashable, Sendable, Packable {
        package let receiver: ActorName
        package let letters: [Letter]
        /// Why the first will never be taken.
        package let dead: String?
        /// The number of the last letter from there that was applied here.
        package let received: UInt64

        package init(receiver: ActorName, letters: [Letter], dead: String?, received: UInt64) {
            (self.receiver, self.letters, self.dead, self.received) = (receiver, letters, dead, received)
        }
    }

    package struct Order: Hashable, Sendable {
        package let part: String
        package let row: OrderRow

        package init(part: String, row: OrderRow) { (self.part, self.row) = (part, row) }
    }

    package var pairs: [Pair] = []
    package var timers: [ActorHeader.Timer] = []
    /// Those that are open, dead ones too, by the names of their parts.
    package var orders: [Order] = []
    /// The last part that was looked at, when there may be more.
    package var next: String?
    package var isEnding = false

    package init() {}

    init(_ view: RegisterView, after part: String) throws {
        guard !view.state.isEmpty else { return }
        let header = try StoredActor(packed: view.state).header
        isEnding = header.isEnding
        timers = header.timers
        if part.isEmpty {
            for receiver in header.receivers + header.buried {
                let row = try view.outbox(to: receiver)
                pairs.append(Pair(receiver: receiver, letters: row.letters, dead: row.dead, received: try view.received(from: receiver)))
            }
        }
        guard header.openOrders > 0 else { return }
        // Behind the part: the same bytes and one more.
        let start = part.isEmpty ? [] : ActorRows.order(part) + [0]
        let rows = view.rows(of: .order, from: start, limit: ActorQuery.most)
        for row in rows {
            let order = try OrderRow(packed: row.value)
            if !order.isClosed { orders.append(Order(part: String(decoding: row.key, as: UTF8.self), row: order)) }
        }
        if rows.count == ActorQuery.most { next = rows.last.map { String(decoding: $0.key, as: UTF8.self) } }
    }
}

extension ActorDuties: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(pairs)
        writer.pack(timers)
        writer.pack(orders)
        writer.packOptional(next)
        writer.pack(isEnding)
    }

    package init(from reader: inout MessagePackReader) throws {
        pairs = try reader.readAll()
        timers = try reader.readAll()
        orders = try reader.readAll()
        next = try reader.readOptionalString()
        isEnding = try reader.readBool()
    }
}

extension ActorDuties.Pair {
    package func pack(into writer: inout MessagePackWriter) {
        receiver.pack(into: &writer)
        writer.pack(letters)
        writer.packOptional(dead)
        writer.pack(received)
    }

    package init(from reader: inout MessagePackReader) throws {
        receiver = try ActorName(from: &reader)
        letters = try reader.readAll()
        dead = try reader.readOptionalString()
        received = try reader.readUInt64()
    }
}

extension ActorDuties.Order: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(part)
        row.pack(into: &writer)
    }

    package init(from reader: inout MessagePackReader) throws {
        part = try reader.readString()
        row = try OrderRow(from: &reader)
    }
}
