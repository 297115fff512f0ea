import ArgumentParser
import JSONDocument
import NIOHTTP1
import Web
import World

/// `gossamer dead-letters`: what was refused and waits for somebody to see to it.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "List, show, redrive and discard what was refused.",
        discussion: """
            A letter that its receiver refuses is kept at its sender, and what follows in that pair waits. So are timers and parts of \
            work that \
            are refused. When the reason is mended, redrive it; what will never be taken, discard.
            """,
        subcommands: [ListCommand.self, ShowCommand.self, RedriveCommand.self, DiscardCommand.self], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what was refused in all of the mesh, and why.")

        @Option(help: "About so many, 1 to 1000.")
        var limit = 100

        @Option(help: ArgumentHelp("Go on from here, as a list that was cut has said.", valueName: "place"))
        var before: String?

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit \(limit): 1 to 1000") }
        }

        func run() async throws {
            let rest = before.map { "&before=\(HTTPAsker.encoded($0))" } ?? ""
            let json = try await mesh.access(SystemWorld().files).read("/dead-letters?limit=\(limit)\(rest)", timeout: .seconds(10))
            if mesh.json { return Console.put(json) }
            var table = Table([.init("ID"), .init("EVENT"), .init("WORK"), .init("SINCE"), .init("CAUSE")])
            for dead in json["deadLetters"]?.elements ?? [] {
                table.add([
                    dead["id"]?.string ?? "?", dead["event"]?.string ?? "?", dead["work"]?.string ?? "?",
                    dead["since"]?.string ?? "", dead["cause"]?.string ?? "?",
                ])
            }
            Console.put(table.text())
            ListNotes.tell(json, isEmpty: table.isEmpty, nothing: "nothing is dead")
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one, with what it carries.",
            discussion: "Ends with 66 when it is not dead, or not any more.")

        @Argument(help: "Its id, as list has printed it.") var id: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws {
            let json = try await mesh.access(SystemWorld().files).read("/dead-letters/\(HTTPAsker.encoded(id))", timeout: .seconds(8))
            if mesh.json { return Console.put(json) }
            var table = Table([.init(""), .init("")])
            let held = json["held"]?.integer(Int.self) ?? 0
            for (name, value) in [
                ("id", json["id"]?.string), ("event", json["event"]?.string), ("from", json["owner"]?.string), ("to", json["to"]?.string),
                ("work", json["work"]?.string), ("since", json["since"]?.string), ("cause", json["cause"]?.string),
                ("undoes", json["isCompensation"] == true ? "a step; discarded, that stays done" : nil),
                ("holds up", held > 0 ? "\(held) \(held == 1 ? "letter" : "letters") behind it" : nil),
                ("payload", json["payload"]?.text()),
            ] {
                if let value { table.add([name, value]) }
            }
            Console.put(table.lines().dropFirst().map { $0 + "\n" }.joined())
        }
    }

    struct RedriveCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "redrive", abstract: "Have what was refused tried again, under its number.", discussion: DeadLetterRun.explanation)

        @Argument(help: "Their ids, as list has printed them.") var ids: [String]
        @OptionGroup var mesh: ChangeOptions

        func run() async throws { try await DeadLetterRun(ids, "redrive", "is tried again", mesh).carryOut() }
    }

    struct DiscardCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "discard", abstract: "Give up what was refused: it has no effect, and what waits behind it goes on.",
            discussion: DeadLetterRun.explanation)

        @Argument(help: "Their ids, as list has printed them.") var ids: [String]
        @OptionGroup var mesh: ChangeOptions

        func run() async throws { try await DeadLetterRun(ids, "discard", "is given up", mesh).carryOut() }
    }
}

/// A change of dead letters, one after the other.
private struct DeadLetterRun {
    static let explanation = """
        Goes through the Unix socket of a node of this machine, or to one elsewhere with its token. Ends with 1 when one of them is not \
        dead, or \
        not any more, and goes no further than that; with 2 when nobody knows whether it was done: calling it again does no harm.
        """

    let ids: [String]
    let deed: String
    let words: String
    let mesh: ChangeOptions

    init(_ ids: [String], _ deed: String, _ words: String, _ mesh: ChangeOptions) {
        (self.ids, self.deed, self.words, self.mesh) = (ids, deed, words, mesh)
    }

    func carryOut() async throws {
        let world = SystemWorld(), (points, token) = try mesh.points(world.files), operations = WorkIDGenerator(world)
        var done: [JSON] = []
        for id in ids {
            let answer = try await change(id, operations.next(), points, token)
            done.append(answer)
            if !mesh.json { Console.put("\(id) \(words)") }
        }
        if mesh.json { Console.put(.array(done)) }
    }

    /// Asks one node after the other until one can say. The operation is the same for all, so it counts once.
    private func change(
        _ id: String, _ operation: WorkID, _ points: [AdminPoint], _ token: String?
    ) async throws(CommandFailure) -> JSON {
        let path = "/dead-letters/\(HTTPAsker.encoded(id))/\(deed)?operation=\(operation)"
        var failure = CommandFailure(.unavailable, "nobody was asked"), isUnknown = false
        for point in points {
            do {
                let answer = try await HTTPAsker().ask(point.base, path, method: .POST, token: token, timeout: .seconds(10))
                if answer.isSuccess, let json = answer.json { return json }
                failure = Self.failure(answer, point)
                if answer.status != 503 { break }
            } catch {
                failure = CommandFailure(error.wasRefused ? .unavailable : .unknown, "\(point.origin) (\(point.base)): \(error)")
            }
            isUnknown = isUnknown || failure.status == .unknown
        }
        guard isUnknown else { throw failure }
        throw CommandFailure(.unknown, "\(failure.message): whether it was done is unknown; call this again")
    }

    private static func failure(_ answer: HTTPAnswer, _ point: AdminPoint) -> CommandFailure {
        switch answer.status {
        case 400: CommandFailure(.usage, answer.complaint)
        case 401, 403, 409: CommandFailure(.negative, answer.complaint)
        case 404: CommandFailure(.noInput, answer.complaint)
        case 503: CommandFailure(answer.json?["outcome"]?.string == "unknown" ? .unknown : .unavailable, answer.complaint)
        default: CommandFailure(.protocolError, "\(point.base): \(answer.complaint)")
        }
    }
}
