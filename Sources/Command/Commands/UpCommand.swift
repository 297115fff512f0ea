import ArgumentParser
import JSONDocument
import Topology
import World

/// `gossamer up`: all nodes of a file on this machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the nodes of a topology file on this machine.",
        discussion: """
            Every node is a process of its own and writes to log/node.log in its data directory. In the foreground a table \
            shows the members, and Ctrl-C ends all nodes in order; a second Ctrl-C ends them at once.

            With --detach the command returns as soon as every node sees every node, and the nodes stay; nodes that run \
            already are left alone. With --restart a process in the background stays too and starts nodes again, those that \
            ran before and those that are started later among them.
            """)

    @Argument(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology: String

    @Argument(help: ArgumentHelp("Start only these nodes of the file.", valueName: "node"))
    var nodes: [String] = []

    @Flag(help: "Return once all nodes see each other, and leave them running.")
    var detach = false

    @Flag(help: "Start a node again that ends by itself.")
    var restart = false

    @Flag(help: "Forget what earlier runs have left: remove the nodes' data directories first.")
    var fresh = false

    @Flag(
        name: .customLong("init"),
        help: "With --detach: return only when the mesh has begun, that is when all stores of the file have been there at once, empty.")
    var awaitsBeginning = false

    @Option(help: "Seconds until the nodes must see each other; and with --init, until the mesh must have begun.")
    var timeout = 30

    @Option(help: "Seconds a node may take to leave in order before it is killed.")
    var grace = 10

    @Flag(help: "Start nodes with the fault filter, for chaos tests. Never in production.")
    var chaos = false

    @OptionGroup var mutation: MutationOptions

    @Flag(help: "Print JSON, for programs; with --detach.")
    var json = false

    /// The supervisor of `--detach --restart`: it runs without a terminal.
    @Flag(help: .private)
    var background = false

    func validate() throws {
        try mutation.validate(chaos: chaos)
        guard (1...3_600).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 3600 seconds") }
        guard (0...3_600).contains(grace) else { throw ValidationError("--grace \(grace): 0 to 3600 seconds") }
        guard detach || !awaitsBeginning else { throw ValidationError("--init needs --detach: in the foreground nothing waits") }
        guard detach || !json else { throw ValidationError("--json needs --detach: in the foreground there is no last word to print") }
    }

    func run() async throws {
        let world = SystemWorld(), files = SystemFileSystem()
        let topology = try Topology.loadForCommand(self.topology, files)
        let plan = try UpPlan(topology, names: nodes, maySkipRunning: detach || background, files: files)
        try plan.check(files)
        if fresh { try plan.removeData(files) }
        let settings = UpRun.Settings(
            restarts: restart, staysInForeground: !detach, isBackground: background, timeout: .seconds(timeout),
            grace: .seconds(grace), nodeArguments: (chaos ? ["--chaos"] : []) + mutation.arguments)
        var supervisor = detach && restart ? MeshFiles(topology).running(files)?.pid : nil
        let isSupervised = supervisor != nil
        if detach && restart && !isSupervised {
            supervisor = try await DetachedSupervisor(plan: plan, names: nodes, settings: settings, world: world).start()
        } else if plan.starting.isEmpty && !background {
            Console.note("all \(plan.running.count) nodes of \(topology.file) run already")
        } else {
            try await UpRun(plan: plan, settings: settings, world: world).run()
        }
        if let supervisor, isSupervised {
            Console.note(
                "they belong to process \(supervisor), a \"gossamer up\" of this file that has stayed; "
                    + "what it was told of --restart holds")
        }
        let id = awaitsBeginning
            ? try await MeshBeginning(topology: topology, nodes: plan.all, timeout: .seconds(timeout), world: world).wait() : nil
        if let id { Console.note("the mesh has begun; its id is \(id)") }
        if json { Console.put(document(plan, supervisor, id, files)) }
    }

    private func document(_ plan: UpPlan, _ supervisor: Int32?, _ id: String?, _ files: SystemFileSystem) -> JSON {
        [
            "mesh": .string(plan.topology.mesh), "file": .string(plan.topology.file), "id": .text(id),
            "supervisor": supervisor.map { .number($0) } ?? .null,
            "nodes": .array(plan.all.map { node in
                [
                    "name": .string(node.name), "pid": NodeFiles(node).running(files).map { .number($0.pid) } ?? .null,
                    "started": .bool(plan.starting.contains { $0.name == node.name }),
                ]
            }),
        ]
    }
}
