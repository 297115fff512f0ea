import Choreography
import MessagePack
import World

/// Items of several tenants, or more than fit into one event, on their way to where they count. One for each such order.
public enum Delivery: DurableActor {
    public enum Status: String, Codable, Hashable, Sendable {
        /// Parcels come. Nothing counts yet.
        case loading
        /// It is complete, and the tenants get their parcels.
        case underWay
        /// All of it counts.
        case done
        /// It was not completed in time. Nothing of it counts.
        case abandoned
    }

    public struct State: Codable, Hashable, Sendable {
        public internal(set) var status = Status.loading
        /// Parcels that it has.
        public internal(set) var parcels: UInt32 = 0
        /// Of these, parcels that were sent, in the order of their numbers.
        var sent: UInt32 = 0
        /// And that count.
        public internal(set) var arrived: UInt32 = 0
        /// Bytes of those that are under way.
        var open = 0
    }

    public static let kind = "delivery"
    public static var blank: State { State() }
    public static func word(for state: State) -> String { state.status.rawValue }

    public static var rules: [Rule<Delivery>] {
        [
            .on(Load.self, .note, from: [.outside], timers: [Abandon.self], load),
            .on(Seal.self, .pivot, from: [.outside], sends: [.to(Tenant.self, Add.self)]) { seal, state, next in
                guard state.status == .loading else { return }
                guard state.parcels == seal.parcels, seal.parcels > 0 else {
                    throw ReactionError("it has \(state.parcels) parcels, not \(seal.parcels); load the others first")
                }
                state.status = .underWay
                next.cancelTimer("loading")
                try send(&state, &next)
            },
            .on(Added.self, .note, sends: [.to(Tenant.self, Add.self)], limit: ItemLimits.parcels) { added, state, next in
                guard state.status == .underWay, added.parcel < state.sent, let row = next[row: key(added.parcel)] else {
                    throw ReactionError("parcel \(added.parcel) was not sent")
                }
                state.arrived += 1
                state.open -= row.count
                if state.arrived < state.parcels { return try send(&state, &next) }
                state.status = .done
                try next.finish()
            },
            .on(Abandon.self, .note, from: [.timer]) { _, state, next in
                guard state.status == .loading else { return }
                state.status = .abandoned
                try next.finish()
            },
        ]
    }

    private static func load(_ load: Load, _ state: inout State, _ next: inout Reaction) throws {
        guard state.status == .loading else { throw ReactionError("it is complete, and takes no more parcels") }
        if state.parcels == 0 {
            let limit = WallTime(nanosecondsSince1970: next.now.nanosecondsSince1970 + ItemLimits.loading.nanoseconds)
            try next.setTimer("loading", at: limit, Abandon())
        }
        for (index, parcel) in load.parcels.enumerated() {
            let number = Int(load.first) + index
            guard number < ItemLimits.parcels else {
                throw ReactionError("a delivery has at most \(ItemLimits.parcels) parcels; make several")
            }
            guard ActorName(Tenant.kind, named: parcel.tenant) != nil else {
                throw ReactionError("\"\(parcel.tenant.prefix(64))\" is no tenant; give 1 to \(ItemLimits.tenantBytes) bytes")
            }
            let key = key(UInt32(number))
            guard next[row: key] == nil else { continue }
            next[row: key] = try MessagePackEncoder().encode(parcel)
            state.parcels += 1
        }
    }

    /// Sends as many of the parcels that are left as may be under way.
    private static func send(_ state: inout State, _ next: inout Reaction) throws {
        while state.sent < state.parcels, state.sent - state.arrived < ItemLimits.letters {
            guard let row = next[row: key(state.sent)] else { throw ReactionError("parcel \(state.sent) is not there") }
            guard state.open == 0 || state.open + row.count <= ItemLimits.letterBytes else { return }
            let parcel = try MessagePackDecoder().decode(Parcel.self, from: row)
            guard let tenant = ActorName(Tenant.kind, named: parcel.tenant) else {
                throw ReactionError("parcel \(state.sent) is for nobody")
            }
            try next.send(Add(ids: parcel.ids, parcel: state.sent), to: tenant)
            state.open += row.count
            state.sent += 1
        }
    }

    /// Of the row in which a parcel lies.
    private static func key(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

extension Choreography {
    /// The actors by which items are counted.
    public static let itemActors: [any DurableActor.Type] = [Tenant.self, Delivery.self]

    /// What they do together, checked.
    public static func items() throws(ChoreographyError) -> Choreography { try Choreography("items", itemActors) }
}
