import ArgumentParser
import Web
import World

/// `gossamer bench registers`: three stores, each a process, against three processes that only write.
struct RegistersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registers", abstract: "Change registers on three stores, against three processes that only write.",
        discussion: """
            Three nodes with a store each are started on this machine, on free ports of the loopback. The clients are tasks in the process \
            of one of them: a third of the registers have their home there, for the others a change is a call to another process. \
            Each client waits for its answer, which comes when two of three stores have the change on disk. HTTP is no part of it.

            The yardstick is what SQLite alone takes: three processes at the same time, each with a file of its own, commit the very rows \
            that a store writes for a change, in batches of \(RawCommits.batch), WAL and synchronous=FULL; the slowest counts. One change \
            counts as one on both sides.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Numbers of clients, 1 to \(ClientCounts.limit) each.", valueName: "counts"))
    var clients = ClientCounts([1, RawCommits.batch])

    @Option(help: "Seconds for each number of clients, and for the yardstick, in each round.")
    var seconds = 2.0

    func validate() throws {
        guard seconds >= 0.05, seconds <= 600 else { throw ValidationError("--seconds \(seconds): 0.05 to 600") }
    }

    func run() async throws {
        let bench = try RegistersBench(clients: clients, seconds: seconds, isQuiet: options.json, world: SystemWorld())
        defer { bench.cleanUp() }
        let (rounds, remark) = try await Rounds.steady(
            "registers", rounds: options.rounds, spread: { Samples($0.map(\.floor)).spread }, round: { try await bench.round($0) })
        try options.report(RegistersRound.rows(rounds), remark.map { [$0] } ?? [])
    }
}
