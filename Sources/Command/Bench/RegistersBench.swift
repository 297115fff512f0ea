import Glibc
import JSONDocument
import Web
import World

/// Runs the processes of `bench registers`, three stores and the floor's three in turn.
struct RegistersBench {
    private let clients: ClientCounts
    private let seconds: Double
    private let isQuiet: Bool
    private let world: any World
    private let files = SystemFileSystem()
    private let directory: String

    init(clients: ClientCounts, seconds: Double, isQuiet: Bool, world: any World) throws(CommandFailure) {
        self.clients = clients
        self.seconds = seconds
        self.isQuiet = isQuiet
        self.world = world
        directory = ".gossamer/bench-\(getpid())"
        do { try files.createDirectory(directory) } catch { throw CommandFailure(.ioError, "\(error)") }
    }

    func cleanUp() { try? files.removeTree(directory) }

    /// The store whose changes the floor writes again.
    private var sample: String { BenchNode.registers(0, directory: directory + "/stores-0") }

    /// The mesh and the floor, each first every other time; the mesh in the first round, which leaves the floor its sample.
    func round(_ number: Int) async throws(CommandFailure) -> RegistersRound {
        if !isQuiet { Console.note("round \(number + 1)") }
        let stores = directory + "/stores-\(number)"
        if number % 2 == 0 || !files.exists(sample) {
            let ours = try await runOurs(stores)
            return RegistersRound(ours: ours, floors: try await runFloor(number))
        }
        let floors = try await runFloor(number)
        return RegistersRound(ours: try await runOurs(stores), floors: floors)
    }

    private func runOurs(_ stores: String) async throws(CommandFailure) -> [RegistersFigures] {
        let line = try await BenchStores(directory: stores, world: world).run(clients, seconds: seconds)
        guard let figures = RegistersFigures.all(line) else { throw CommandFailure(.software, "the driver printed no figures") }
        return figures
    }

    /// Three processes at once, each with a file of its own.
    private func runFloor(_ number: Int) async throws(CommandFailure) -> [Double] {
        var rates: [Double] = []
        let floor = directory + "/floor"
        defer { try? files.removeTree(floor) }
        do {
            try files.createDirectory(floor)
            let children = try (0..<BenchNode.stores).map { number in
                try start(["bench", "raw", "--sample", sample, "--path", "\(floor)/\(number)", "--seconds", String(seconds)])
            }
            for child in children {
                guard let rate = try await line(of: child, "the floor")["rate"]?.double else {
                    throw CommandFailure(.software, "a process of the floor printed no rate")
                }
                rates.append(rate)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.software, "\(error)")
        }
        return rates
    }

    private func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(path: ChildProcess.ownProgram, arguments: arguments, input: .lifeline, output: .pipe, error: .inherited)
    }

    /// What the child prints before it ends.
    private func line(of child: ChildProcess, _ name: String) async throws -> JSON {
        let line = try await world.compute { child.readLine() }
        let report = child.wait()
        guard report.ending == .exited(code: 0), let line else { throw CommandFailure(.software, "\(name) has failed: \(report.ending)") }
        return try JSON(parsing: Array(line.utf8))
    }
}
