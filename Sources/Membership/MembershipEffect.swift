import World

/// What the shell has to do after an input, in this order.
public enum MembershipEffect: Hashable, Sendable {
    /// Send on the pulse lane, in a session with a process of this name; another life of it is as good, because every message says
    /// whom it is about. Without a session: begin one, and drop the message unless the session stands within a few seconds. Losing a
    /// message is always allowed.
    case send(MembershipMessage, to: MembershipPeer)
    /// Try for a few seconds to make a session with whoever listens at this address, then call `connected`; or `refused`. When one
    /// stands already, call `connected` with `stoodAlready`. No answer is needed when nothing comes of it.
    case connect(MemberAddress)
    /// Send a ping with this sequence over a connection made for the purpose, because the one that stands may be broken in a way that
    /// only its silence shows. The answer comes as any `ack` does. An accepted connection is none: the kernel of a stopped process
    /// accepts.
    case probeFresh(MembershipPeer, sequence: UInt32)
    /// The link to this peer serves nobody any more: it is dead, has left or was replaced. Neither it nor its address is dialled on.
    case forget(MembershipPeer)
    /// Tell whoever listens to the node's events.
    case event(MembershipEvent)
    /// The mesh holds this life for finished, or remembers a higher one (a lost data directory). Raise the durable counter above
    /// `life`, renew the sessions, and call `beginNewLife`; or end the process.
    case startNewLife(above: UInt64)
    /// The farewell has been said to enough members; the process may end.
    case farewellSaid
    /// Worth a line in the log.
    case note(MembershipNote)
}

/// What happened to the view, in the order in which it happened. Feeds ring, calls and watches.
public enum MembershipEvent: Hashable, Sendable {
    /// An identity not seen before is live.
    case joined(Member)
    /// Somebody accuses it of silence.
    case suspected(Member)
    /// The suspicion ended well: the member refuted it.
    case trusted(Member)
    /// Dead. Calls to this identity fail now.
    case failed(Member)
    /// Gone of its own will.
    case left(Member)
    /// The same life that was held dead is live again.
    case returned(Member)
    /// A new life took the place of one that was still held live: the old one has failed, the new one has joined.
    case replaced(old: Member, new: Member)
    /// Its metadata changed.
    case updated(old: Member, new: Member)
    /// Dead or left for so long that it was forgotten.
    case reaped(Member)
    /// Two processes claim one name in one life. All members agree on the holder: the lower address.
    case nameConflict(holder: MembershipPeer, rival: MembershipPeer)
    /// The decided view changed: placement acts on this, never on the raw events.
    case decided(DecidedView)
    /// This node hears nobody and accuses no one (`true`), or hears somebody again (`false`).
    case lonely(Bool)
    /// This node's own health changed: 0 is well; timers are stretched by score + 1.
    case health(Int)
    /// This node's wall clock stands otherwise to those of the others than before, and is so much ahead of their median.
    case clock(ClockWatch.Verdict, ahead: Duration)
}

/// A remark for the log.
public enum MembershipNote: Hashable, Sendable, CustomStringConvertible {
    /// This node was accused and refuted.
    case refuted(incarnation: UInt64, accusers: [String])
    /// This node did not run for so long; running timers were moved by as much.
    case late(Duration)
    /// Another process holds this node's name; this node stays out of the mesh until that one is gone.
    case superseded(by: MembershipPeer)
    /// A member was not admitted because the table is full.
    case tableFull(NodeIdentity, limit: Int)
    /// The others are not told that this node's wall clock is off.
    case clockUntold

    public var description: String {
        switch self {
        case .refuted(let incarnation, let accusers):
            "accused by \(accusers.joined(separator: ", ")), refuted with incarnation \(incarnation)"
        case .late(let lateness):
            "this process did not run for \(lateness.milliseconds) ms; membership timers were moved by as much"
        case .superseded(let peer):
            "the name of this node is held by \(peer); give one of the two another name or stop it"
        case .tableFull(let identity, let limit):
            "\(identity) not admitted: the member table holds \(limit), the limit; raise memberLimit"
        case .clockUntold:
            "the others are not told how the wall clock of this node stands: its labels and roles leave no room; give it fewer"
        }
    }
}
