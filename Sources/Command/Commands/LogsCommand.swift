import ArgumentParser
import JSONDocument
import Topology
import World

/// `gossamer logs`: what the nodes of this machine have written.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what the nodes on this machine have written.",
        discussion: "Lines begin with their time, so those of several nodes are shown in the order of time.")

    @Argument(help: ArgumentHelp("Only this node.", valueName: "node"))
    var node: String?

    @Option(help: ArgumentHelp("The topology file of the mesh.", valueName: "file"))
    var topology: String = MeshOptions.defaultTopology

    @Flag(name: [.short, .long], help: "Keep showing what is added, until Ctrl-C.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "Lines of each node to begin with.")
    var lines = 200

    @Flag(help: "Print JSON, one object a line, for programs.")
    var json = false

    func validate() throws {
        guard (0...1_000_000).contains(lines) else { throw ValidationError("--lines \(lines): 0 to 1000000") }
    }

    func run() async throws {
        let world = SystemWorld()
        let topology = try Topology.loadForCommand(self.topology, world.files)
        let nodes = try node.map { [try topology.requireNode($0)] } ?? topology.nodes
        var readers = nodes.map { LogReader(path: NodeFiles($0).log) }
        guard follow || readers.contains(where: \.exists) else {
            throw CommandFailure(.noInput, "no logs yet: \(NodeFiles(nodes[0]).log) is not there; start the nodes with: gossamer up \(topology.file)")
        }
        let interrupts = Interrupts(world)
        var sources: [[String]] = []
        for index in readers.indices { sources.append(readers[index].last(lines)) }
        show(LogReader.merged(sources))
        while follow, interrupts.count == 0, Console.isRead {
            try await world.sleep(for: .milliseconds(200))
            sources = []
            for index in readers.indices { sources.append(readers[index].added()) }
            show(LogReader.merged(sources))
        }
    }

    private func show(_ lines: [String]) {
        if json { return Console.put(lines: lines.map(Self.document)) }
        if !lines.isEmpty { Console.put(lines.joined(separator: "\n")) }
    }

    /// A line as its node has written it, or what else stands in the log: the last words of a crash.
    private static func document(_ line: String) -> JSON {
        let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count == 4, parts[0].hasSuffix("Z"), LogOptions.Level(rawValue: parts[1]) != nil else {
            return ["time": nil, "level": nil, "node": nil, "text": .string(line)]
        }
        return ["time": .string(parts[0]), "level": .string(parts[1]), "node": .string(parts[2]), "text": .string(parts[3])]
    }
}
