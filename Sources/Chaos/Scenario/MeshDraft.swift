import World

/// The mesh of a scenario, before it has ports and a directory.
package struct MeshDraft: Hashable, Sendable {
    package struct Node: Hashable, Sendable {
        package let name: String
        package let isEdge: Bool
        /// Further keys of the node in a topology file, as YAML, a line each.
        package let extra: [String]
    }

    package let nodes: [Node]
    /// Whole sections of a topology file (`membership`, `primes`, ...), as YAML.
    package let sections: String

    package var names: [String] { nodes.map(\.name) }

    /// Ports that a node needs: three lanes, the admin port, the edge.
    package static let portsPerNode = 5

    /// The topology file of a run.
    /// - Parameters:
    ///   - ports: the first port of each node, in order; the next four are the node's too.
    ///   - dataDir: of all nodes, absolute or relative to the file.
    package func text(mesh: String, ports: [Int], dataDir: String) -> String {
        precondition(ports.count == nodes.count, "every node needs its ports")
        var lines = [
            "# Made for one chaos run.", "mesh: \(mesh)", "dataDir: \(dataDir)",
            "seeds: [\(names.prefix(2).joined(separator: ", "))]", "nodes:",
        ]
        for (node, port) in zip(nodes, ports) {
            lines += ["  - name: \(node.name)", "    port: \(port)", "    admin: {port: \(port + 3)}"]
            if node.isEdge { lines.append("    edge: {port: \(port + 4)}") }
            lines += node.extra.map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n" + sections
    }
}

/// Ports of the loopback that nobody listens on.
enum FreePorts {
    /// Below the range from which the kernel gives ports to those who ask for any.
    private static let range = 20_000..<32_000

    /// The first ports of `count` blocks, each of `size` free ports; nil when there are not so many.
    static func blocks(_ count: Int, of size: Int, random: inout RandomStream) -> [Int]? {
        var found: [Int] = []
        let slots = range.count / size
        let offset = random.below(slots)
        for slot in 0..<slots where found.count < count {
            let first = range.lowerBound + (offset + slot) % slots * size
            if (first..<first + size).allSatisfy({ PortProbe.probe(host: "127.0.0.1", port: $0) == .free }) { found.append(first) }
        }
        return found.count == count ? found : nil
    }
}
