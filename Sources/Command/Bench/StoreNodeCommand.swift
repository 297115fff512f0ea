import ArgumentParser
import Glibc
import JSONDocument
import Logging
import Lookup
import Mesh
import Registers
import Synchronization
import Truth
import World

/// `gossamer bench store`: one of the three stores of `bench registers` and `bench jobs`. Ends with its starter; with `--clients` it asks, prints its figures
/// as one line of JSON, and ends.
struct StoreNodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "store", shouldDisplay: false)

    @OptionGroup var place: BenchPlace
    @Option(help: "Which of the nodes this is.") var number: Int
    @Option(help: "Numbers of clients, one after the other.") var clients: ClientCounts?
    @Option(help: "Seconds for each of them.") var seconds = 1.0
    @Flag(help: "Run jobs, and work for them.") var jobs = false

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
        let results = MeshResults(node: node, own: try FileResults(world: world, dataDirectory: node.configuration.dataDirectory, log: log))
        let truth = try TruthService(
            node: node, store: store, listed: listed, actors: [LookupJob.self], kinds: [LookupJob.work], workers: [IdleWorker()],
            results: results, log: log)
        try await node.start()
        truth.start()
        if let clients {
            let span = Duration.nanoseconds(Int64(seconds * 1e9))
            let figures = try await onExecutor(world) { () async throws -> [JSON] in
                if jobs { return try await JobsDriver(truth: truth, span: span, world: world).run(clients.counts).map(\.json) }
                return try await RegistersDriver(truth: truth, span: span, world: world).run(clients.counts).map(\.json)
            }
            Console.put(lines: [.array(figures)])
        } else {
            Console.put("ready")
            let (ended, continuation) = AsyncStream<Void>.makeStream()
            Terminal.input.whenEnded { continuation.finish() }
            for await _ in ended {}
        }
        await truth.stop()
        await node.stop()
    }

    /// Runs a driver on an actor's executor, where whoever uses a mesh is in a node. Its clients share it.
    private func onExecutor(_ world: any World, _ drive: @escaping @Sendable () async throws -> [JSON]) async throws -> [JSON] {
        let outcome = Mutex<Result<[JSON], any Error>?>(nil)
        let task = world.spawn("driver", on: world.makeExecutor("driver")) {
            do {
                let figures = try await drive()
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
