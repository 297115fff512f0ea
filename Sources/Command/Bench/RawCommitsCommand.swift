import ArgumentParser
import JSONDocument
import World

/// `gossamer bench raw`: one process of the floor of `bench registers`. Prints what it wrote in a second.
struct RawCommitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "raw", shouldDisplay: false)

    @Option(help: "A store that the mesh has written.") var sample: String
    @Option(help: "The database to make.") var path: String
    @Option var seconds: Double

    func run() async throws {
        let commits = try RawCommits(sample: sample, path: path)
        Console.put(lines: [["rate": .number(try commits.rate(over: .nanoseconds(Int64(seconds * 1e9)), world: SystemWorld()))]])
    }
}
