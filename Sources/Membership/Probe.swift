import World

/// A question in flight: is this member alive?
struct Probe: Hashable, Sendable {
    let sequence: UInt32
    let slot: Int
    let identity: NodeIdentity
    var sentAt: Instant
    /// When helpers are asked; `nil` once they were.
    var indirectAt: Instant?
    /// When the answer is overdue.
    var deadline: Instant
    var nacksExpected = 0
    /// Questions in flight at once. Probes out of turn beyond this are not made; the round robin comes to those members.
    static let limit = 64

    /// Helpers that said "not yet"; at most one each.
    var nacksFrom: [NodeIdentity] = []

    var due: Instant { indirectAt ?? deadline }

    mutating func postpone(by lateness: Duration) {
        if let at = indirectAt { indirectAt = at + lateness }
        deadline = deadline + lateness
    }
}

/// A probe made for somebody else.
struct Relay: Hashable, Sendable {
    let sequence: UInt32
    let asker: MembershipPeer
    let askerSequence: UInt32
    let target: NodeIdentity
    /// When "not yet" is said; `nil` once it was.
    var nackAt: Instant?
    var deadline: Instant

    /// A node that asks for more than this is not served: the sum of what peers can make this node remember is bounded.
    static let limit = 512

    var due: Instant { nackAt ?? deadline }

    /// The asker's deadline does not move with this node's lateness, but a nack that is late anyway is late because of it.
    mutating func postpone(by lateness: Duration) { deadline = deadline + lateness }
}
