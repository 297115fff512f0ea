import Choreography
import Registers
import World

/// Whose items are counted. One for each tenant; it lives on.
public enum Tenant: DurableActor {
    public struct State: Codable, Hashable, Sendable {
        /// Distinct ids.
        public internal(set) var count: UInt64 = 0
        /// Changes that have added any.
        public internal(set) var revision: UInt64 = 0
    }

    public static let kind = "tenant"
    public static var blank: State { State() }

    public static var rules: [Rule<Tenant>] {
        [
            .on(Add.self, .pivot, from: [.outside, .actors], sends: [.to(Delivery.self, Added.self)]) { add, state, next in
                var fresh: UInt64 = 0
                for id in add.ids where try next.takes(id) { fresh += 1 }
                if fresh > 0 {
                    state.count += fresh
                    state.revision += 1
                }
                guard let delivery = next.sender else { return }
                guard let parcel = add.parcel else { throw ReactionError("a parcel has a number, and this one from \(delivery) has none") }
                try next.send(Added(parcel: parcel), to: delivery)
            },
        ]
    }
}

// The row of an id
// ================
// Its key is the id itself, behind a zero. An id that is too long for a key is the value of a row instead; its key is a one, a hash of
// the id, and its place among the ids of that hash. So ids with one hash, by chance or by somebody's will, are told apart by their bytes
// like all others.

extension Reaction {
    /// Whether the id is new; it is there from now on.
    fileprivate mutating func takes(_ id: String) throws -> Bool {
        guard !id.isEmpty, id.utf8.count <= ItemLimits.idBytes else {
            throw ReactionError("an id has 1 to \(ItemLimits.idBytes) bytes, not \(id.utf8.count)")
        }
        let bytes = Array(id.utf8)
        guard bytes.count > ItemKey.longest else { return takes([0] + bytes, value: []) }
        for place in 0...UInt16.max {
            let key = ItemKey.hashed(bytes, place: place)
            guard let other = self[row: key] else { return takes(key, value: bytes) }
            if other == bytes { return false }
        }
        throw ReactionError("65536 long ids with the hash of \(id.prefix(64))... are there already, and no more can be told apart")
    }

    private mutating func takes(_ key: [UInt8], value: [UInt8]) -> Bool {
        guard self[row: key] == nil else { return false }
        self[row: key] = value
        return true
    }
}

enum ItemKey {
    /// Bytes of an id that is a key itself. A row's key has a byte for its kind, and ours one more.
    static let longest = RegisterLimits.rowKeyBytes - 2

    static func hashed(_ id: [UInt8], place: UInt16) -> [UInt8] {
        [1] + bytes(of: StableHash.hash(id)) + bytes(of: place)
    }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
