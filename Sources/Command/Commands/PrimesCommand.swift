import ArgumentParser
import Web
import World

/// `gossamer primes`: counts primes across the mesh.
struct PrimesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "primes", abstract: "Count the primes of a range, across the mesh.",
        discussion: """
            Both ends belong to the range. The count goes to standard output, progress to the terminal. Ctrl-C ends the job.

            Example: gossamer primes 0 1000000000
            """)

    @Argument(help: "The first number, 0 to 18446744073709551615.")
    var from: String

    @Argument(help: "The last number.")
    var to: String

    @Option(help: "sieve (libprimesieve) or trial (trial division: slow).")
    var algorithm: String?

    @Option(help: "Into how many chunks the range is split, 1 to 100000.")
    var chunks: Int?

    @OptionGroup var mesh: MeshOptions

    /// What is wrong with these arguments of the command if one of the range is negative; the parser would take `-5` for an
    /// option, and miss the number.
    static func complaint(negativeIn arguments: some Sequence<String>) -> String? {
        let withValue = ["--algorithm", "--chunks", "--topology", "--admin"]
        var names = ["from", "to"][...]
        var isValue = false
        for argument in arguments {
            if isValue {
                isValue = false
            } else if withValue.contains(argument) {
                isValue = true
            } else if let first = argument.dropFirst().first, argument.hasPrefix("-"), first.isNumber, let name = names.first {
                return "\(name): \(argument) is negative; a range has whole numbers from 0 to 18446744073709551615"
            } else if !argument.hasPrefix("-") {
                names = names.dropFirst()
            }
        }
        return nil
    }

    func run() async throws {
        let world = SystemWorld()
        let members = try await mesh.access(world.files).members()
        let order = PrimesOrder(from: from, to: to, algorithm: algorithm, chunks: chunks)
        let run = JobRun(client: try EdgeClient(members, world: world), isQuiet: mesh.json, world: world)
        let (result, wasInterrupted) = try await run.run(order.body, at: PrimesOrder.path, as: PrimesDocument.self, unit: "chunks")
        try report(result, wasInterrupted: wasInterrupted)
    }

    private func report(_ result: PrimesDocument, wasInterrupted: Bool) throws(CommandFailure) {
        if mesh.json { Console.put(result.document) }
        guard result.status == "Completed", let count = result.count else {
            let reasons = result.warnings.isEmpty ? "no reason was given" : result.warnings.joined(separator: "; ")
            throw CommandFailure(wasInterrupted ? .interrupted : .negative, mesh.json ? "" : "the job has failed: \(reasons)")
        }
        if mesh.json { return }
        Console.put(String(count))
        for warning in result.warnings { Console.note("warning: \(warning)") }
        let again = result.resent > 0 ? ", \(result.resent) of them sent again" : ""
        Console.note(
            "\(NumberText.grouped(count)) prime\(count == 1 ? "" : "s") in [\(from), \(to)], "
                + "counted in \(DurationText.short(result.elapsed)) in \(result.total) chunk\(result.total == 1 ? "" : "s")\(again)")
        Console.note(result.shareTable.text())
    }
}
