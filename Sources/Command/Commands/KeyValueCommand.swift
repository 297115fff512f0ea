import ArgumentParser
import JSONDocument
import Topology
import Truth
import Web
import World

/// `gossamer kv`: values under names, kept by the registers of the mesh.
struct KeyValueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv", abstract: "Put and get values that survive the death of any node.",
        discussion: """
            A value that was put is on the disks of a majority of its replicas before the command returns, and every later get \
            shows it or one that was put after it.
            """,
        subcommands: [PutCommand.self, GetCommand.self])

    struct PutCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "put", abstract: "Put a value under a name.",
            discussion: """
                Goes through the Unix socket of a node of this machine. Ends with 0 when the value counts, with 69 when it certainly \
                does not, and with 2 when that is unknown: then the same --operation may be tried again, and counts once.
                """)

        @Argument(help: "The name, 1 to 256 bytes.") var key: String
        @Argument(help: "The value, at most 64 KiB.") var value: String

        @Option(help: ArgumentHelp("The topology file of the mesh (default: \(MeshOptions.defaultTopology)).", valueName: "file"))
        var topology: String?

        @Option(help: ArgumentHelp("Ask this node; else the first that runs here.", valueName: "name"))
        var node: String?

        @Option(help: ArgumentHelp("The id of the write, to try it again: a UUID of version 7.", valueName: "id"))
        var operation: String?

        @Option(help: "Seconds until there must be an answer.")
        var timeout = 5

        @Flag(help: "Print JSON, for programs.")
        var json = false

        func validate() throws {
            try validateName(key)
            guard value.utf8.count <= KeyValue.valueBytes else {
                throw ValidationError("the value has \(value.utf8.count) bytes; at most \(KeyValue.valueBytes) are kept under a name")
            }
            guard (1...60).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 60 seconds") }
            if let operation, WorkID(operation) == nil {
                throw ValidationError("--operation \(operation): a UUID of version 7, as an earlier put has shown it")
            }
        }

        func run() async throws {
            let world = SystemWorld()
            let topology = try Topology.loadForCommand(
                self.topology ?? MeshOptions.defaultTopology, isDefault: self.topology == nil, world.files)
            let place = try place(topology, world.files)
            let id = operation ?? WorkIDGenerator(world).next().description
            let path = "/kv/\(HTTPAsker.encoded(key))?operation=\(id)&patienceMs=\(timeout * 1_000)"
            let answer: HTTPAnswer
            do {
                answer = try await HTTPAsker().ask(
                    "unix:" + place.socket, path, method: .PUT, body: ["value": .string(value)], timeout: .seconds(timeout + 2))
            } catch {
                throw ValueFailure.noAnswer(error, operation: id)
            }
            guard answer.isSuccess else { throw ValueFailure.refused(answer, operation: id) }
            if json { return Console.put(answer.json ?? [:]) }
            Console.put("\(key) is put (operation \(id))")
        }

        private func place(_ topology: Topology, _ files: any FileSystem) throws(CommandFailure) -> NodeFiles {
            if let node { return NodeFiles(try topology.requireNode(node)) }
            let places = topology.nodes.map { NodeFiles($0) }
            guard let place = places.first(where: { $0.running(files) != nil }) else {
                throw CommandFailure(
                    .unavailable, "no node of \(topology.file) runs on this machine; start them with: gossamer up \(topology.file)")
            }
            return place
        }
    }

    struct GetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Get the value that was put last under a name.",
            discussion: "Ends with 66 when nothing ever was, and with 69 when no majority of the replicas answers.")

        @Argument(help: "The name, 1 to 256 bytes.") var key: String
        @OptionGroup var mesh: MeshOptions

        @Option(help: ArgumentHelp("Ask this node; else the first that answers.", valueName: "name"))
        var node: String?

        @Option(help: "Seconds until there must be an answer.")
        var timeout = 5

        func validate() throws {
            try validateName(key)
            guard (1...60).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 60 seconds") }
            guard node == nil || mesh.admin == nil else {
                throw ValidationError("--node and --admin exclude each other: both name the node to ask")
            }
        }

        func run() async throws {
            let files = SystemWorld().files
            var access = try mesh.access(files)
            if let node, let topology = access.topology {
                access = MeshAccess(points: [AdminPoint(try topology.requireNode(node), of: topology)], topology: topology)
            }
            let json = try await access.read(
                "/kv/\(HTTPAsker.encoded(key))?patienceMs=\(timeout * 1_000)", timeout: .seconds(timeout + 2))
            if mesh.json { return Console.put(json) }
            Console.put(json["value"]?.string ?? "")
        }
    }
}

private func validateName(_ name: String) throws {
    guard (1...KeyValue.nameBytes).contains(name.utf8.count) else {
        throw ValidationError("a name has 1 to \(KeyValue.nameBytes) bytes, not \(name.utf8.count)")
    }
}

/// How a put ends that does not end well.
private enum ValueFailure {
    static func noAnswer(_ error: NoAnswer, operation: String) -> CommandFailure {
        if error.wasRefused { return CommandFailure(.unavailable, "the node does not answer: \(error); nothing was put") }
        return CommandFailure(.unknown, "\(error): whether the value counts is unknown; try again with --operation \(operation)")
    }

    static func refused(_ answer: HTTPAnswer, operation: String) -> CommandFailure {
        if answer.json?["outcome"]?.string == "unknown" {
            return CommandFailure(
                .unknown, "\(answer.complaint): whether the value counts is unknown; try again with --operation \(operation)")
        }
        return CommandFailure(answer.status == 503 ? .unavailable : .negative, answer.complaint + "; nothing was put")
    }
}
