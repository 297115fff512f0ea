import ArgumentParser
import Distributed
import JSONDocument
import Mesh
import Synchronization
import World

/// `gossamer bench driver`: the node that asks. Prints its figures as one line of JSON.
struct DriverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "driver", shouldDisplay: false)

    @OptionGroup var place: BenchPlace
    @Option(help: "The port of the echo node.") var echoPort: Int
    @Option(help: "Seconds for each figure.") var seconds: Double

    func run() async throws {
        try place.settle()
        let world = SystemWorld()
        let node = try BenchNode.make(
            name: BenchNode.driverName, port: place.port, seedPort: echoPort, directory: place.directory, world: world)
        try await node.start()
        let identity = try await echo(of: node, world)
        let outcome = Mutex<Result<AskFigures, any Error>?>(nil)
        let seconds = seconds
        // On the event loop, as the yardstick's client is on its socket's thread: what is compared is the mesh, not the way
        // from a thread of the pool to it.
        let task = world.spawn("driver", on: node.system.inlineExecutor) {
            do {
                let driver = try AskDriver(system: node.system, echo: identity, seconds: seconds, world: world)
                let figures = try await driver.run()
                outcome.withLock { $0 = .success(figures) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
        }
        await task.finished()
        let figures = try outcome.withLock { try $0?.get() }
        await node.stop()
        guard let figures else { throw CommandFailure(.software, "the driver has ended without figures") }
        Console.put(lines: [figures.json])
    }

    private func echo(of node: Node, _ world: any World) async throws -> NodeIdentity {
        let deadline = world.now + .seconds(15)
        while world.now < deadline {
            if let member = node.members.member(named: BenchNode.echoName), member.status == .alive { return member.identity }
            try await world.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.timedOut, "the echo node at port \(echoPort) has not been seen within 15 s")
    }
}
