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

    /// Unhealthy when the node itself counts for dead or gone, degraded while it hears nobody of a mesh it has seen.
    public func readiness() -> Readiness {
        let view = members
        guard let own = view.member(named: identity.name), own.identity == identity, own.status.isLive else { return .unhealthy }
        return view.isLonely ? .degraded : .healthy
    }
}

extension Node: FaultControl {
    public func listFaults() async -> [FaultRow] { await faults().map { FaultRow($0) } }
}
