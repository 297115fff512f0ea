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

    /// The supervisor goes first, or it would start again what is being ended. It leaves its nodes to this command, which
    /// therefore knows of each how it has ended.
    func run() async -> [Entry] {
        var targets = running()
        if let supervisor = MeshFiles(topology).running(files) {
            for signal in Interrupts.handover + [SIGKILL] where supervisor.signal(signal) {
                await wait(for: [supervisor], until: world.now + .seconds(5))
            }
            // Some were started again in the meantime; those of a supervisor in the foreground have begun to leave with it.
            let later = running()
            targets = targets.filter { target in !later.contains { $0.name == target.name } } + later
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

    private func running() -> [(name: String, process: ProcessIdentity)] {
        topology.nodes.compactMap { node in NodeFiles(node).running(files).map { (name: node.name, process: $0) } }
    }

    private func wait(for processes: [ProcessIdentity], until deadline: Instant) async {
        while world.now < deadline, processes.contains(where: \.isRunning) {
            try? await world.sleep(for: .milliseconds(20))
        }
    }
}
