import ArgumentParser
import JSONDocument
import Lab
import Logging
import Topology
import Web
import World

/// `gossamer lab`: a mesh with a small Internet of its own, for trying lookups.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Run a mesh in a network of its own, with servers for all lookups that answer well and badly.",
        discussion: """
            The network has no way out: 8.8.8.8 and the others are addresses of its loopback interface. It needs root, or a system \
            that lets users have user namespaces. docs/LAB.md is its map.

            Examples: gossamer lab
                      gossamer lab exec -- curl -s localhost:8080/api/lookup/services
                      gossamer lab shell
                      gossamer lab stop rdap
            """,
        subcommands: [
            LabRunCommand.self, LabExecCommand.self, LabShellCommand.self, LabStopCommand.self, LabStartCommand.self,
            LabStatusCommand.self, LabServeCommand.self,
        ],
        defaultSubcommand: LabRunCommand.self)
}

/// Which lab a command speaks of.
struct LabOptions: ParsableArguments {
    static let defaultTopology = "topology/lab.yaml"

    @Option(help: ArgumentHelp("The topology file of the lab.", valueName: "file"))
    var topology: String = defaultTopology

    /// Asks the running lab.
    func ask(_ path: String, post: Bool = false) async throws -> JSON {
        let topology = try Topology.loadForCommand(self.topology, SystemFileSystem())
        let answer: HTTPAnswer
        do {
            answer = try await HTTPAsker().ask(
                "unix:" + LabFiles(topology).socket, path, method: post ? .POST : .GET, timeout: .seconds(60))
        } catch {
            let what = error.wasRefused
                ? "does not run (or has not come so far yet); start it with: gossamer lab" : "has no answer: \(error)"
            throw CommandFailure(.unavailable, "the lab of \(self.topology) \(what)")
        }
        guard answer.isSuccess, let json = answer.json else {
            throw CommandFailure(answer.status == 404 ? .usage : .negative, "the lab refuses: \(answer.complaint)")
        }
        return json
    }

    /// Runs a command in the network of the running lab, in place of this program. Returns only by throwing.
    func join(_ command: [String]) async throws {
        let status = try await ask("/status")
        guard let words = status["join"]?.elements?.compactMap(\.string), !words.isEmpty else {
            throw CommandFailure(.protocolError, "the lab does not say how its network is joined: \(status.text())")
        }
        do { try ChildProcess.become(words + command) } catch {
            throw CommandFailure(.unavailable, "the lab's network cannot be joined: \(error); it needs Debian's package util-linux")
        }
    }
}

/// `gossamer lab run`: everything, until Ctrl-C.
struct LabRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Make the network, start the servers and the nodes, and stay until Ctrl-C.")

    @OptionGroup var lab: LabOptions

    @Flag(help: "Forget what earlier runs have left: remove the nodes' data directories first.")
    var fresh = false

    @Option(help: "Seconds until the nodes must see each other.")
    var timeout = 30

    @Option(help: "Seconds a node may take to leave in order before it is killed.")
    var grace = 10

    /// The kind of namespace that this process has been started in.
    @Option(help: .private)
    var inside: String?

    func validate() throws {
        guard (1...3_600).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 3600 seconds") }
        guard (0...3_600).contains(grace) else { throw ValidationError("--grace \(grace): 0 to 3600 seconds") }
    }

    func run() async throws {
        let world = SystemWorld()
        let topology = try Topology.loadForCommand(lab.topology, world.files)
        guard let inside, let namespace = LabNamespace(rawValue: inside) else { return try await enter(world) }
        let settings = UpRun.Settings(
            restarts: false, staysInForeground: true, isBackground: false, timeout: .seconds(timeout), grace: .seconds(grace))
        try await LabRun(topology: topology, namespace: namespace, settings: settings, isFresh: fresh, world: world).run()
    }

    private func enter(_ world: any World) async throws {
        let kind = try await LabNamespace.permitted(world)
        let own = [
            ChildProcess.ownProgram, "lab", "run", "--topology", lab.topology, "--timeout", "\(timeout)", "--grace", "\(grace)", "--inside",
            kind.rawValue,
        ]
        do { try ChildProcess.become(kind.making + own + (fresh ? ["--fresh"] : [])) } catch {
            throw CommandFailure(.unavailable, "the lab's namespace cannot be made: \(error); it needs Debian's package util-linux")
        }
    }
}

/// `gossamer lab exec`: a command in the lab's network.
struct LabExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in the network of the running lab.",
        discussion: """
            Only there do the edges and the addresses of the lab exist. The exit code is that of the command.

            Example: gossamer lab exec -- gossamer lookup 8.8.8.8 --topology topology/lab.yaml
            """)

    @OptionGroup var lab: LabOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, behind --.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("name a command behind --, as in: gossamer lab exec -- ip address") }
    }

    func run() async throws { try await lab.join(command) }
}

/// `gossamer lab shell`: the user's shell in the lab's network.
struct LabShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Open a shell in the network of the running lab.",
        discussion: "It is the shell that SHELL names, else /bin/sh. Whoever started the lab, or root, may do so.")

    @OptionGroup var lab: LabOptions

    func run() async throws {
        let shell = SystemWorld().environment("SHELL") ?? ""
        try await lab.join([shell.isEmpty ? "/bin/sh" : shell])
    }
}

/// `gossamer lab stop`: one server is away.
struct LabStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop one server of the running lab, to see what lookups say then.")

    @OptionGroup var change: LabChange

    func run() async throws { try await change.carryOut("stop") }
}

/// `gossamer lab start`: the server is back.
struct LabStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a server of the running lab again that was stopped.")

    @OptionGroup var change: LabChange

    func run() async throws { try await change.carryOut("start") }
}

/// A change of one server.
struct LabChange: ParsableArguments {
    @Argument(help: "The server: \(LabServer.names).")
    var server: String

    @OptionGroup var lab: LabOptions

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard LabServer(rawValue: server) != nil else {
            throw ValidationError("the lab has no server \"\(server)\"; it has \(LabServer.names)")
        }
    }

    func carryOut(_ verb: String) async throws {
        let status = try await lab.ask("/servers/\(server)/\(verb)", post: true)
        if json { return Console.put(status) }
        let state = status["servers"]?.elements?.first { $0["name"]?.string == server }?["state"]?.string
        Console.put("\(server): \(state ?? "unknown")")
    }
}

/// `gossamer lab status`: what runs.
struct LabStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show the servers and nodes of the running lab.")

    @OptionGroup var lab: LabOptions

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
        let status = try await lab.ask("/status")
        if json { return Console.put(status) }
        var servers = Table([.init("SERVER"), .init("STATE"), .init("ADDRESS"), .init("WHAT IT IS")])
        for row in status["servers"]?.elements ?? [] {
            servers.add(["name", "state", "address", "role"].map { row[$0]?.string ?? "" })
        }
        var nodes = Table([.init("NODE"), .init("PROCESS"), .init("EDGE")])
        for row in status["nodes"]?.elements ?? [] {
            nodes.add([row["name"]?.string ?? "", row["pid"]?.integer(Int32.self).map { "\($0)" } ?? "-", row["edge"]?.string ?? "-"])
        }
        let words = (status["join"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
        Console.put(servers.text() + "\n" + nodes.text() + "\nA shell there: gossamer lab shell, or \(words) sh")
        for sentence in status["missing"]?.elements ?? [] { Console.note(sentence.string ?? "") }
    }
}

/// The RDAP servers of the lab, in a process of their own.
struct LabServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the lab's RDAP servers; the lab does so itself.", shouldDisplay: false)

    func run() async throws {
        let world = SystemWorld()
        let ending = EndRequests(world, endWithParent: false)
        let server = RDAPServer(.tcp(host: "0.0.0.0", port: 80), world: world, logger: Logger(label: "lab.rdap"))
        do { try await server.start() } catch { throw CommandFailure(.unavailable, error.description) }
        _ = await ending.next()
        await server.stop()
    }
}
