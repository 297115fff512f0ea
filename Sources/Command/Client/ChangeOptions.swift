import ArgumentParser
import Topology
import World

/// Which mesh a command changes: through the Unix socket of a node of this machine, or the admin port of one anywhere with its token.
struct ChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The topology file of the mesh (default: \(MeshOptions.defaultTopology)).", valueName: "file"))
    var topology: String?

    @Option(help: ArgumentHelp("Ask the node with this admin port, on whatever machine, e.g. http://node-3:9101.", valueName: "url"))
    var admin: String?

    @Option(help: ArgumentHelp("With --admin: the file with the token that the node asks for.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (admin == nil) == (tokenFile == nil) else {
            throw ValidationError("--admin and --token-file belong together: over the network a mesh is changed with its token alone")
        }
        guard admin == nil || topology == nil else {
            throw ValidationError("--topology and --admin exclude each other: the one names a file, the other a node")
        }
        if let admin { try MeshOptions.check(admin: admin) }
    }

    /// Whom to ask, in order.
    func points(_ files: any FileSystem) throws(CommandFailure) -> ([AdminPoint], token: String?) {
        if let admin {
            let token = try tokenFile.map { path throws(CommandFailure) in try TokenFile.read(path, files) }
            return ([AdminPoint(base: admin, origin: AdminPoint.given)], token)
        }
        let topology = try Topology.loadForCommand(
            self.topology ?? MeshOptions.defaultTopology, isDefault: self.topology == nil, files)
        let points = topology.nodes.filter { NodeFiles($0).running(files) != nil }.map { node in
            AdminPoint(base: "unix:" + NodeFiles(node).socket, origin: "\(node.name) of \(topology.file)")
        }
        guard !points.isEmpty else {
            throw CommandFailure(
                .unavailable, "no node of \(topology.file) runs on this machine; start them with: gossamer up \(topology.file), "
                    + "or ask one elsewhere with --admin URL --token-file FILE")
        }
        return (points, nil)
    }
}
