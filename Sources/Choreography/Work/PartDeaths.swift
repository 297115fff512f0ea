import World

/// The nodes that have died while they had one part of a job.
///
/// A node that dies takes nothing of its parts with it: they go to the next. But a part may itself be what kills its workers, by a
/// fault of theirs that it touches, and would then go round the ring and take the mesh down node by node. So a part has only a few
/// deaths, counted by life: those that are killed from outside seldom have the same part in hand three times.
public struct PartDeaths: Hashable, Sendable {
    /// Deaths with which a part is given to nobody any more.
    public static let limit = 3

    private var nodes: [NodeIdentity] = []
    /// Those that lost the part, and nobody knows yet whether they live.
    private var missing: [NodeIdentity] = []

    public init() {}

    /// Whether the part has had its deaths.
    public var isOver: Bool { nodes.count >= Self.limit }

    /// Counts the death, each life's once.
    public mutating func insert(_ node: NodeIdentity) { if !nodes.contains(node) { nodes.append(node) } }

    /// The node has lost the part without an answer. It may be dead: a process that is started again at once ends its sessions
    /// before the mesh knows of the new life.
    public mutating func miss(_ node: NodeIdentity) { if !missing.contains(node) { missing.append(node) } }

    /// The mesh holds the node for dead. That counts if it had lost the part.
    public mutating func confirm(_ node: NodeIdentity) { if missing.contains(node) { insert(node) } }

    /// The nodes in the order of their deaths, one that died in several lives once: `n1, n4 (2 times)`.
    public var names: String {
        var counts: [(name: String, count: Int)] = []
        for node in nodes {
            if let index = counts.firstIndex(where: { $0.name == node.name }) {
                counts[index].count += 1
            } else {
                counts.append((node.name, 1))
            }
        }
        return counts.map { $0.count == 1 ? $0.name : "\($0.name) (\($0.count) times)" }.joined(separator: ", ")
    }
}
