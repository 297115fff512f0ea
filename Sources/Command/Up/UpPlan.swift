import Topology
import World

/// What `up` is about to do, decided before anything is started.
package struct UpPlan: Sendable {
    package let topology: Topology
    /// The nodes to start.
    package let starting: [TopologyNode]
    /// Nodes of the file that run already, and are left alone.
    package let running: [Running]

    package struct Running: Sendable {
        package let node: TopologyNode
        package let process: ProcessIdentity
    }

    /// - Parameters:
    ///   - names: only these nodes; empty for all of the file.
    ///   - maySkipRunning: nodes that run already are left alone instead of being an error.
    package init(
        _ topology: Topology, names: [String], maySkipRunning: Bool, files: any FileSystem
    ) throws(CommandFailure) {
        self.topology = topology
        let wanted = names.isEmpty ? topology.nodes : try names.map { name throws(CommandFailure) in
            try topology.requireNode(name)
        }
        var starting: [TopologyNode] = [], running: [Running] = []
        for node in topology.nodes {
            if let process = NodeFiles(node).running(files) {
                running.append(Running(node: node, process: process))
            } else if wanted.contains(where: { $0.name == node.name }) {
                starting.append(node)
            }
        }
        let inTheWay = running.filter { entry in wanted.contains { $0.name == entry.node.name } }
        if !maySkipRunning, !inTheWay.isEmpty {
            let list = inTheWay.map { "\($0.node.name) (process \($0.process.pid))" }.joined(separator: ", ")
            throw CommandFailure(
                .unavailable,
                "running already: \(list). End them with: gossamer down \(topology.file), or start the rest with: gossamer up \(topology.file) --detach")
        }
        self.starting = starting
        self.running = running
    }

    /// All nodes that run when the plan has been carried out, in the order of the file.
    package var all: [TopologyNode] {
        topology.nodes.filter { node in
            starting.contains { $0.name == node.name } || running.contains { $0.node.name == node.name }
        }
    }

    /// - Throws: for whatever would keep one of the nodes from starting, before any has been.
    func check(_ files: SystemFileSystem) throws(CommandFailure) {
        do throws(CommandFailure) {
            try topology.checkFiles(of: starting, files)
            let complaints = PortCheck.complaints(starting)
            guard complaints.isEmpty else { throw CommandFailure(.unavailable, complaints.joined(separator: "\n")) }
        } catch {
            throw CommandFailure(error.status, error.message + "\nnothing was started")
        }
    }

    /// Removes the data directories of the nodes to start.
    ///
    /// A directory that no node has used (it has no lock file) and that is not empty is somebody else's: nothing is removed then.
    package func removeData(_ files: SystemFileSystem) throws(CommandFailure) {
        for node in starting where files.exists(node.dataDir) {
            let isOurs = files.exists(NodeFiles(node).lock)
            let isEmpty = (try? files.list(node.dataDir))?.allSatisfy { $0 == "log" } ?? false
            guard isOurs || isEmpty else {
                throw CommandFailure(
                    .ioError, "\(node.dataDir), the data directory of \(node.name), holds files and was never a node's; "
                        + "--fresh removes nothing. Give \(node.name) another dataDir, or empty it yourself")
            }
        }
        do {
            for node in starting { try files.removeTree(node.dataDir) }
        } catch {
            throw CommandFailure(.ioError, "--fresh: \(error)")
        }
    }
}

extension Topology {
    /// The node of this name.
    /// - Throws: a failure with the names there are.
    package func requireNode(_ name: String) throws(CommandFailure) -> TopologyNode {
        if let node = node(named: name) { return node }
        let known = nodes.map(\.name)
        let nearest = NearestName.suggest(name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw CommandFailure(.usage, "\(file) has no node \"\(name)\"; it has \(known.joined(separator: ", "))\(nearest)")
    }
}
