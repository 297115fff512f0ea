import Membership
import Mesh
import Placement
import Transport
import Web
import World

/// What the admin port reads of a node. ``Mesh/Node`` is one.
public protocol NodeInspection: Sendable {
    /// The node's name and life.
    var identity: NodeIdentity { get }
    /// The mesh to which it belongs.
    var meshName: String { get }
    /// All members as the node sees them, itself included, sorted by name.
    func inspectMembers() -> [Member]
    /// What happens to the view from now on, in order.
    func membershipEvents() -> AsyncStream<MembershipEvent>
    /// The work ring over the decided view.
    func inspectRing() -> HashRing
    /// The local actors, sorted by type and number.
    func inspectActors() -> [ActorRow]
    /// Counters and gauges.
    func inspectMetrics() async -> [MetricSample]
    /// The node's clock, to which the members' times refer.
    var clock: Instant { get }
    /// Since when the node hears nobody of a mesh it has seen, on its own clock; nil while it hears others.
    var lonelySince: Instant? { get }
    /// How well the node can work.
    func readiness() -> Readiness
    /// Why that is not the best, in a sentence, in ASCII; nil when it is.
    var reason: String? { get }
}

/// One actor, as the admin port shows it.
public struct ActorRow: Sendable, Hashable {
    public let type: String
    /// 0 for a node's singleton.
    public let number: UInt64
    /// Calls that have been delivered and have not ended.
    public let unfinishedCalls: Int

    public init(type: String, number: UInt64, unfinishedCalls: Int) {
        self.type = type
        self.number = number
        self.unfinishedCalls = unfinishedCalls
    }
}

/// What the admin port can do to a node. Both return at once; the node's process ends when it is through.
public protocol NodeControl: Sendable {
    /// Says goodbye and ends.
    func requestLeave() async
    /// Takes no new work, finishes what it has, then leaves.
    func requestDrain() async
}

/// The fault filter of a node that was started with `--chaos`.
public protocol FaultControl: Sendable {
    /// Puts a rule in force; one of the same name is replaced. Returns what is wrong with it, or nil.
    func setFault(_ rule: FaultRule) async -> String?
    /// Ends the rule of this name, or all.
    func clearFault(_ name: String?) async
    /// The rules in force.
    func listFaults() async -> [FaultRow]
}

/// A rule that is in force, and what it has done.
public struct FaultRow: Sendable, Hashable {
    public let rule: FaultRule
    /// Frames that the rule has touched.
    public let hits: UInt64
    /// Milliseconds until it ends by itself.
    public let remainingMs: Int64

    public init(rule: FaultRule, hits: UInt64, remainingMs: Int64) {
        self.rule = rule
        self.hits = hits
        self.remainingMs = remainingMs
    }

    public init(_ status: FaultRuleStatus) {
        self.init(rule: status.rule, hits: status.hits, remainingMs: status.remainingMs)
    }
}
