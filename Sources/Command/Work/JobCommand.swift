import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer job`: pieces of work, of whichever kind they are.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Show how a piece of work stands, and list the jobs of the mesh.",
        discussion: "gossamer job ID is gossamer job show ID.",
        subcommands: [ShowCommand.self, ListCommand.self], defaultSubcommand: ShowCommand.self)

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show how a piece of work stands: an order, a lookup, a count of primes.",
            discussion: """
                Asks an edge for all kinds of work at once. Ends with 66 when none knows the id, and with 69 when one that may know it \
                cannot say. gossamer trace shows how it came to that.
                """)

        @Argument(help: "The id of the work.") var id: String
        @OptionGroup var mesh: MeshOptions

        func validate() throws { try WorkID.validate(id) }

        func run() async throws {
            let world = SystemWorld(), id = try WorkID.validate(id)
            let client = try EdgeClient(await mesh.access(world.files).members(), world: world)
            let find = try await JobSearch(client, world: world).find(id)
            if mesh.json { return Console.put(["kind": .string(find.kind), "work": .string("\(id)"), "document": find.document]) }
            Console.put(try Self.words(find))
        }

        private static func words(_ find: JobSearch.Find) throws(CommandFailure) -> String {
            switch find.kind {
            case "order": try OrderDocument(find.document).text
            case "primes": try PrimesDocument(find.document).words
            default: try LookupDocument(find.document).words
            }
        }
    }

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the jobs of the mesh, lookups and counts of primes, the newest first.",
            discussion: "What has ended is listed until it is freed, a day later at the earliest. For orders too: gossamer saga.")

        @Option(help: "Only those that stand so: pending, processing, completed or failed.")
        var status: String?

        @Option(help: "Only this kind of work: lookup or primes.")
        var kind: String?

        @Option(help: "At most so many, 1 to 200.")
        var limit = 50

        @Option(help: ArgumentHelp("Go on behind this one, which a list that was cut has named.", valueName: "id"))
        var after: String?

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit \(limit): 1 to 200") }
            if let after { try WorkID.validate(after) }
        }

        func run() async throws {
            var query = "limit=\(limit)"
            for (name, value) in [("status", status), ("kind", kind), ("after", after)] {
                if let value { query += "&\(name)=\(HTTPAsker.encoded(value))" }
            }
            let world = SystemWorld()
            let reply = try await EdgeClient(await mesh.access(world.files).members(), world: world).ask("/api/jobs?\(query)")
            guard reply.answer.isSuccess, let json = reply.answer.json else { throw reply.failure(changes: false) }
            if mesh.json { return Console.put(json) }
            var table = Table([
                .init("ID"), .init("KIND"), .init("STATUS"), .init("DONE", .right), .init("TOOK", .right), .init("HOME"), .init("SUBJECT"),
            ])
            for job in json["jobs"]?.elements ?? [] {
                table.add([
                    job["jobId"]?.string ?? "?", job["kind"]?.string ?? "?", job["status"]?.string ?? "?",
                    "\(job["completionPercentage"]?.integer() ?? 0) %",
                    DurationText.short(.milliseconds(job["elapsedMs"]?.integer(Int64.self) ?? 0)), job["home"]?.string ?? "?",
                    job["subject"]?.string ?? "",
                ])
            }
            Console.put(table.text())
            ListNotes.tell(json, isEmpty: table.isEmpty, nothing: "there are no such jobs", goesOn: "--after")
        }
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
        "lookup of \(target): \(status), \(done) of \(total) \(unit)" + warningLines(warnings)
            + (results.isEmpty ? "" : "\n" + table.text()) + comparison.map { $0 + "\n" }.joined()
    }
}

private func warningLines(_ warnings: [String]) -> String { warnings.map { "\nwarning: \($0)" }.joined() }
