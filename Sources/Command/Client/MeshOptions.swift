import ArgumentParser
import JSONDocument
import Topology
import World

/// Which mesh a command speaks of.
struct MeshOptions: ParsableArguments {
    /// Where commands look when nobody says otherwise.
    static let defaultTopology = "topology/local.yaml"

    @Option(help: ArgumentHelp(
        "The topology file of the mesh (default: \(defaultTopology)).", valueName: "file"))
    var topology: String?

    @Option(help: ArgumentHelp(
        "Ask the node with this admin port instead, e.g. http://127.0.0.1:9101.", valueName: "url"))
    var admin: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard topology == nil || admin == nil else {
            throw ValidationError("--topology and --admin exclude each other: the one names a file, the other a node")
        }
        if let admin { try Self.check(admin: admin) }
    }

    static func check(admin: String) throws {
        do { _ = try HTTPTarget(admin) } catch { throw ValidationError("--admin: \(error)") }
    }

    /// The nodes that may be asked, in order.
    func access(_ files: any FileSystem) throws(CommandFailure) -> MeshAccess {
        if let admin { return MeshAccess(points: [AdminPoint(base: admin, origin: AdminPoint.given)], topology: nil) }
        return MeshAccess(try loadTopology(files))
    }

    func loadTopology(_ files: any FileSystem) throws(CommandFailure) -> Topology {
        try Topology.loadForCommand(topology ?? Self.defaultTopology, isDefault: topology == nil, files)
    }
}

extension Topology {
    /// Reads a topology file, with the failure that a command ends with.
    package static func loadForCommand(
        _ path: String, isDefault: Bool = false, _ files: any FileSystem
    ) throws(CommandFailure) -> Topology {
        let topology: Topology
        do {
            topology = try loadChecked(path, from: files)
        } catch {
            let isMissing = isDefault && !files.exists(path)
            throw CommandFailure(
                .usage,
                isMissing
                    ? "there is no \(path) here; name a topology file with --topology FILE, or a node with --admin URL"
                    : error.description)
        }
        return topology
    }
}
