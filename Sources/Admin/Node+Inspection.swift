import Membership
import Mesh
import Placement
import Web
import World

extension Node: NodeInspection {
    public func inspectMembers() -> [Member] { members.members }
    public var meshName: String { configuration.mesh }
    public func inspectRing() -> HashRing { ring }
    public func inspectMetrics() async -> [MetricSample] { await metrics() }
    public var clock: Instant { world.now }
    public var lonelySince: Instant? { members.lonelySince }

    public func inspectActors() -> [ActorRow] {
        actors().map { ActorRow(type: "\($0.type)", number: $0.number, unfinishedCalls: $0.unfinishedCalls) }
    }

    /// Unhealthy when the node itself counts for dead or gone, degraded while it hears nobody of a mesh it has seen, and while its wall clock
    /// is off: then nothing begins at its edge.
    public func readiness() -> Readiness {
        let view = members
        guard isMember(of: view) else { return .unhealthy }
        return view.isLonely || clockFault != nil ? .degraded : .healthy
    }

    public var reason: String? {
        let view = members
        guard isMember(of: view) else { return "the node counts for gone in its own mesh" }
        let clock = clockFault.map {
            "the wall clock is \($0): nothing begins at the node's edge, and it fires no timers; look at its time service"
        }
        let lonely = view.isLonely ? "the node hears nobody, and may be cut off" : nil
        return clock ?? lonely
    }

    private func isMember(of view: MembersView) -> Bool {
        guard let own = view.member(named: identity.name) else { return false }
        return own.identity == identity && own.status.isLive
    }
}

extension Node: FaultControl {
    public func listFaults() async -> [FaultRow] { await faults().map { FaultRow($0) } }
}
