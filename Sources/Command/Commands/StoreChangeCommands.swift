import ArgumentParser
import JSONDocument
import Topology
import World

extension StoreCommand {
    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Have the store of a node hold shards, too.",
            discussion: """
                The node has to be live, with the role store. Just as many shards move as make the stores even. \(StoreChangeOptions.explanation)
                """)

        @Argument(help: "The node's name.") var node: String
        @OptionGroup var change: StoreChangeOptions

        func run() async throws { try await change.carryOut("add", node, participle: "added") }
    }

    struct RemoveCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Have the store of a node hold no shards any more.",
            discussion: """
                The node may be dead. What it held is carried over from the others; if it is live, it goes on as a spare and forgets its \
                shards. \(StoreChangeOptions.explanation)
                """)

        @Argument(help: "The node's name.") var node: String

        @Flag(help: "Though fewer than three stores are left, and so one copy of everything.")
        var allowOneCopy = false

        @OptionGroup var change: StoreChangeOptions

        func run() async throws {
            try await change.carryOut("remove", node, more: ["allowOneCopy": .bool(allowOneCopy)], participle: "removed")
        }
    }

    struct ReplaceCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replace", abstract: "Have a new store hold what that of a node held, whose disk is lost.",
            discussion: """
                By default by the node's own new store: wipe its data directory, start it, and replace it. Shards stay where they are; \
                everything that the lost store held is carried over from the others. \(StoreChangeOptions.explanation)
                """)

        @Argument(help: "The name of the node whose store is replaced.") var node: String

        @Option(help: ArgumentHelp("Replace it with the store of this spare node.", valueName: "node"))
        var with: String?

        @OptionGroup var change: StoreChangeOptions

        func run() async throws {
            try await change.carryOut("replace", node, more: ["with": .text(with)], participle: "replaced")
        }
    }

    struct CancelCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Take the change of stores back that is under way.",
            discussion: """
                Always safe: nothing was decided without the stores of before. They go on as if nothing had been. A change that has ended is \
                not taken back: then the command says that none is under way, and ends with 0.
                """)

        @Argument(help: "Only if the change concerns this node.") var node: String?
        @OptionGroup var change: StoreChangeOptions

        func run() async throws { try await change.carryOut("cancel", node, participle: "taken back") }
    }
}

/// A change of the mesh's stores, and how long to watch it.
struct StoreChangeOptions: ParsableArguments {
    static let explanation = """
        The mesh does it by itself, whoever dies; the command watches. Interrupted and called again it goes on watching. Ends with 0 when the \
        change is done or was before, with 1 when it is refused, 69 when no majority of those who keep the configuration answers, and 75 \
        when it takes longer than --timeout.
        """

    @OptionGroup var mesh: ChangeOptions

    @Flag(inversion: .prefixedNo, help: "Watch until the change is done.")
    var wait = true

    @Option(help: "Seconds to watch at most; the change goes on all the same.")
    var timeout = 3_600

    func validate() throws {
        guard (1...604_800).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 604800 seconds") }
    }

    /// - Parameters:
    ///   - change: as the admin port calls it.
    ///   - participle: for the end: `replaced`.
    func carryOut(_ change: String, _ node: String?, more: [String: JSON] = [:], participle: String) async throws {
        let world = SystemWorld()
        let (points, token) = try mesh.points(world.files)
        let members = [("change", .string(change)), ("node", .text(node))] + more.sorted { $0.key < $1.key }
        let run = StoreChangeRun(
            points: points, token: token, order: .object(members.map { JSON.Member($0.0, $0.1) }), isQuiet: mesh.json, world: world)
        let report = try await run.carryOut(within: wait ? .seconds(timeout) : nil, participle: participle)
        if mesh.json { Console.put(report.document) } else { Console.put(report.sentence) }
    }
}
