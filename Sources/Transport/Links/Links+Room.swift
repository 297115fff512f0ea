import Wire
import World

// Room for sessions
// =================
// A Hello costs its sender a few bytes and this node a session, and without CURVE anybody can send one. Nodes know each
// other by addresses at which they can be dialled, and are never silent for long; a stranger's Hellos leave sessions that
// cannot be dialled or in which nothing was ever said. So one connection has few sessions at a time, and when the table is
// full those that have been silent for longest go first. A client that comes back shakes hands again.

extension Links {
    /// Sessions that one connection may have begun; a peer has one, and perhaps another from before its last goodbye.
    private static let sessionsPerRoute = 16
    /// The part of a full table that is cleared at once, so that a flood of Hellos does not look through it for each.
    private static let clearedPart = 64

    func inboundSessions(with name: String) -> [Session] { sessions(with: name).filter { $0.dialled == nil } }

    /// Sees that there is room for one more session by `route`. False when all that stand are with nodes.
    func makeRoom(for route: RouteID) -> Bool {
        if let begun = byOrigin[route], begun.count >= Self.sessionsPerRoute { clear(begun[0]) }
        guard sessions.count >= limits.inboundSessions else { return true }
        let idlest = sessions.values.filter { $0.dialled == nil && ($0.info.address.port == 0 || $0.messagesReceived == 0) }
            .sorted { ($0.lastHeard, $0.info.id) < ($1.lastHeard, $1.info.id) }
        for session in idlest.prefix(max(1, limits.inboundSessions / Self.clearedPart)) { clear(session) }
        return sessions.count < limits.inboundSessions
    }

    private func clear(_ session: Session) {
        sayGoodbye(session, "this node needs the room for other sessions")
        lose(session, .displaced, restFor: .zero)
    }
}
