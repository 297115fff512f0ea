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

    static func fingerprint(of members: [Member]) -> UInt64 {
        var h: UInt64 = 0
        for member in members {
            let identity = StableHash.mix(StableHash.hash(member.name.utf8) &+ member.identity.life)
            let place = UInt64(ContentDigest.addressMark(member.address))
            h &+= StableHash.mix(identity ^ StableHash.mix(place &+ member.metadata.placementHash))
        }
        return h
    }
}

/// When the next decision is due.
struct Decision: Hashable, Sendable {
    var view: DecidedView
    /// Since when the raw view differs, as far as is known.
    var unsettledSince: Instant?
    var due: Instant?

    init(own: Member) {
        view = DecidedView(version: 1, fingerprint: DecidedView.fingerprint(of: [own]), members: [own])
    }
}

extension MemberMetadata {
    /// A hash of everything but the load.
    var placementHash: UInt64 {
        var h: UInt64 = 0
        func add(_ text: String) { h = StableHash.mix(h &+ StableHash.hash(text.utf8)) }
        for role in roles { add(role) }
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) { add(key); add(value) }
        for text in [zone, versions.software, adminURL ?? "", edgeURL ?? ""] { add(text) }
        for number in [UInt64(capacity), UInt64(versions.wireMin), UInt64(versions.wireMax), UInt64(versions.schema)] {
            h = StableHash.mix(h &+ number)
        }
        return h
    }
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
        var members: [Member] = []
        if own.status.isLive { members.append(own) }
        for slot in table.live {
            let entry = table[slot]
            if entry.heldUntil > clock {
                decision.due = min(decision.due ?? .distantFuture, entry.heldUntil)
            } else {
                members.append(entry.member)
            }
        }
        members.sort { $0.name < $1.name }
        let fingerprint = DecidedView.fingerprint(of: members)
        guard fingerprint != decision.view.fingerprint else { return }
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
