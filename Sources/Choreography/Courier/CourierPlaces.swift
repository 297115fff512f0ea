import World

// HOW MANY MAY BEGIN
//
// A home looks after so many actors of a kind at a time, and no more begin there. But its courier hears of an actor only when the actor is
// written down, and of many who ask in one moment each would find the room that there is. So whoever is about to begin one reserves a place
// for it first, in the one step in which it is seen that there is room. A place goes
//
//   when the courier has heard of the actor, which counts by itself from then on;
//   when whoever has asked for it says that nothing has begun;
//   by itself after a while, because whoever has asked may have died. By then the courier has heard of what has begun.
//
// What may have begun, and of which the courier has not heard, it looks at: so it is known to be there, or not.

/// Places that are kept for actors which are about to begin.
struct CourierPlaces {
    /// How long a place is kept: longer than an actor may take to be told its first event.
    static let lease = Duration.seconds(15)
    /// Of one kind.
    static let most = 65_536

    /// When each place goes by itself, by kind.
    private var ends: [String: [ActorName: Instant]] = [:]

    /// Keeps a place for an actor, or goes on to, unless there are as many already as are allowed.
    /// - Parameters:
    ///   - begun: actors of the kind that are there.
    ///   - limit: of these and of places together.
    /// - Returns: nil when there is a place now, else how many there are.
    mutating func reserve(_ actor: ActorName, beside begun: Int, limit: Int, now: Instant) -> Int? {
        func full() -> Int? {
            let kept = ends[actor.kind]?.count ?? 0
            guard ends[actor.kind]?[actor] == nil, begun + kept >= limit || kept >= Self.most else { return nil }
            return begun + kept
        }
        // Places that have gone by themselves are looked for only when there is no room.
        if full() != nil { ends[actor.kind] = ends[actor.kind]?.filter { $0.value > now } }
        if let count = full() { return count }
        ends[actor.kind, default: [:]][actor] = now + Self.lease
        return nil
    }

    /// - Returns: whether a place was kept for it.
    @discardableResult
    mutating func giveBack(_ actor: ActorName) -> Bool {
        guard ends[actor.kind]?.removeValue(forKey: actor) != nil else { return false }
        if ends[actor.kind]?.isEmpty == true { ends[actor.kind] = nil }
        return true
    }
}
