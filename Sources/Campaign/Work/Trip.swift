import Choreography
import World

// A TRIP WANTS ROOMS
//
// Work made for what orders do not do: its compensation may overtake its step, the step may be refused for good, and a decision rests on
// nothing but that a cancelled timer does not fire.
//
//             AskFor           Book                          Plan ▶ trip asks the hotel itself, or has an agent do it
//      trip ─────────▶ agent ─────────▶ hotel
//       │ ▲◀──────────────────────────── Booked              it has the rooms: its patience is cancelled, it confirms
//       │ └ Patience                                         it has waited too long: it gives up, and undoes what may yet come
//       ├───────── Confirm ────────────▶ hotel ▶ Confirmed   the trip is over
//       └───────── Unbook ─────────────▶ hotel ▶ Unbooked    the trip is over

/// Wants rooms in a hotel, and decides whether it has them. One for each piece of work.
package enum Trip: DurableActor {
    package enum Decision: String, Codable, Hashable, Sendable { case open, booked, givenUp }

    package struct State: Codable, Hashable, Sendable {
        var plan: Plan?
        package var decision = Decision.open
    }

    package static let kind = "trip"
    package static var blank: State { State() }

    package static var rules: [Rule<Trip>] {
        [
            .on(
                Plan.self, .note, from: [.outside], sends: [.to(Agent.self, AskFor.self), .to(Hotel.self, Book.self)],
                timers: [Patience.self], begin),
            .on(Booked.self, .pivot, sends: [.to(Hotel.self, Confirm.self)]) { _, state, next in
                // It was too late.
                guard state.decision == .open, let plan = state.plan else { return }
                state.decision = .booked
                next.cancelTimer("patience")
                try next.send(Confirm(rooms: plan.rooms), to: named(Hotel.kind, plan.hotel))
            },
            // Asks nothing: it fires only when nobody has cancelled it.
            .on(Patience.self, .note, from: [.timer], sends: [.to(Hotel.self, Unbook.self)]) { _, state, next in
                guard let plan = state.plan else { return }
                state.decision = .givenUp
                try next.compensate(Unbook(rooms: plan.rooms), at: named(Hotel.kind, plan.hotel))
            },
            .on(Confirmed.self, .note) { _, _, next in try next.finish() },
            .on(Unbooked.self, .note) { _, _, next in try next.finish() },
        ]
    }

    private static func begin(_ plan: Plan, _ state: inout State, _ next: inout Reaction) throws {
        guard state.plan == nil else { return }
        state.plan = plan
        try next.setTimer("patience", at: WallTime(millisecondsSince1970: plan.patienceMs), Patience())
        let book = Book(rooms: plan.rooms, isRefused: plan.isRefused)
        if let agent = plan.agent {
            try next.send(AskFor(hotel: plan.hotel, book: book), to: named(Agent.kind, agent))
        } else {
            try next.send(book, to: named(Hotel.kind, plan.hotel))
        }
    }

    static func named(_ kind: String, _ name: String) throws -> ActorName {
        guard let actor = ActorName(kind, named: name) else { throw ReactionError("\"\(name)\" is no name of a \(kind)") }
        return actor
    }
}

/// Passes on what a trip wants.
package enum Agent: DurableActor {
    package struct State: Codable, Hashable, Sendable { var asked: Int64 = 0 }

    package static let kind = "agent"
    package static var blank: State { State() }

    package static var rules: [Rule<Agent>] {
        [
            .on(AskFor.self, .note, sends: [.to(Hotel.self, Book.self)]) { wish, state, next in
                state.asked += 1
                try next.send(wish.book, to: Trip.named(Hotel.kind, wish.hotel))
            },
        ]
    }
}

/// Has rooms without end, and counts those that are taken.
package enum Hotel: DurableActor {
    package struct State: Codable, Hashable, Sendable {
        package var booked: Int64 = 0
        package var confirmed: Int64 = 0
    }

    package static let kind = "hotel"
    package static var blank: State { State() }

    package static var rules: [Rule<Hotel>] {
        [
            .on(Book.self, .compensable(by: Unbook.name), sends: [.to(Trip.self, Booked.self)]) { book, state, next in
                if book.isRefused { throw ReactionError("it was asked to refuse") }
                state.booked += book.rooms
                try next.send(Booked(), to: ActorName(Trip.kind, of: next.trace))
            },
            .on(Confirm.self, .retriable, sends: [.to(Trip.self, Confirmed.self)]) { confirm, state, next in
                state.confirmed += confirm.rooms
                try next.send(Confirmed(), to: ActorName(Trip.kind, of: next.trace))
            },
            .on(
                Unbook.self, undoing: Book.self, sends: [.to(Trip.self, Unbooked.self)],
                undo: { unbook, state, _ in state.booked -= unbook.rooms },
                then: { _, _, next in try next.send(Unbooked(), to: ActorName(Trip.kind, of: next.trace)) }),
        ]
    }
}

/// Somebody plans a trip.
package struct Plan: DurableEvent, Hashable {
    package static let name = "plan"
    package let hotel: String
    package let rooms: Int64
    /// Who is to ask the hotel; nil when the trip does.
    package let agent: String?
    /// The hotel will never take it.
    package let isRefused: Bool
    /// When the trip gives up, milliseconds since 1970.
    package let patienceMs: Int64

    package init(hotel: String, rooms: Int64, agent: String?, isRefused: Bool, patienceMs: Int64) {
        (self.hotel, self.rooms, self.agent, self.isRefused, self.patienceMs) = (hotel, rooms, agent, isRefused, patienceMs)
    }
}

package struct AskFor: DurableEvent, Hashable { package static let name = "ask-for"; let hotel: String; let book: Book }
package struct Book: DurableEvent, Hashable { package static let name = "book"; let rooms: Int64; let isRefused: Bool }
package struct Booked: DurableEvent, Hashable { package static let name = "booked" }
package struct Confirm: DurableEvent, Hashable { package static let name = "confirm"; let rooms: Int64 }
package struct Confirmed: DurableEvent, Hashable { package static let name = "confirmed" }
package struct Unbook: DurableEvent, Hashable { package static let name = "unbook"; let rooms: Int64 }
package struct Unbooked: DurableEvent, Hashable { package static let name = "unbooked" }
package struct Patience: DurableEvent, Hashable { package static let name = "patience" }
