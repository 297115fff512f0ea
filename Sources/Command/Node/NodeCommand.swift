import ArgumentParser
import Logging
import Topology
import World

/// `gossamer node`: one node, in this process.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Run one node of a topology file in the foreground.",
        discussion: """
            This is what a service manager starts on every machine. The log goes to standard error, one line an event. SIGTERM \
            and Ctrl-C have the node leave in order.
            """)

    @Argument(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology: String

    @Argument(help: "The node's name in the file.")
    var name: String

    @Flag(help: "Have the fault filter, for chaos tests. Never in production.")
    var chaos = false

    @OptionGroup var mutation: MutationOptions

    @Flag(help: "Leave when standard input ends: whoever started the node is gone.")
    var endWithParent = false

    func validate() throws { try mutation.validate(chaos: chaos) }

    func run() async throws {
        let world = SystemWorld()
        let topology = try Topology.loadForCommand(self.topology, world.files)
        let node = try topology.requireNode(name)
        let place = NodeFiles(node)
        do { try place.create(SystemFileSystem()) } catch {
            throw CommandFailure(.ioError, "the data directory of \(name) cannot be made: \(error)")
        }
        let mark = try RunMark(lock: place.lock, pid: place.pid, who: "node \(name)", files: world.files)
        defer { mark.remove() }
        let level = Logger.Level(rawValue: topology.log.level.rawValue) ?? .info
        LoggingSystem.bootstrap { _ in
            LineLogHandler(node: node.name, level: level, now: { world.wallTime })
        }
        let complaints = PortCheck.complaints([node])
        guard complaints.isEmpty else { throw CommandFailure(.unavailable, complaints.joined(separator: "\n")) }
        try await NodeRun(topology: topology, node: node, allowsFaults: chaos, mutations: mutation.all, world: world)
            .run(until: EndRequests(world, endWithParent: endWithParent))
    }
}
