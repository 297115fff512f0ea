import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer saga`: the work of the mesh that is not over.
struct SagaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "saga", abstract: "List the work that is not over, and what it waits for.",
        subcommands: [ListCommand.self], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the work that is not over, the newest first.",
            discussion: """
                With --stuck only work in which something is dead, or has been overdue for some seconds: a letter that nobody takes, a \
                timer that does not fire, a part that nobody answers. What could not be looked at, because its registers have no majority \
                or there was no time left, is listed with a question mark. gossamer trace ID tells all of one.
                """)

        @Flag(help: "Only what is stuck.")
        var stuck = false

        @Option(help: ArgumentHelp("With --stuck: for how many seconds something has to be overdue (default: 10).", valueName: "seconds"))
        var overdue: Int?

        @Option(help: "Only this kind of work, such as order.")
        var kind: String?

        @Option(help: "At most so many, 1 to 200.")
        var limit = 50

        @Option(help: ArgumentHelp("Go on behind this one, which a list that was cut has named.", valueName: "id"))
        var before: String?

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit \(limit): 1 to 200") }
            guard overdue == nil || stuck else { throw ValidationError("--overdue says what --stuck means; give both") }
            if let overdue, !(0...31_536_000).contains(overdue) { throw ValidationError("--overdue \(overdue): 0 to 31536000 seconds") }
            if let before { try WorkID.validate(before) }
        }

        func run() async throws {
            var query = "limit=\(limit)"
            if stuck { query += "&stuck=\(overdue ?? 10)" }
            if let kind { query += "&kind=\(HTTPAsker.encoded(kind))" }
            if let before { query += "&before=\(before)" }
            let json = try await mesh.access(SystemWorld().files).read("/sagas?\(query)", timeout: .seconds(10))
            if mesh.json { return Console.put(json) }
            var table = Table([.init("ID"), .init("KIND"), .init("STATE"), .init("AGE", .right), .init("HOME"), .init("WAITS FOR")])
            for saga in json["sagas"]?.elements ?? [] {
                table.add([
                    saga["work"]?.string ?? "?", saga["kind"]?.string ?? "?", saga["state"]?.string ?? "",
                    DurationText.short(.milliseconds(saga["ageMs"]?.integer(Int64.self) ?? 0)), saga["home"]?.string ?? "?",
                    Self.words(saga),
                ])
            }
            Console.put(table.text())
            ListNotes.tell(json, isEmpty: table.isEmpty, nothing: stuck ? "nothing is stuck" : "no work is under way")
        }

        /// What is most pressing, and how much more there is.
        private static func words(_ saga: JSON) -> String {
            if let doubt = saga["doubt"]?.string { return "? nobody knows whether it is stuck: \(doubt)" }
            let awaited = saga["awaited"]?.elements ?? []
            guard let first = awaited.first else { return "its answer" }
            let mark = first["state"] == "set" ? "" : "▲ "
            return mark + (first["words"]?.string ?? "?") + (awaited.count > 1 ? ", and \(awaited.count - 1) more" : "")
        }
    }
}

/// What is to be said below a list that was gathered from many nodes.
package enum ListNotes {
    /// - Parameter goesOn: the option that takes where a list is to go on.
    static func tell(_ json: JSON, isEmpty: Bool, nothing: String, goesOn: String = "--before") {
        for line in lines(json, isEmpty: isEmpty, nothing: nothing, goesOn: goesOn) { Console.note(line) }
    }

    package static func lines(_ json: JSON, isEmpty: Bool, nothing: String, goesOn: String) -> [String] {
        let unheard = (json["unheard"]?.elements ?? []).compactMap(\.string), without = json["shardsWithoutStore"]?.integer(Int.self) ?? 0
        var lines: [String] = []
        if isEmpty { lines.append(nothing + (unheard.isEmpty && without == 0 ? "" : ", as far as was heard")) }
        if !unheard.isEmpty { lines.append("without what is at \(unheard.joined(separator: ", ")), not heard") }
        if without > 0 {
            let shards = without == 1 ? "shard has" : "shards have"
            lines.append("\(without) \(shards) no live store; what lies there is missing: gossamer store list")
        }
        for cut in json["cut"]?.elements ?? [] {
            lines.append("not all of \(cut["actor"]?.string ?? "?"): \(cut["reason"]?.string ?? "?")")
        }
        if let next = json["next"]?.string { lines.append("there may be more: \(goesOn) \(next)") }
        return lines
    }
}
