import Wire
import World

/// Who a node is towards its peers, and where.
public struct LinksConfiguration: Sendable {
    /// Nodes of other meshes are refused.
    public var mesh: String
    public var identity: NodeIdentity
    /// The host to listen on; `0.0.0.0` or `::` for all.
    public var bindHost: String
    /// The port of the pulse lane; the other lanes follow.
    public var bindPort: UInt16
    /// Where peers reach the node: not the same as the bound address behind a translation or in a container.
    public var advertised: PeerAddress
    public var versions = WireVersions.current
    /// Name and version of the software, for people.
    public var software: String
    /// The call targets that the node answers.
    public var contracts: ContractTable
    /// Short names of optional abilities.
    public var capabilities: [String] = []
    public var limits = LinkLimits()
    /// Whether frames can be interfered with (``Links/faults``). Frames then travel one to a message.
    public var chaos = false

    public init(
        mesh: String, identity: NodeIdentity, bindHost: String, bindPort: UInt16, advertised: PeerAddress,
        software: String = "gossamer", contracts: ContractTable
    ) {
        self.mesh = mesh
        self.identity = identity
        self.bindHost = bindHost
        self.bindPort = bindPort
        self.advertised = advertised
        self.software = software
        self.contracts = contracts
    }
}
