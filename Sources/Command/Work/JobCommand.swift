import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer job`: how a piece of work stands, of whichever kind it is.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Show how a piece of work stands: an order, a lookup, a count of primes.",
        discussion: """
            Asks the edges for each kind of work in turn. Ends with 66 when nobody knows the id. gossamer trace shows how it came to that.
            """)

    @Argument(help: "The id of the work.") var id: String
    @OptionGroup var mesh: MeshOptions

    /// Where edges tell of each kind of work, and what they say in words.
    private static let kinds: [(name: String, path: String, words: @Sendable (JSON) throws(CommandFailure) -> String)] = [
        ("order", "/api/orders/", { json throws(CommandFailure) in try OrderDocument(json).text }),
        ("primes", "/api/primes/", { json throws(CommandFailure) in try PrimesDocument(json).words }),
        ("lookup", "/api/lookup/", { json throws(CommandFailure) in try LookupDocument(json).words }),
    ]

    func validate() throws { try WorkID.validate(id) }

    func run() async throws {
        let world = SystemWorld()
        let client = try EdgeClient(await mesh.access(world.files).members(), world: world)
        for kind in Self.kinds {
            let reply = try await client.ask(kind.path + id)
            if reply.answer.status == 404 { continue }
            guard reply.answer.isSuccess, let json = reply.answer.json else { throw reply.failure(changes: false) }
            if mesh.json { return Console.put(["kind": .string(kind.name), "work": .string(id), "document": json]) }
            return Console.put(try kind.words(json))
        }
        throw CommandFailure(.noInput, "no work has the id \(id): none was begun under it, or it ended and is freed")
    }
}

extension PrimesDocument {
    fileprivate var words: String {
        let result = count.map { ": \(NumberText.grouped($0)) primes" } ?? ": \(done) of \(total) chunks"
        let table = shares.isEmpty ? "" : "\n" + shareTable.text()
        return "primes \(jobId): \(status)\(result), \(DurationText.short(elapsed))" + warningLines(warnings) + table
    }
}

extension LookupDocument {
    fileprivate var words: String {
        "lookup of \(target): \(status), \(done) of \(total) services" + warningLines(warnings)
            + (results.isEmpty ? "" : "\n" + table.text())
    }
}

private func warningLines(_ warnings: [String]) -> String { warnings.map { "\nwarning: \($0)" }.joined() }
