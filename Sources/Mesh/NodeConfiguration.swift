import Membership
import Transport

/// What a node needs to know of itself.
public struct NodeConfiguration: Sendable {
    /// The mesh's name. Nodes of different meshes refuse each other.
    public var mesh: String
    /// The node's name, unique in the mesh.
    public var name: String
    /// The interface to listen on: an address of this machine, or `*`.
    public var bindHost: String
    /// Where others reach the node. The pulse lane listens on the port, truth and work on the next two.
    public var address: MemberAddress
    /// Where to begin looking for others. Hosts may be DNS names. Its own address among them is ignored.
    public var seeds: [MemberAddress]
    /// What the node tells of itself: roles, zone, capacity, where its admin port and edge answer.
    public var metadata: MemberMetadata
    /// How soon others are suspected and given up, and how views come to rest; a local network's figures by default.
    public var membership: MembershipConfiguration = .lan
    /// What the links hold back and how long they wait; a local network's figures by default.
    public var links = LinkLimits()
    /// Where the node's durable state lies. Only one process may use it at a time.
    public var dataDirectory: String
    /// The node's keys and whom it lets in; nil for plain connections.
    public var curve: CurveSecurity?
    /// Error types that travel as themselves. Both ends of a call must list a type.
    public var errors: [any (Error & Codable & Sendable).Type] = []
    /// Calls from other nodes that one actor may have unfinished.
    public var mailboxLimit = 1024
    /// Calls of this node that may be pending at once; at most 65,536.
    public var pendingCallLimit = 65_536
    /// Whether the fault filter exists. It can only be set through the admin port's Unix socket.
    public var allowsFaults = false

    public init(
        mesh: String, name: String, bindHost: String, address: MemberAddress, seeds: [MemberAddress],
        metadata: MemberMetadata, dataDirectory: String
    ) {
        self.mesh = mesh
        self.name = name
        self.bindHost = bindHost
        self.address = address
        self.seeds = seeds
        self.metadata = metadata
        self.dataDirectory = dataDirectory
    }
}
