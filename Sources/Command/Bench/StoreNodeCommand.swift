import ArgumentParser
import Glibc
import JSONDocument
import Logging
import Mesh
import Registers
import Synchronization
import Truth
import World

/// `gossamer bench store`: one of the three stores of `bench registers`. Ends with its starter; with `--clients` it asks, prints its figures
/// as one line of JSON, and ends.
struct StoreNodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "store", shouldDisplay: false)

    @OptionGroup var place: BenchPlace
    @Option(help: "Which of the nodes this is.") var number: Int
    @Option(help: "Numbers of clients, one after the other.") var clients: ClientCounts?
    @Option(help: "Seconds for each of them.") var seconds = 1.0

    func run() async throws {
        try place.settle()
        let world = SystemWorld()
        let node = try BenchNode.makeStore(number, firstPort: place.port, directory: place.directory, world: world)
        let log = Logger(label: "bench")
        let store = try SQLiteStore.open(
            path: BenchNode.registers(number, directory: place.directory), random: world.random("store-id")
        ) { damage in
            log.critical("\(damage)")
            _exit(ExitStatus.ioError.rawValue)
        }
        let listed = (0..<BenchNode.stores).map { StoreListing(name: BenchNode.storeName($0), capacity: 100, zone: "") }
        let truth = try TruthService(node: node, store: store, listed: listed, log: log)
        try await node.start()
        truth.start()
        if let clients {
            let driver = RegistersDriver(truth: truth, span: .nanoseconds(Int64(seconds * 1e9)), world: world)
            Console.put(lines: [.array(try await figures(driver, clients, world).map(\.json))])
        } else {
            Console.put("ready")
            let (ended, continuation) = AsyncStream<Void>.makeStream()
            Terminal.input.whenEnded { continuation.finish() }
            for await _ in ended {}
        }
        await truth.stop()
        await node.stop()
    }

    /// What the driver finds on an actor's executor, where whoever uses registers in a node is. Its clients share it.
    private func figures(_ driver: RegistersDriver, _ clients: ClientCounts, _ world: any World) async throws -> [RegistersFigures] {
        let outcome = Mutex<Result<[RegistersFigures], any Error>?>(nil)
        let task = world.spawn("driver", on: world.makeExecutor("driver")) {
            do {
                let figures = try await driver.run(clients.counts)
                outcome.withLock { $0 = .success(figures) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
        }
        await task.finished()
        guard let figures = try outcome.withLock({ try $0?.get() }) else {
            throw CommandFailure(.software, "the driver has ended without figures")
        }
        return figures
    }
}
