import Membership
import Placement
import Synchronization
import World

/// What the node's core shows to readers on other threads, replaced whole at every change.
final class PublicView: Sendable {
    private struct State {
        var members = MembersView(version: 0, members: [], lonelySince: nil)
        var ring = HashRing([])
        var decided: [Member] = []
        /// The version of the decided view.
        var decision: UInt64 = 0
        var clock: ClockWatch
    }

    private let state: Mutex<State>

    init(now: Instant) { state = Mutex(State(clock: ClockWatch(start: now))) }

    var members: MembersView { state.withLock { $0.members } }
    var ring: HashRing { state.withLock { $0.ring } }
    /// The members on which the ring is built, sorted by name.
    var decided: [Member] { state.withLock { $0.decided } }

    /// What is known of the wall clock.
    var clock: ClockWatch { state.withLock { $0.clock } }

    func show(_ clock: ClockWatch) { state.withLock { $0.clock = clock } }

    func show(_ members: MembersView) { state.withLock { $0.members = members } }

    /// Shows a decided view and the ring over it, unless a later one is shown already.
    /// - Returns: whether it is shown.
    @discardableResult
    func show(_ view: DecidedView, _ ring: HashRing) -> Bool {
        state.withLock { state in
            guard view.version > state.decision else { return false }
            state.decision = view.version
            state.ring = ring
            state.decided = view.members
            return true
        }
    }
}

extension HashRing {
    /// The work ring over a decided view.
    init(_ view: DecidedView) {
        self.init(view.members.map { member in
            RingMember(
                name: member.name, capacity: Int(member.metadata.capacity), zone: member.metadata.zone,
                roles: member.metadata.roles)
        })
    }
}

/// All members as one node sees them.
public struct MembersView: Sendable, Hashable {
    /// Rises with every change of this node's view; not comparable between nodes.
    public let version: UInt64
    /// Sorted by name, this node included.
    public let members: [Member]
    /// Since when this node hears nobody, on its own clock; nil while it hears others, and in a mesh of one or two.
    public let lonelySince: Instant?

    /// Whether this node hears nobody and therefore accuses no one.
    public var isLonely: Bool { lonelySince != nil }

    /// The member called `name`, whatever its status.
    public func member(named name: String) -> Member? { members.first { $0.name == name } }
}
