import MessagePack

// SCHEMAS OF STATES
//
// A state outlives the program that wrote it, and for a while two releases run side by side on the replicas of one actor: whichever is home
// reads what the other wrote. So a release must not write what its neighbour cannot read. States have a schema, one number for all kinds:
//
//   release N      reads and writes schema 1
//   release N+1    reads and writes 1 and 2; writes 1, because that is active
//                  when every store runs it, an operator raises the active schema to 2
//                  reads 1 and 2; writes 2: each state with its actor's next change
//   a later one    may forget schema 1 when no state is left of it
//
// The active schema is part of the mesh's configuration. It is raised as stores are changed: as one step of the epoch, so that nobody writes
// the new schema before a majority of a register's replicas goes by the new epoch. It is never lowered.
//
// The bytes of a state tell their schema wherever they are: in the register, in an answer, at an edge. Those of schema 1 stand bare, as they
// always have; from schema 2 on the byte 0xC1, which begins no MessagePack value, and the schema stand before them. So a program that knows of no
// schemas does not take them for something else, and one that knows this one not refuses them by name.

/// The schemas of states that a program reads and writes: all between two, both included.
public struct StateSchemas: Hashable, Sendable, CustomStringConvertible {
    public let oldest: UInt32
    public let newest: UInt32

    /// Those of this program. The one place to change when a kind's state takes another form: raise `newest`, and have the kind
    /// encode both.
    public static let program = StateSchemas(1, 1)

    /// - Parameter oldest: from 1 on, and not above `newest`.
    public init(_ oldest: UInt32, _ newest: UInt32) {
        precondition(oldest >= 1 && oldest <= newest, "schemas \(oldest)...\(newest): they begin at 1, and the oldest is not above the newest")
        (self.oldest, self.newest) = (oldest, newest)
    }

    public func contains(_ schema: UInt32) -> Bool { schema >= oldest && schema <= newest }

    /// `1`, or `1 to 2`.
    public var description: String { oldest == newest ? "\(oldest)" : "\(oldest) to \(newest)" }
}

extension DurableActor {
    public static func encode(_ state: State, schema: UInt32) throws -> [UInt8] { try MessagePackEncoder().encode(state) }
    public static func decode(_ bytes: [UInt8], schema: UInt32) throws -> State { try MessagePackDecoder().decode(State.self, from: bytes) }

    /// The state as it is kept and told.
    /// - Parameter schema: the active one.
    /// - Throws: ``NotNow`` when this program does not know that.
    static func written(_ state: State, in schema: UInt32, by schemas: StateSchemas) throws -> [UInt8] {
        guard schemas.contains(schema) else {
            throw NotNow("states are written in schema \(schema), and this program writes \(schemas); update it")
        }
        let bytes = try encode(state, schema: schema)
        guard schema != 1 else {
            if bytes.first == StateMark.byte { throw ReactionError("a state of \(kind) begins with the byte 0xC1, as none may") }
            return bytes
        }
        var writer = MessagePackWriter(capacity: 8)
        writer.pack(schema)
        return [StateMark.byte] + writer.finish() + bytes
    }

    /// A state of whatever schema.
    /// - Throws: ``NotNow`` when this program does not know the schema: another one does.
    package static func state(reading bytes: [UInt8], by schemas: StateSchemas) throws -> State {
        guard bytes.first == StateMark.byte else { return try read(bytes, 1, schemas) }
        var reader = MessagePackReader(Array(bytes.dropFirst()))
        let schema: UInt32 = try reader.readInt()
        return try read(Array(bytes.dropFirst(1 + reader.position)), schema, schemas)
    }

    private static func read(_ bytes: [UInt8], _ schema: UInt32, _ schemas: StateSchemas) throws -> State {
        guard schemas.contains(schema) else {
            throw NotNow("its state was written in schema \(schema), and this program reads \(schemas); update it")
        }
        return try decode(bytes, schema: schema)
    }
}

/// What stands before a state of schema 2 or later.
private enum StateMark { static let byte: UInt8 = 0xC1 }
