// THE TOPOLOGY FILE
//
// A mesh is described by one YAML file that every machine has a copy of: who its nodes are, where they listen, what
// they do, and the figures of its protocols. `topology/reference.yaml` shows every key with its default and its
// trade-off.
//
// The file is checked whole before anything starts, and every problem is reported at once, at its line: a mesh that
// starts with half of what was meant (a misspelt key ignored, a port that another node has) is worse than one that
// does not start. So unknown keys are errors, and the parser works on YAML's node tree, which knows lines, rather than
// on Codable, which does not.
//
// This room knows the file, not its readers: figures of membership and transport are optional values here, and what is
// absent is left to the room that owns it.

/// What a topology file says, checked and with defaults filled in.
public struct Topology: Hashable, Sendable {
    /// The file's path as it was given, for messages.
    public let file: String
    /// The name of the mesh. Meshes of different names never mix, whatever their addresses.
    public let mesh: String
    /// In the order of the file; at least one, names distinct.
    public let nodes: [TopologyNode]
    /// Where nodes look for the mesh; at least one. Default: the first three nodes.
    public let seeds: [Seed]
    /// The directory that holds the nodes' own ones, unless they name theirs.
    public let dataDir: String
    public let membership: MembershipOptions
    public let transport: TransportOptions
    /// CURVE keys; nil when frames travel in the clear.
    public let curve: CurveOptions?
    public let lookup: LookupOptions
    public let primes: PrimesOptions
    public let limits: LimitOptions
    public let admin: AdminOptions
    public let log: LogOptions

    /// What is allowed but probably not meant. Shown by `gossamer topology check`; stops nothing.
    public let warnings: [TopologyProblem]
    /// Where every key stands.
    let locations: [String: Location]

    struct Location: Hashable, Sendable {
        let line: Int
        let column: Int
    }

    /// Whether targets of lookups that are not of the public Internet are refused: as the file says, else where an edge can be reached from
    /// another machine, for whoever comes from there could look about in the nodes' network.
    public var refusesPrivateTargets: Bool {
        switch lookup.privateTargets {
        case .allow: false
        case .refuse: true
        case nil: nodes.contains { node in node.edge.map { !HostText.isLoopback($0.host) } ?? false }
        }
    }

    public func node(named name: String) -> TopologyNode? { nodes.first { $0.name == name } }

    /// A problem that shows only later (a port in use, a figure that another room refuses), at the place of `keyPath` or
    /// of the nearest key above it.
    ///
    /// - Parameter keyPath: `membership.probeTimeout`, `nodes[2].port`.
    public func problem(_ code: TopologyProblem.Code, at keyPath: String, value: String?, _ sentence: String)
        -> TopologyProblem
    {
        var path = keyPath[...]
        while locations[String(path)] == nil, let dot = path.lastIndex(where: { $0 == "." || $0 == "[" }) {
            path = path[..<dot]
        }
        let location = locations[String(path)]
        return TopologyProblem(
            code: code, file: file, line: location?.line ?? 0, column: location?.column ?? 0, keyPath: keyPath,
            value: value, sentence: sentence)
    }
}
