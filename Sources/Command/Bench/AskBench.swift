import Glibc
import JSONDocument
import Web
import World

/// Runs the processes of `bench ask`, ours and the yardstick's in turn.
struct AskBench {
    enum Placement: CaseIterable {
        /// Both processes on one processor: no other core has to be woken.
        case pinned
        /// Wherever the scheduler puts them.
        case free

        var name: String { self == .pinned ? "one core" : "any core" }
        var processor: Int { self == .pinned ? 0 : -1 }
    }

    struct Round {
        let ours: AskFigures
        let yardstick: YardstickFigures
    }

    private let yardstick: String
    private let seconds: Double
    private let isQuiet: Bool
    private let world: any World
    private let files = SystemFileSystem()
    private let directory: String
    private let port: Int

    init(yardstick: String, seconds: Double, isQuiet: Bool, world: any World) throws(CommandFailure) {
        self.yardstick = yardstick
        self.seconds = seconds
        self.isQuiet = isQuiet
        self.world = world
        directory = ".gossamer/bench-\(getpid())"
        do { try files.createDirectory(directory) } catch { throw CommandFailure(.ioError, "\(error)") }
        port = try BenchNode.freePorts(2 * BenchNode.portsPerNode)
    }

    func cleanUp() { try? files.removeTree(directory) }

    /// Ours and the yardstick, each first every other time.
    func round(_ number: Int, _ placement: Placement) async throws(CommandFailure) -> Round {
        if !isQuiet { Console.note("\(placement.name), round \(number + 1)") }
        if number % 2 == 0 {
            let ours = try await runOurs(placement)
            return Round(ours: ours, yardstick: try await runYardstick(placement))
        }
        let yardstick = try await runYardstick(placement)
        return Round(ours: try await runOurs(placement), yardstick: yardstick)
    }

    private func runOurs(_ placement: Placement) async throws(CommandFailure) -> AskFigures {
        let common = ["--processor=\(placement.processor)", "--directory", directory]
        let driverPort = port + BenchNode.portsPerNode
        let line = try await pair(
            program: ChildProcess.ownProgram, server: ["bench", "echo", "--port", String(port)] + common,
            client: ["bench", "driver", "--port", String(driverPort), "--echo-port", String(port), "--seconds", String(seconds)]
                + common)
        guard let figures = AskFigures(line) else { throw CommandFailure(.software, "the driver printed no figures: \(line)") }
        return figures
    }

    private func runYardstick(_ placement: Placement) async throws(CommandFailure) -> YardstickFigures {
        let place = [String(port), String(placement.processor)]
        let line = try await pair(
            program: yardstick, server: ["server"] + place, client: ["client"] + place + [String(seconds)])
        guard let figures = YardstickFigures(line) else {
            throw CommandFailure(.software, "\(yardstick) printed no figures: \(line); is it built from this source?")
        }
        return figures
    }

    /// Starts a server, waits until it is ready, runs a client, and reads the line that this prints.
    private func pair(program: String, server: [String], client: [String]) async throws(CommandFailure) -> JSON {
        do {
            let server = try ChildProcess(path: program, arguments: server, input: .lifeline, output: .pipe, error: .inherited)
            defer {
                server.signal(SIGKILL)
                _ = server.wait()
            }
            guard try await world.compute({ server.readLine() }) == "ready" else {
                throw CommandFailure(.software, "\(program) \(server) has not become ready")
            }
            let client = try ChildProcess(path: program, arguments: client, output: .pipe, error: .inherited)
            let line = try await world.compute { client.readLine() }
            let report = client.wait()
            guard report.ending == .exited(code: 0), let line else {
                throw CommandFailure(.software, "the client of \(program) has failed: \(report.ending)")
            }
            return try JSON(parsing: Array(line.utf8))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.software, "\(program): \(error)")
        }
    }

    static func rows(_ rounds: [Round], _ placement: Placement) -> [BenchRow] {
        func ours(_ path: KeyPath<AskFigures, Double>) -> Samples { Samples(rounds.map { $0.ours[keyPath: path] }) }
        func theirs(_ path: KeyPath<YardstickFigures, Double>) -> Samples { Samples(rounds.map { $0.yardstick[keyPath: path] }) }
        let place = placement.name
        return [
            BenchRow("ask, inline actor, p50, \(place)", "us", ours: ours(\.inlineP50), yardstick: theirs(\.p50), goal: .ratioAtMost(1.5)),
            BenchRow("ask, inline actor, p99, \(place)", "us", ours: ours(\.inlineP99), yardstick: theirs(\.p99)),
            BenchRow("ask, pool actor, p50, \(place)", "us", ours: ours(\.poolP50), yardstick: theirs(\.p50), goal: .ratioAtMost(2.5)),
            BenchRow("ask, pool actor, p99, \(place)", "us", ours: ours(\.poolP99), yardstick: theirs(\.p99)),
            BenchRow(
                "64 callers, inline actor, \(place)", "1/s", ours: ours(\.concurrent), yardstick: theirs(\.concurrent),
                goal: placement == .free ? .oursAtLeast(150_000) : nil),
            BenchRow("one way, inline actor, \(place)", "1/s", ours: ours(\.oneWay), yardstick: theirs(\.oneWay)),
            BenchRow("processor time for an ask, both processes, \(place)", "us", ours: ours(\.processorPerAsk)),
        ]
    }

    /// The bytes do not depend on where the processes run.
    static func wireRows(_ rounds: [Round]) -> [BenchRow] {
        [
            BenchRow("bytes of a 16 B ask on the socket", "B", ours: Samples(rounds.map(\.ours.bytesOut)), goal: .oursAtMost(60)),
            BenchRow("bytes of its answer on the socket", "B", ours: Samples(rounds.map(\.ours.bytesIn)), goal: .oursAtMost(60)),
        ]
    }
}
