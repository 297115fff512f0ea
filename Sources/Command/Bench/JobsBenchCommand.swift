import ArgumentParser
import Glibc
import World

/// `gossamer bench jobs`: lookups whose workers do nothing, from submitting to the end.
struct JobsBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Run lookup jobs of four parts whose workers do nothing.",
        discussion: """
            Three nodes with a store each are started on this machine, on free ports of the loopback. All of them work. The clients are tasks in the \
            process of one of them: each submits a job, waits until it has ended, and submits the next. A job is kept by two of three disks before \
            its submission is answered, and so is every answer of a worker. HTTP is no part of it.

            The yardstick is not measured here: it is what RabbitMQ with confirms and Redis did for four tasks without content, gathered, on \
            a machine of two processors.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Jobs in flight, 1 to \(ClientCounts.limit) each.", valueName: "counts"))
    var inFlight = ClientCounts([1, 16, 64])

    @Option(help: "Seconds for each number of jobs in flight, in each round.")
    var seconds = 3.0

    func validate() throws {
        guard seconds >= 0.05, seconds <= 600 else { throw ValidationError("--seconds \(seconds): 0.05 to 600") }
    }

    func run() async throws {
        let world = SystemWorld(), files = SystemFileSystem(), directory = ".gossamer/bench-\(getpid())"
        do { try files.createDirectory(directory) } catch { throw CommandFailure(.ioError, "\(error)") }
        defer { try? files.removeTree(directory) }
        var rounds: [[JobsFigures]] = []
        for number in 0..<options.rounds {
            if !options.json { Console.note("round \(number + 1)") }
            let line = try await BenchStores(directory: directory + "/stores", world: world).run(inFlight, seconds: seconds, more: ["--jobs"])
            guard let elements = line.elements else { throw CommandFailure(.software, "the driver printed no figures") }
            rounds.append(elements.compactMap { JobsFigures($0) })
        }
        try options.report(JobsFigures.rows(rounds), [])
    }
}
