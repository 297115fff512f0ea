import Topology
import World

/// Where the lab of a topology file keeps its things: beside the nodes' data directories.
package struct LabFiles: Sendable {
    /// Absolute, because the servers are told of it.
    package let directory: String

    package init(_ topology: Topology) { directory = SystemFileSystem.absolute(topology.dataDir) + "/lab" }

    /// Locked by the lab while it runs.
    var lock: String { directory + "/lab.lock" }
    var pid: String { directory + "/lab.pid" }
    /// Where a running lab is asked and changed. A path is the same in every network namespace.
    package var socket: String { directory + "/lab.sock" }
    /// Where a server has its configuration.
    func home(of server: LabServer) -> String { directory + "/" + server.rawValue }
    /// What a server says.
    package func log(of server: LabServer) -> String { directory + "/\(server.rawValue).log" }
    /// For `ip -batch`.
    var batch: String { directory + "/network.batch" }
}
