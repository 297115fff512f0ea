import Logging
import NIOCore
import Synchronization
import World

/// The connections of a server. At the limit the one goes that has been without a request for longest.
final class ConnectionTable: Sendable {
    private struct State {
        var open = 0
        /// Those without a request, by ticket. Tickets only grow, so that the lowest is the oldest.
        var waiting: [UInt64: any Channel] = [:]
        var nextTicket: UInt64 = 0
        /// No ticket below is waiting.
        var lowestTicket: UInt64 = 0
        var displaced = 0
        var lastNote: Instant?

        mutating func enlist(_ channel: any Channel) -> UInt64 {
            defer { nextTicket += 1 }
            waiting[nextTicket] = channel
            return nextTicket
        }

        mutating func takeOldest() -> (any Channel)? {
            while lowestTicket < nextTicket {
                defer { lowestTicket += 1 }
                if let channel = waiting.removeValue(forKey: lowestTicket) { return channel }
            }
            return nil
        }

        /// How many were displaced since the last note, when the next one is due.
        mutating func note(_ now: Instant) -> Int? {
            displaced += 1
            if let lastNote, now - lastNote < ConnectionTable.noteEvery { return nil }
            defer { displaced = 0 }
            lastNote = now
            return displaced
        }
    }

    private static let noteEvery: Duration = .seconds(60)

    private let name: String
    private let limit: Int
    private let world: any World
    private let logger: Logger
    private let state = Mutex(State())

    init(name: String, limit: Int, world: any World, logger: Logger) {
        self.name = name
        self.limit = limit
        self.world = world
        self.logger = logger
    }

    /// - Returns: the ticket of the connection, which has no request yet.
    func opened(_ channel: any Channel) -> UInt64 {
        let now = world.now
        let (ticket, victim, note) = state.withLock { state -> (UInt64, (any Channel)?, Int?) in
            state.open += 1
            let ticket = state.enlist(channel)
            guard state.open > limit else { return (ticket, nil, nil) }
            let victim = state.takeOldest()
            return (ticket, victim, victim == nil ? nil : state.note(now))
        }
        victim?.pipeline.fireUserInboundEventTriggered(ConnectionGuard.Displaced())
        if let note {
            logger.warning(
                """
                \(name): \(limit) connections are open, as many as this process affords; the oldest without a request are closed \
                for new ones, \(note) since the last word of it. Raise the limit of descriptors (ulimit -n), or look who connects
                """)
        }
        return ticket
    }

    /// A connection waits for its next request. Returns its ticket.
    func waiting(_ channel: any Channel) -> UInt64 { state.withLock { $0.enlist(channel) } }

    /// The connection has a request now.
    func working(_ ticket: UInt64) { state.withLock { $0.waiting[ticket] = nil } }

    /// - Parameter ticket: nil when the connection has ended over a request.
    func closed(_ ticket: UInt64?) {
        state.withLock { state in
            state.open -= 1
            if let ticket { state.waiting[ticket] = nil }
        }
    }
}
