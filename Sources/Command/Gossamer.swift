import ArgumentParser
import Glibc
import Topology
import World

/// The command `gossamer`.
public struct Gossamer: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "gossamer",
        abstract: "An actor mesh: nodes that find each other by gossip and share work, with nothing in the middle.",
        discussion: """
            Start five nodes on this machine with `gossamer up topology/local.yaml`, and let them count with \
            `gossamer primes 0 1000000000`.

            \(ExitStatus.explanation)
            """,
        version: Release.version,
        subcommands: [
            UpCommand.self, DownCommand.self, MembersCommand.self, LogsCommand.self, PrimesCommand.self,
            LookupCommand.self, OrderCommand.self, AccountCommand.self, StockCommand.self, ItemsCommand.self, RingCommand.self,
            KeyValueCommand.self, TraceCommand.self, SagaCommand.self, DeadLettersCommand.self, JobCommand.self,
            StoreCommand.self,
            DrainCommand.self, LeaveCommand.self, TopologyCommand.self, KeysCommand.self, NodeCommand.self,
            ChaosCommand.self, LabCommand.self, SimulateCommand.self, BenchCommand.self, VersionCommand.self,
        ])

    public init() {}

    /// What the argument parser would say less well: a command that is not there, a number that it takes for an option.
    package static func complaint(about arguments: ArraySlice<String>) -> String? {
        guard let name = arguments.first, !name.hasPrefix("-"), name != "help" else { return nil }
        let known = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard known.contains(name) else {
            let nearest = NearestName.suggest(name, among: known).map { ", did you mean \"\($0)\"?" } ?? ";"
            return "there is no command \"\(name)\"\(nearest) gossamer --help lists them"
        }
        return switch name {
        case "primes": PrimesCommand.complaint(negativeIn: arguments.dropFirst())
        case "account": HoldingKind.account.complaint(negativeIn: arguments.dropFirst())
        case "stock": HoldingKind.stock.complaint(negativeIn: arguments.dropFirst())
        default: nil
        }
    }

    /// Runs the command that the arguments name, and ends the process.
    public static func launch() async -> Never {
        // Whose results nobody reads any more ends as it would have ended otherwise.
        Signals.ignore(SIGPIPE)
        do {
            if let complaint = complaint(about: CommandLine.arguments.dropFirst()) { throw CommandFailure(.usage, complaint) }
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Glibc.exit(Console.status.rawValue)
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { Console.note(failure.message) }
            Glibc.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
