import ArgumentParser
import Glibc
import JSONDocument
import Topology
import World

/// `gossamer down`: ends what `up` has started.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "End the nodes of a topology file that run on this machine.",
        discussion: "Nodes leave in order, so that the others see them as left and not as dead.")

    @Argument(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology: String = MeshOptions.defaultTopology

    @Option(help: "Seconds a node may take to leave in order before it is killed.")
    var grace = 10

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (0...3_600).contains(grace) else { throw ValidationError("--grace \(grace): 0 to 3600 seconds") }
    }

    func run() async throws {
        let world = SystemWorld(), files = SystemFileSystem()
        let topology = try Topology.loadForCommand(self.topology, files)
        let ended = await Ending(topology, grace: .seconds(grace), files: files, world: world).run()
        if json {
            Console.put(.array(ended.map { ["name": .string($0.name), "pid": .number($0.pid), "killed": .bool($0.wasKilled)] }))
        } else if ended.isEmpty {
            Console.note("no node of \(topology.file) runs on this machine")
        } else {
            for entry in ended { Console.put("\(entry.name) (process \(entry.pid)) \(entry.wasKilled ? "killed: it did not leave in time" : "ended")") }
        }
    }
}

/// Ends processes that are not children of this one, known by the marks they have left.
struct Ending {
    struct Entry {
        let name: String
        let pid: Int32
        let wasKilled: Bool
    }

    private let topology: Topology
    private let grace: Duration
    private let files: any FileSystem
    private let world: any World

    init(_ topology: Topology, grace: Duration, files: any FileSystem, world: any World) {
        self.topology = topology
        self.grace = grace
        self.files = files
        self.world = world
    }

    /// The supervisor goes first, or it would start again what is being ended; it takes its nodes along.
    func run() async -> [Entry] {
        var targets = topology.nodes.compactMap { node in
            NodeFiles(node).running(files).map { (name: node.name, process: $0) }
        }
        let supervisor = MeshFiles(topology).running(files)
        if let supervisor {
            supervisor.signal(SIGTERM)
            await wait(for: [supervisor], until: world.now + grace + .seconds(1))
            if supervisor.isRunning { supervisor.signal(SIGKILL) }
            // A node that was started again in the meantime has a mark of its own.
            targets += topology.nodes.compactMap { node in
                guard let process = NodeFiles(node).running(files) else { return nil }
                return targets.contains { $0.process == process } ? nil : (name: node.name, process: process)
            }
        }
        for target in targets { target.process.signal(SIGTERM) }
        await wait(for: targets.map(\.process), until: world.now + grace)
        var entries: [Entry] = []
        for target in targets {
            let wasKilled = target.process.signal(SIGKILL)
            entries.append(Entry(name: target.name, pid: target.process.pid, wasKilled: wasKilled))
        }
        await wait(for: targets.map(\.process), until: world.now + .seconds(5))
        return entries
    }

    private func wait(for processes: [ProcessIdentity], until deadline: Instant) async {
        while world.now < deadline, processes.contains(where: \.isRunning) {
            try? await world.sleep(for: .milliseconds(20))
        }
    }
}
