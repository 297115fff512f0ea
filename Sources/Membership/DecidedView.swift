import World

/// The live members on which placement acts: the raw view after it has rested for a while.
///
/// A suspicion changes nothing here, a death and a return within the quiet period change nothing, and a member that flaps is kept out
/// for longer each time. Nodes that hold the same members live reach the same ``fingerprint``.
public struct DecidedView: Hashable, Sendable {
    /// Counts the decisions of this node. Not comparable between nodes.
    public var version: UInt64
    /// The same on all nodes that agree: a hash over names, lives, addresses and what placement reads of the metadata.
    public var fingerprint: UInt64
    /// Live members with this node, sorted by name.
    public var members: [Member]
}

/// When the next decision is due.
struct Decision: Hashable, Sendable {
    var view: DecidedView
    /// Since when the raw view differs, as far as is known.
    var unsettledSince: Instant?
    var due: Instant?

    init(own: Member, fingerprint: UInt64) { view = DecidedView(version: 1, fingerprint: fingerprint, members: [own]) }
}

extension Membership {
    /// What placement sees.
    public var decided: DecidedView { decision.view }

    /// The set of live members, or what placement reads of them, changed.
    mutating func unsettle() {
        let since = decision.unsettledSince ?? clock
        decision.unsettledSince = since
        decision.due = min(clock + figures.quietPeriod, since + figures.quietLimit)
    }

    mutating func tickDecision() {
        guard let due = decision.due, due <= clock else { return }
        decision.due = nil
        decision.unsettledSince = nil
        var slots: [Int] = own.status.isLive ? [MemberTable.selfSlot] : []
        for slot in table.live {
            if table[slot].heldUntil > clock {
                decision.due = min(decision.due ?? .distantFuture, table[slot].heldUntil)
            } else {
                slots.append(slot)
            }
        }
        let fingerprint = slots.reduce(0) { $0 &+ table[$1].placementMark }
        guard fingerprint != decision.view.fingerprint else { return }
        slots.sort { table[$0].member.identity.name < table[$1].member.identity.name }
        let members = slots.map { table[$0].member }
        decision.view = DecidedView(version: decision.view.version + 1, fingerprint: fingerprint, members: members)
        out.append(.event(.decided(decision.view)))
    }

    /// The member came back, as the same life or as the next. The first time within `flapDecay` costs nothing; then its place in the decided
    /// view waits, twice as long each time.
    mutating func flapped(_ slot: Int) {
        let faded = (clock - table[slot].flapsAt).seconds / figures.flapDecay.seconds
        let flaps = max(0, table[slot].flaps - faded) + 1
        table[slot].flaps = flaps
        table[slot].flapsAt = clock
        guard flaps >= 2 else { return }
        let hold = min(figures.flapHoldMax, figures.quietPeriod * Double(1 << min(20, Int(flaps) - 1)))
        table[slot].heldUntil = clock + hold
    }
}
