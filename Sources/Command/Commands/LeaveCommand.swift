import ArgumentParser
import JSONDocument
import Topology
import Web
import World

/// `gossamer leave`: one node says goodbye and ends.
struct LeaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Have a node leave the mesh and end.",
        discussion: "The others see it as left, and not as dead. Its work is placed elsewhere.")

    @OptionGroup var change: NodeChangeOptions

    func run() async throws { try await change.carryOut("/leave", "left") }
}

/// `gossamer drain`: one node takes no new work, hands over what it has, then leaves.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Have a node take no new work, finish what it has, and leave.")

    @OptionGroup var change: NodeChangeOptions

    func run() async throws { try await change.carryOut("/drain", "drained and left") }
}

/// A change of one node: of this machine, through its Unix socket, which who may open it may change the node with; or of
/// another, through its admin port, with the token of the file's `admin.tokenFile`.
struct NodeChangeOptions: ParsableArguments {
    @Argument(help: "The node's name; not with --admin.")
    var node: String?

    @Option(help: ArgumentHelp("The topology file of the mesh (default: \(MeshOptions.defaultTopology)).", valueName: "file"))
    var topology: String?

    @Option(help: ArgumentHelp(
        "Change the node with this admin port, on whatever machine, e.g. http://node-3:9101.", valueName: "url"))
    var admin: String?

    @Option(help: ArgumentHelp("With --admin: the file with the token that the node asks for.", valueName: "file"))
    var tokenFile: String?

    @Option(help: "Seconds until the node must have ended.")
    var timeout = 60

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 86400 seconds") }
        guard (node == nil) != (admin == nil) else {
            throw ValidationError("name a node of this machine, or one anywhere by its --admin port; one of the two")
        }
        guard (admin == nil) == (tokenFile == nil) else {
            throw ValidationError("--admin and --token-file belong together: over the network a node is changed with its token alone")
        }
        guard admin == nil || topology == nil else {
            throw ValidationError("--topology and --admin exclude each other: the one names a file, the other a node")
        }
        if let admin { try MeshOptions.check(admin: admin) }
    }

    func carryOut(_ path: String, _ participle: String) async throws {
        let world = SystemWorld()
        let target = try target(world.files)
        let started = world.now, deadline = started + .seconds(timeout)
        let answer: HTTPAnswer
        do {
            answer = try await HTTPAsker().ask(
                target.base, path, method: .POST, token: target.token, timeout: .seconds(timeout))
        } catch {
            throw CommandFailure(.unavailable, "\(target.name) (\(target.base)): \(error)")
        }
        guard answer.isSuccess else {
            throw CommandFailure(.negative, "\(target.name) refuses: \(answer.complaint)")
        }
        while await target.isRunning() {
            guard world.now < deadline else {
                throw CommandFailure(.timedOut, "\(target.title) has not ended within \(timeout) s; it goes on doing so")
            }
            try await world.sleep(for: .milliseconds(20))
        }
        let elapsed = world.now - started
        if json { return Console.put(["name": .string(target.name), "ended": true, "elapsedMs": .number(elapsed.milliseconds)]) }
        Console.put("\(target.name) has \(participle), after \(DurationText.short(elapsed))")
    }

    private func target(_ files: any FileSystem) throws(CommandFailure) -> ChangeTarget {
        if let admin {
            let token = try tokenFile.map { path throws(CommandFailure) in try TokenFile.read(path, files) }
            return ChangeTarget(name: admin, base: admin, token: token, process: nil)
        }
        let topology = try Topology.loadForCommand(
            self.topology ?? MeshOptions.defaultTopology, isDefault: self.topology == nil, files)
        let node = try topology.requireNode(node ?? "")
        let place = NodeFiles(node)
        guard let process = place.running(files) else {
            throw CommandFailure(
                .unavailable, "\(node.name) does not run on this machine (\(place.pid) names no running process); "
                    + "a node of another machine is changed with --admin URL --token-file FILE")
        }
        return ChangeTarget(name: node.name, base: "unix:" + place.socket, token: nil, process: process)
    }
}

/// The node to change.
private struct ChangeTarget {
    let name: String
    let base: String
    let token: String?
    /// Known of a node of this machine.
    let process: ProcessIdentity?

    var title: String { process.map { "\(name) (process \($0.pid))" } ?? name }

    /// Of a node elsewhere the end is seen by its admin port, which it closes last.
    func isRunning() async -> Bool {
        if let process { return process.isRunning }
        do {
            _ = try await HTTPAsker().ask(base, "/health/live", timeout: .seconds(2))
            return true
        } catch {
            return !error.wasRefused
        }
    }
}
