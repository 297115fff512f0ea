import MessagePack
import Registers
import World

/// What may be asked of a durable actor: the queries of its register.
package enum ActorQuery: Hashable, Sendable {
    /// Its own state, as its kind encodes it; empty before the first event.
    case state
    /// One of its own rows; or those from a key on.
    case rows(from: [UInt8], limit: UInt32)
    /// What it has yet to send, to ask and to wait for; orders behind this part.
    case duties(after: String)
    /// Its entries in the causal graph of a piece of work, with numbers above this one.
    case trace(WorkID, after: UInt64)
    /// How it stands: see ``ActorSight``; its own rows behind this key.
    case sight(after: [UInt8])
    /// How it stands: an ``ActorOutline`` of all that it does, or of a piece of work, with at most `limit` of what is to come.
    case outline(of: WorkID?, limit: UInt32)
}

extension ActorQuery {
    /// Orders and entries in one answer.
    static let most = 512

    /// - Parameter word: how an actor of that state stands; see ``DurableActor/word(for:)``.
    func answer(_ view: RegisterView, word: ([UInt8]) throws -> String) throws -> [UInt8] {
        switch self {
        case .outline(let work, let limit):
            return try ActorOutline(view, of: work, limit: min(Int(limit), Self.most), word: word).packed
        case .state: return view.state.isEmpty ? [] : try StoredActor(packed: view.state).state
        case .rows(let start, let limit):
            var writer = MessagePackWriter()
            let rows = view.rows(from: start, limit: min(Int(limit), Self.most))
            writer.packArrayHeader(rows.count * 2)
            for row in rows {
                writer.packBinary(row.key)
                writer.packBinary(row.value)
            }
            return writer.finish()
        case .duties(let after): return try ActorDuties(view, after: after).packed
        case .sight(let after): return try ActorSight(view, after: after)?.packed ?? []
        case .trace(let trace, let after):
            var entries: [TraceEntry] = []
            let prefix = trace.bytes
            // Behind the number: the same bytes and one more.
            for row in view.rows(of: .trace, from: ActorRows.trace(after, of: trace) + [0], limit: Self.most) {
                guard row.key.starts(with: prefix) else { break }
                entries.append(try TraceEntry(packed: row.value))
            }
            var writer = MessagePackWriter()
            writer.pack(entries)
            return writer.finish()
        }
    }
}

extension ActorQuery: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .state: writer.pack(UInt8(0))
        case .rows(let start, let limit):
            writer.pack(UInt8(1))
            writer.packBinary(start)
            writer.pack(limit)
        case .duties(let after):
            writer.pack(UInt8(2))
            writer.pack(after)
        case .trace(let trace, let after):
            writer.pack(UInt8(3))
            writer.packBinary(trace.bytes)
            writer.pack(after)
        case .sight(let after):
            writer.pack(UInt8(4))
            writer.packBinary(after)
        case .outline(let trace, let limit):
            writer.pack(UInt8(5))
            if let trace { writer.packBinary(trace.bytes) } else { writer.packNil() }
            writer.pack(limit)
        }
    }

    package init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0: self = .state
        case 1: self = .rows(from: Array(try reader.readBinary()), limit: try reader.readInt())
        case 2: self = .duties(after: try reader.readString())
        case 3: self = .trace(try reader.readWorkID(), after: try reader.readUInt64())
        case 4: self = .sight(after: Array(try reader.readBinary(maxBytes: RegisterLimits.rowKeyBytes)))
        case 5:
            let trace = try reader.readNilIfPresent() ? nil : try reader.readWorkID()
            self = .outline(of: trace, limit: try reader.readInt())
        default: throw PackingError("query \(kind) of a durable actor is not known to this program; update it")
        }
    }
}
