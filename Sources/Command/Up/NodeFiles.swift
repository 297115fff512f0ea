import Topology
import World

/// What lies in a node's data directory, as far as starting and stopping it goes.
package struct NodeFiles: Hashable, Sendable {
    package let directory: String

    package init(_ node: TopologyNode) { directory = node.dataDir }
    package init(directory: String) { self.directory = directory }

    /// Locked by the node while it runs.
    package var lock: String { directory + "/node.lock" }
    /// The running node's ``ProcessIdentity``.
    package var pid: String { directory + "/node.pid" }
    /// Where changes are asked for.
    package var socket: String { TopologyNode.adminSocket(in: directory) }
    /// The database of the node's store.
    package var registers: String { directory + "/registers.db" }
    package var logDirectory: String { directory + "/log" }
    /// What the node writes to its standard output and error.
    package var log: String { logDirectory + "/node.log" }
    /// The log before it grew too large.
    package var oldLog: String { logDirectory + "/node.log.1" }

    /// Makes the directory, for its user alone: the admin socket in it lets whoever reaches it change the node.
    package func create(_ files: SystemFileSystem) throws(FileError) { try files.createPrivateDirectory(directory) }

    /// The node's process, if it runs.
    package func running(_ files: any FileSystem) -> ProcessIdentity? { Self.running(pid, files) }

    static func running(_ pidFile: String, _ files: any FileSystem) -> ProcessIdentity? {
        guard let bytes = try? files.read(pidFile), let identity = ProcessIdentity(String(decoding: bytes, as: UTF8.self)),
            identity.isRunning
        else { return nil }
        return identity
    }
}

/// The files of whoever supervises all nodes of a topology file.
package struct MeshFiles: Sendable {
    package let directory: String

    package init(_ topology: Topology) { directory = topology.dataDir }
    package init(directory: String) { self.directory = directory }

    package var lock: String { directory + "/up.lock" }
    package var pid: String { directory + "/up.pid" }
    /// What a supervisor in the background says.
    package var log: String { directory + "/up.log" }

    package func running(_ files: any FileSystem) -> ProcessIdentity? { NodeFiles.running(pid, files) }
}
