import ArgumentParser
import Web
import World

/// `gossamer trace`: what has happened to a piece of work, and why it is not further.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show all that has happened to a piece of work, step by step, and what is to come.",
        discussion: """
            Each line is an event that an actor has reacted to: when after the first, at which actor, and at which node (with its life) \
            that \
            was. What did not go the straight way is marked: another attempt, another node than the actor had before, a step without \
            effect. Below its cause stands what is under way (○) or dead (✕), and why. Ends with 66 when nobody knows the work.
            """)

    @Argument(help: "The id of the work, such as an order's.") var id: String

    @Flag(help: "Print a sequence diagram in the language of Mermaid.")
    var mermaid = false

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        try WorkID.validate(id)
        guard !(mermaid && mesh.json) else { throw ValidationError("--mermaid and --json exclude each other: both say what is printed") }
    }

    func run() async throws {
        let json = try await mesh.access(SystemWorld().files).read("/traces/\(id)", timeout: .seconds(12))
        if mesh.json { return Console.put(json) }
        let trace = try TraceDocument(json)
        if mermaid { return Console.put(TraceMermaid(trace).text) }
        Console.put(TraceTree(trace).text)
        for one in trace.unread { Console.note("without what \(trace.short(one.actor)) has done: \(one.reason)") }
        if trace.isCut { Console.note("it is longer than what is shown here") }
        let actors = trace.actors.count, entries = trace.entries.count
        Console.note(
            "\(entries) \(entries == 1 ? "event" : "events") at \(actors) \(actors == 1 ? "actor" : "actors"); "
                + (trace.isOver ? "nothing more is to come" : "it is not over"))
    }
}

extension WorkID {
    /// - Throws: `ValidationError` for what is no id.
    @discardableResult
    static func validate(_ text: String) throws -> WorkID {
        if let id = WorkID(text) { return id }
        throw ValidationError("\"\(text)\" is no id of a piece of work; give the UUID that was printed when it began")
    }
}
