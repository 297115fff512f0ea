import ArgumentParser
import Web
import World

/// `gossamer bench ask`: an actor in another process is asked, against a plain echo in C over the same ZeroMQ.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask an actor in another process, against a plain C echo over ZeroMQ.",
        discussion: "Build the yardstick first, with `make bench` or: cc -O2 -o .build/zmq_echo Benchmarks/zmq_echo.c -lzmq")

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("The yardstick's program.", valueName: "file"))
    var yardstick = ".build/zmq_echo"

    @Option(help: "Seconds for each figure in each round.")
    var seconds = 1.0

    func validate() throws {
        guard seconds >= 0.05, seconds <= 600 else { throw ValidationError("--seconds \(seconds): 0.05 to 600") }
    }

    func run() async throws {
        let world = SystemWorld(), files = SystemFileSystem()
        guard files.exists(yardstick) else {
            throw CommandFailure(
                .noInput, "there is no yardstick at \(yardstick); build it with: cc -O2 -o \(yardstick) Benchmarks/zmq_echo.c -lzmq")
        }
        let bench = try AskBench(yardstick: yardstick, seconds: seconds, isQuiet: options.json, world: world)
        defer { bench.cleanUp() }
        var rows: [BenchRow] = [], remarks: [String] = []
        var all: [AskBench.Round] = []
        for placement in AskBench.Placement.allCases {
            let (results, remark) = try await Rounds.steady(
                placement.name, rounds: options.rounds,
                spread: { max(Samples($0.map(\.yardstick.p50)).spread, Samples($0.map(\.yardstick.concurrent)).spread) },
                round: { try await bench.round($0, placement) })
            rows += AskBench.rows(results, placement)
            if let remark { remarks.append(remark) }
            all += results
        }
        try options.report(rows + AskBench.wireRows(all), remarks)
    }
}
