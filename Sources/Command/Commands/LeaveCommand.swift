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

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.carryOut("/leave", "left") }
}

/// `gossamer drain`: one node takes no new work, hands over what it has, then leaves.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Have a node take no new work, finish what it has, and leave.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.carryOut("/drain", "drained and left") }
}

/// A change of one node, asked for over its Unix socket: who may open that, may change the node.
struct ChangeOptions: ParsableArguments {
    @Argument(help: "The node's name.")
    var node: String

    @Option(help: ArgumentHelp("The topology file of the mesh.", valueName: "file"))
    var topology: String = MeshOptions.defaultTopology

    @Option(help: "Seconds until the node must have ended.")
    var timeout = 60

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 86400 seconds") }
    }

    func carryOut(_ path: String, _ participle: String) async throws {
        let world = SystemWorld()
        let topology = try Topology.loadForCommand(self.topology, world.files)
        let node = try topology.requireNode(node)
        let place = NodeFiles(node)
        guard let process = place.running(world.files) else {
            throw CommandFailure(
                .unavailable, "\(node.name) does not run on this machine (\(place.pid) names no running process); "
                    + "a node is changed on the machine it runs on")
        }
        let started = world.now, deadline = started + .seconds(timeout)
        let answer: HTTPAnswer
        do {
            answer = try await HTTPAsker().ask("unix:" + place.socket, path, method: .POST, timeout: .seconds(timeout))
        } catch {
            throw CommandFailure(.unavailable, "\(node.name) (\(place.socket)): \(error)")
        }
        guard answer.isSuccess else {
            throw CommandFailure(.negative, "\(node.name) refuses: \(answer.complaint)")
        }
        while process.isRunning {
            guard world.now < deadline else {
                throw CommandFailure(.timedOut, "\(node.name) (process \(process.pid)) has not ended within \(timeout) s; it goes on doing so")
            }
            try await world.sleep(for: .milliseconds(20))
        }
        let elapsed = world.now - started
        if json { return Console.put(["name": .string(node.name), "ended": true, "elapsedMs": .number(elapsed.milliseconds)]) }
        Console.put("\(node.name) has \(participle), after \(DurationText.short(elapsed))")
    }
}
