import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer bench`: measures this machine's mesh against a yardstick, in alternation.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the mesh against a yardstick.",
        discussion: """
            Ours and the yardstick take turns, so that whatever else the machine does falls on both; every figure is the \
            median of the rounds. A yardstick whose rounds lie more than 20 % apart measures the machine and not the mesh: \
            the rounds are repeated, and said so.
            """,
        subcommands: [
            AskCommand.self, RegistersCommand.self, JobsBenchCommand.self, PrimesBenchCommand.self, EchoCommand.self, DriverCommand.self, StoreNodeCommand.self,
            RawCommitsCommand.self,
        ])
}

/// Options of every benchmark.
struct BenchOptions: ParsableArguments {
    @Option(help: "Rounds; the median counts.")
    var rounds = 5

    @Flag(help: "Print JSON, for programs: rows of name, ours, yardstick, ratio, goal, met.")
    var json = false

    @Flag(help: "End with exit code 1 when a goal is missed.")
    var check = false

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds \(rounds): 1 to 100") }
    }

    func report(_ rows: [BenchRow], _ remarks: [String]) throws(CommandFailure) {
        if json { Console.put(.array(rows.map(\.json))) } else { Console.put(BenchRow.table(rows).text()) }
        for remark in remarks { Console.note(remark) }
        let missed = rows.filter { $0.met == false }.map(\.name)
        if check, !missed.isEmpty { throw CommandFailure(.negative, "missed: \(missed.joined(separator: ", "))") }
    }
}

/// Repeats rounds until the yardstick holds still.
struct Rounds {
    static let widestSpread = 0.2
    static let tries = 3

    /// Runs `round` so many times, and everything again while `spread` of the results is too wide.
    /// - Returns: the results of the try with the least spread, and a remark when there was more than one.
    static func steady<Result>(
        _ name: String, rounds: Int, spread: ([Result]) -> Double, round: (Int) async throws -> Result
    ) async throws -> (results: [Result], remark: String?) {
        var best: (results: [Result], spread: Double)?
        for attempt in 1...tries {
            var results: [Result] = []
            for number in 0..<rounds { results.append(try await round(number)) }
            let width = spread(results)
            if best.map({ width < $0.spread }) ?? true { best = (results, width) }
            if width <= widestSpread {
                let remark = attempt > 1 ? "\(name): the yardstick held still only at the try \(attempt)" : nil
                return (results, remark)
            }
            Console.note("\(name): the yardstick's rounds lie \(NumberText.share(width, of: 1)) apart (try \(attempt) of \(tries))")
        }
        guard let best else { return ([], nil) }
        let width = NumberText.share(best.spread, of: 1)
        return (best.results, "\(name): in \(tries) tries the yardstick's rounds never came nearer than \(width): not a measurement")
    }
}
