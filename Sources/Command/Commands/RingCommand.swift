import ArgumentParser
import Web
import World

/// `gossamer ring`: who is asked first for which key.
struct RingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring", abstract: "Show the work ring, or where a key lies on it.",
        subcommands: [ShowCommand.self, WhereCommand.self], defaultSubcommand: ShowCommand.self)

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show every node's share of the keys.")

        @OptionGroup var mesh: MeshOptions

        func run() async throws {
            let json = try await mesh.access(SystemWorld().files).read("/ring")
            if mesh.json { return Console.put(json) }
            Console.put(RingText.shares(json))
        }
    }

    struct WhereCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "where", abstract: "Show the nodes that are asked for a key, in order.")

        @Argument(help: "Any text.")
        var key: String

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard !key.isEmpty else { throw ValidationError("the key is empty; give any text of one character or more") }
        }

        func run() async throws {
            let json = try await mesh.access(SystemWorld().files).read("/ring/where/" + HTTPAsker.encoded(key))
            if mesh.json { return Console.put(json) }
            Console.put(RingText.place(json))
        }
    }
}
