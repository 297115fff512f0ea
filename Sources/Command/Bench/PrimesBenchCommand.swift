import ArgumentParser
import Topology
import Web
import World

/// `gossamer bench primes`: a whole mesh counts, against libprimesieve's own program.
struct PrimesBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "primes", abstract: "Count primes on a whole mesh, against primesieve alone.",
        discussion: """
            Both start and stop times are left out: ours is what the job's home measures from acceptance to the last answer, \
            the yardstick's is what primesieve prints as its seconds. A mesh that is not up is started, and stopped afterwards.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("The topology file of the mesh.", valueName: "file"))
    var topology = MeshOptions.defaultTopology

    @Option(help: "The last number of the range, which begins with 0.")
    var to: UInt64 = 10_000_000_000

    @Option(help: "Threads of the yardstick; as many as there are processors by default.")
    var threads: Int?

    @Option(help: ArgumentHelp("The yardstick's program.", valueName: "file"))
    var primesieve = "/usr/bin/primesieve"

    private struct Round {
        let ours: Double
        let oursByClient: Double
        let yardstick: Double
    }

    func run() async throws {
        let world = SystemWorld(), files = SystemFileSystem()
        let topology = try Topology.loadForCommand(self.topology, files)
        guard files.exists(primesieve) else {
            throw CommandFailure(.noInput, "there is no \(primesieve); install the package primesieve, or name the program with --primesieve")
        }
        let isUp = topology.nodes.contains { NodeFiles($0).running(files) != nil }
        try await gossamer(["up", topology.file, "--detach"], world)
        let outcome: (results: [Round], remark: String?)
        do {
            outcome = try await measure(topology, world)
        } catch {
            if !isUp { try await gossamer(["down", topology.file], world) }
            throw error
        }
        if !isUp { try await gossamer(["down", topology.file], world) }
        let yardstick = Samples(outcome.results.map(\.yardstick))
        let rows = [
            BenchRow(
                "primes in [0, \(to)], \(topology.nodes.count) nodes", "s", ours: Samples(outcome.results.map(\.ours)),
                yardstick: yardstick, goal: .ratioAtMost(1.15)),
            BenchRow("the same, as the client sees it", "s", ours: Samples(outcome.results.map(\.oursByClient)), yardstick: yardstick),
        ]
        try options.report(rows, outcome.remark.map { [$0] } ?? [])
    }

    private func measure(_ topology: Topology, _ world: any World) async throws -> (results: [Round], remark: String?) {
        let client = try EdgeClient(await MeshAccess(topology).members(isQuiet: true), world: world)
        let expected = try await theirs(world).count
        _ = try await ours(client, expected, world)
        return try await Rounds.steady(
            "primes", rounds: options.rounds, spread: { Samples($0.map(\.yardstick)).spread },
            round: { number in
                if !options.json { Console.note("round \(number + 1)") }
                if number % 2 == 0 {
                    let (ours, byClient) = try await ours(client, expected, world)
                    return Round(ours: ours, oursByClient: byClient, yardstick: try await theirs(world).seconds)
                }
                let yardstick = try await theirs(world).seconds
                let (ours, byClient) = try await ours(client, expected, world)
                return Round(ours: ours, oursByClient: byClient, yardstick: yardstick)
            })
    }

    private func ours(_ client: EdgeClient, _ expected: UInt64, _ world: any World) async throws -> (home: Double, client: Double) {
        let started = world.now
        let ticket = try await client.submit(PrimesOrder(from: "0", to: String(to)).body, to: PrimesOrder.path)
        let result = try await client.follow(ticket, as: PrimesDocument.self, progress: { _ in })
        let byClient = world.now - started
        guard result.status == "Completed", result.count == expected else {
            let count = result.count.map { String($0) } ?? "nothing"
            throw CommandFailure(.software, "the mesh counted \(count), primesieve \(expected); status \(result.status)")
        }
        return (result.elapsed.seconds, byClient.seconds)
    }

    private func theirs(_ world: any World) async throws -> (seconds: Double, count: UInt64) {
        let threads = threads ?? SystemWorld.processorCount
        let child = try ChildProcess(
            path: primesieve, arguments: [String(to), "--threads=\(threads)", "--time", "--quiet"], output: .pipe, error: .inherited)
        var seconds: Double?, count: UInt64?
        while let line = try await world.compute({ child.readLine() }) {
            let words = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            guard words.count == 2 else {
                if words.count == 1 { count = count ?? UInt64(words[0]) }
                continue
            }
            if words[0] == "Seconds" { seconds = Double(words[1]) }
            if words[0] == "Primes" { count = UInt64(words[1]) }
        }
        _ = child.wait()
        guard let seconds, let count else { throw CommandFailure(.protocolError, "\(primesieve) printed no seconds and primes") }
        return (seconds, count)
    }

    /// Runs this program with other arguments; what it says goes where ours goes.
    private func gossamer(_ arguments: [String], _ world: any World) async throws {
        let child = try ChildProcess(path: ChildProcess.ownProgram, arguments: arguments, output: .inherited, error: .inherited)
        let report = try await world.compute { child.wait() }
        guard report.ending == .exited(code: 0) else {
            throw CommandFailure(.unavailable, "gossamer \(arguments.joined(separator: " ")) has failed: \(report.ending)")
        }
    }
}
