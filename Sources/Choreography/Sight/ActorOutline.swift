import MessagePack
import Registers
import World

/// How a durable actor stands, in little: no payloads, and the state as one word.
package struct ActorOutline: Hashable, Sendable {
    /// See ``DurableActor/word(for:)``.
    package var word = ""
    /// The work is over; what is left is that others get their last letters.
    package var isEnding = false
    /// Entries in the causal graph so far; 0 for an actor that has never reacted to anything.
    package var entries: UInt64 = 0
    /// When the last of them was written, milliseconds since 1970; nil for an actor that lives on.
    package var lastMs: Int64?
    /// What is to come, at most as much as was asked for: what is dead first, then by age.
    package var awaited: [Awaited] = []
    /// More is to come than `awaited` tells.
    package var isCut = false

    package init() {}

    /// - Parameters:
    ///   - trace: only what is of this piece of work; nil for all.
    ///   - limit: of what is awaited.
    init(_ view: RegisterView, of trace: WorkID?, limit: Int, word: ([UInt8]) throws -> String) throws {
        guard !view.state.isEmpty, let owner = ActorName(key: view.key) else { return }
        let stored = try StoredActor(packed: view.state), header = stored.header
        self.word = try word(stored.state)
        (isEnding, entries) = (header.isEnding, header.traced)
        lastMs = try owner.work.flatMap { view[.trace, ActorRows.trace(header.traced, of: $0)] }.map { try TraceEntry(packed: $0).atMs }
        var all = try (header.buried + header.receivers).flatMap { try Self.letters(view, owner, to: $0, of: trace) }
        all += header.timers.filter { trace == nil || $0.trace == trace }.map {
            Awaited(
                owner: owner, what: .timer($0.name, event: $0.event, atMs: $0.atMs), work: $0.trace, cause: $0.cause, sinceMs: nil,
                hindrance: $0.dead.map { .dead($0) })
        }
        if header.openOrders > 0 {
            let parts = try Self.parts(view, owner, of: trace, limit, dead: header.deadOrders)
            all += parts.awaited
            isCut = parts.isCut
        }
        all.sort { ($0.rank, $0.dueMs ?? 0) < ($1.rank, $1.dueMs ?? 0) }
        isCut = isCut || all.count > limit
        awaited = Array(all.prefix(limit))
    }

    private static func letters(
        _ view: RegisterView, _ owner: ActorName, to receiver: ActorName, of trace: WorkID?
    ) throws -> [Awaited] {
        let row = try view.outbox(to: receiver)
        return row.letters.enumerated().compactMap { index, letter in
            guard trace == nil || letter.trace == trace else { return nil }
            let hindrance = row.dead.map { index == 0 ? Awaited.Hindrance.dead($0) : .behindDead }
            return Awaited(
                owner: owner,
                what: .letter(
                    event: letter.event, to: receiver, sequence: letter.sequence, isCompensation: letter.nature == .compensation),
                work: letter.trace, cause: letter.cause, sinceMs: letter.sentAtMs, hindrance: hindrance)
        }
    }

    /// Rows of orders, open and closed, that are gone through at a time. Beyond the first so many one look goes only for what is dead.
    private static let portion = 4_096

    /// - Parameter dead: how many of the orders are.
    private static func parts(
        _ view: RegisterView, _ owner: ActorName, of trace: WorkID?, _ limit: Int, dead: UInt64
    ) throws -> (awaited: [Awaited], isCut: Bool) {
        var found: [Awaited] = [], others: [Awaited] = [], times: [[UInt8]: Int64] = [:], seen: UInt64 = 0, start: [UInt8] = []
        while true {
            let rows = view.rows(of: .order, from: start, limit: portion)
            for row in rows where others.count <= limit || (seen < dead && found.count <= limit) {
                let order = try OrderRow(packed: row.value)
                if order.dead != nil { seen += 1 }
                let count = order.dead == nil ? others.count : found.count
                guard !order.isClosed, trace == nil || order.trace == trace, count <= limit else { continue }
                // When it was ordered is told by the entry that ordered it, and one entry orders many.
                let key = ActorRows.trace(order.cause, of: order.trace)
                if times[key] == nil { times[key] = try view[.trace, key].map { try TraceEntry(packed: $0).atMs } }
                let part = Awaited(
                    owner: owner, what: .part(String(decoding: row.key, as: UTF8.self), work: order.work), work: order.trace,
                    cause: order.cause, sinceMs: times[key], hindrance: order.dead.map { .dead($0) })
                if order.dead == nil { others.append(part) } else { found.append(part) }
            }
            // Behind the last: the same bytes and one more.
            guard rows.count == portion, let last = rows.last, seen < dead, found.count <= limit else {
                return (found + others, rows.count == portion || found.count > limit || others.count > limit)
            }
            start = last.key + [0]
        }
    }
}

extension Awaited {
    /// What needs an operator comes first, and what only has to wait for its time comes last.
    fileprivate var rank: Int {
        switch hindrance {
        case .dead: return 0
        case .behindDead: return 1
        case nil: break
        }
        return switch what {
        case .letter: 2
        case .part: 3
        case .timer: 4
        }
    }
}

extension ActorOutline: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(word)
        writer.pack(isEnding)
        writer.pack(entries)
        if let lastMs { writer.pack(lastMs) } else { writer.packNil() }
        writer.pack(awaited)
        writer.pack(isCut)
    }

    package init(from reader: inout MessagePackReader) throws {
        word = try reader.readString()
        isEnding = try reader.readBool()
        entries = try reader.readUInt64()
        lastMs = try reader.readNilIfPresent() ? nil : try reader.readInt64()
        awaited = try reader.readAll()
        isCut = try reader.readBool()
    }
}
