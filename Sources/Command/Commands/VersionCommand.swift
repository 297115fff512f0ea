import ArgumentParser
import JSONDocument
import Web

/// `gossamer version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the release.")

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
        if json {
            Console.put(["version": .string(Release.version)])
        } else {
            Console.put("gossamer \(Release.version)")
        }
    }
}
