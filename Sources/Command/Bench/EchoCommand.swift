import ArgumentParser
import CPlatform
import Logging
import Mesh
import World

/// `gossamer bench echo`: the node that is asked. Started by `bench ask`; ends with it.
struct EchoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "echo", shouldDisplay: false)

    @OptionGroup var place: BenchPlace

    func run() async throws {
        try place.settle()
        let world = SystemWorld()
        let node = try BenchNode.make(
            name: BenchNode.echoName, port: place.port, seedPort: place.port + BenchNode.portsPerNode,
            directory: place.directory, world: world)
        let inline = InlineEcho(actorSystem: node.system), pool = PoolEcho(actorSystem: node.system)
        try await node.start()
        Console.put("ready")
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        Terminal.input.whenEnded { continuation.finish() }
        for await _ in ended {}
        await node.stop()
        withExtendedLifetime((inline, pool)) {}
    }
}

/// Where a process of the benchmark runs.
struct BenchPlace: ParsableArguments {
    @Option var port: Int
    @Option var directory: String
    @Option(help: "The processor to run on, -1 for any.") var processor = -1

    /// Before any thread is made, because threads inherit the mask.
    func settle() throws(CommandFailure) {
        LoggingSystem.bootstrap { _ in
            LineLogHandler(node: "bench", level: .error, now: { WallTime(nanosecondsSince1970: 0) })
        }
        guard processor >= 0 else { return }
        let code = cplatform_pin_to_processor(Int32(clamping: processor))
        guard code == 0 else { throw CommandFailure(.unavailable, "processor \(processor) cannot be had (errno \(code))") }
    }
}
