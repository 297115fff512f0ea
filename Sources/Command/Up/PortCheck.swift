import Topology
import World

/// Looks whether the ports of nodes can be had, before anything is started.
package enum PortCheck {
    package struct Port: Hashable, Sendable {
        package let host: String
        package let number: Int
        /// `pulse lane`, `admin port`.
        package let use: String
    }

    package static func ports(of node: TopologyNode) -> [Port] {
        var ports = [
            Port(host: node.bind, number: node.port, use: "pulse lane"),
            Port(host: node.bind, number: node.truthPort, use: "truth lane"),
            Port(host: node.bind, number: node.workPort, use: "work lane"),
        ]
        if let admin = node.admin { ports.append(Port(host: admin.host, number: admin.port, use: "admin port")) }
        if let edge = node.edge { ports.append(Port(host: edge.host, number: edge.port, use: "edge")) }
        return ports
    }

    /// A sentence for every port that cannot be had.
    package static func complaints(
        _ nodes: [TopologyNode], probe: (Port) -> PortProbe.Answer = { PortProbe.probe(host: $0.host, port: $0.number) }
    ) -> [String] {
        nodes.flatMap { node in
            ports(of: node).compactMap { port in
                switch probe(port) {
                case .free: nil
                case .inUse:
                    "port \(port.number) (\(port.use) of node \(node.name), on \(port.host)) is in use; "
                        + "stop what uses it, or give \(node.name) another port"
                case .refused(let reason):
                    "port \(port.number) (\(port.use) of node \(node.name), on \(port.host)) cannot be opened: \(reason)"
                }
            }
        }
    }
}
