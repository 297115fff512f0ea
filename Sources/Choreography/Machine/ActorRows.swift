import MessagePack
import Registers
import World

// The rows of a durable actor, beside its own
// ===========================================
//   inbox   sender -> number of the last letter that was applied
//   outbox  receiver -> number of the last letter, and the letters that it may not have
//   order   part -> what was ordered, or that it was answered
//   effect  piece of work, step -> done or undone
//   trace   piece of work, number -> entry of the causal graph
//
// A pair of actors has one row at either side for as long as both live, and letters come and go within it: a row that was removed leaves
// a mark behind, which in a register that lives on would stay. Keys begin with what tells their hour (that of the other actor, or of the
// piece of work), so that all of an hour can be found and freed together, when nothing is left of it anywhere: see Replica+Passing.swift.
// From then on no letter of such an actor counts, and nothing is done or undone for such work.

enum ActorRows {
    /// The key of a pair's row, in inbox and outbox.
    static func pair(_ other: ActorName) -> [UInt8] {
        bytes(of: other.key.hour?.number ?? .max) + other.key.bytes
    }

    static func order(_ part: String) -> [UInt8] { Array(part.utf8) }

    /// - Parameter mark: tells effects of one step apart. A zero before it keeps `put` with the mark `-by` from being `put-by`.
    static func effect(_ step: String, _ mark: String, of trace: WorkID) -> [UInt8] {
        trace.bytes + Array(step.utf8) + [0] + Array(mark.utf8)
    }

    static func trace(_ number: UInt64, of trace: WorkID) -> [UInt8] { trace.bytes + bytes(of: number) }

    /// The hour of the other actor of a pair, or of the piece of work of an effect or an entry. Nil for other rows, for a pair with one
    /// that lives on, and for one with letters that wait: those are somebody's to settle, also when their receiver is no more.
    static func hour(of row: StoredRow) -> CreationHour? {
        let key = row.key.dropFirst()
        switch row.key.first.flatMap(RegisterView.Kind.init) {
        case .inbox: return hour(ofPair: key)
        case .outbox:
            if let value = row.value, (try? OutboxRow(packed: value))?.letters.isEmpty != true { return nil }
            return hour(ofPair: key)
        case .effect, .trace: return WorkID(bytes: key.prefix(16)).map { CreationHour(of: $0) }
        case .operation, .own, .order, .ofWork, nil: return nil
        }
    }

    private static func hour(ofPair key: some Collection<UInt8>) -> CreationHour? {
        let number = key.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        return key.count < 4 || number == .max ? nil : CreationHour(number: number)
    }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

/// The letters of one actor to another.
package struct OutboxRow: Hashable, Sendable {
    /// The number of the last letter that was written.
    package var last: UInt64 = 0
    /// Those that the receiver may not have, in order; the last has number `last`.
    package var letters: [Letter] = []
    /// Why the first of them will never be taken; nil while it may be.
    package var dead: String?

    package init() {}

    /// The receiver has all up to that number. False when that was known.
    mutating func settle(upTo sequence: UInt64) -> Bool {
        let kept = letters.drop { $0.sequence <= sequence }
        guard kept.count < letters.count else { return false }
        letters = Array(kept)
        dead = nil
        return true
    }
}

extension OutboxRow: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(last)
        writer.packOptional(dead)
        writer.pack(letters)
    }

    package init(from reader: inout MessagePackReader) throws {
        last = try reader.readUInt64()
        dead = try reader.readOptionalString()
        letters = try reader.readAll()
    }
}

/// A part that was ordered.
package struct OrderRow: Hashable, Sendable {
    package var work: String
    package var payload: [UInt8]
    package var trace: WorkID
    /// The entry of the causal graph that ordered it.
    package var cause: UInt64
    /// About how long a worker takes for it, in milliseconds; 0 when nobody knows.
    package var expectedMs: UInt32
    /// The only node that may do it; nil when any worker may, and when it is closed.
    package var place: String?
    /// Why nobody is expected to answer it; nil while somebody is.
    package var dead: String?
    /// An answer was applied, or nobody waits for it any longer. Then `payload` is empty.
    package var isClosed = false

    package init(work: String, payload: [UInt8], trace: WorkID, cause: UInt64, expectedMs: UInt32 = 0, place: String? = nil) {
        (self.work, self.payload, self.trace, self.cause) = (work, payload, trace, cause)
        (self.expectedMs, self.place) = (expectedMs, place)
    }
}

/// A place came with a later release. A row without one looks as it always has; nil before the last field says that a place follows it.
extension OrderRow: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.pack(work)
        writer.packBinary(payload)
        writer.packBinary(trace.bytes)
        writer.pack(cause)
        writer.pack(expectedMs)
        writer.packOptional(dead)
        if place != nil { writer.packNil() }
        writer.pack(isClosed)
        if let place { writer.pack(place) }
    }

    package init(from reader: inout MessagePackReader) throws {
        work = try reader.readString()
        payload = Array(try reader.readBinary())
        trace = try reader.readWorkID()
        cause = try reader.readUInt64()
        expectedMs = try reader.readInt()
        dead = try reader.readOptionalString()
        let hasPlace = try reader.readNilIfPresent()
        isClosed = try reader.readBool()
        place = hasPlace ? try reader.readString(maxBytes: ChoreographyLimits.nameBytes) : nil
    }
}

extension RegisterView {
    /// Nothing is left of work of that hour.
    func hasPassed(_ hour: CreationHour) -> Bool { circumstances.passed.map { hour <= $0 } ?? false }

    func outbox(to receiver: ActorName) throws -> OutboxRow {
        try self[.outbox, ActorRows.pair(receiver)].map { try OutboxRow(packed: $0) } ?? OutboxRow()
    }

    /// The number of the last letter from there that was applied.
    func received(from sender: ActorName) throws -> UInt64 {
        guard let row = self[.inbox, ActorRows.pair(sender)] else { return 0 }
        var reader = MessagePackReader(row)
        return try reader.readUInt64()
    }

    mutating func setReceived(_ sequence: UInt64, from sender: ActorName) {
        var writer = MessagePackWriter()
        writer.pack(sequence)
        self[.inbox, ActorRows.pair(sender)] = writer.finish()
    }
}
