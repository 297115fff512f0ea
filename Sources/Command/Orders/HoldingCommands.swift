import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer account`: what customers have to spend.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Show or set what a customer has to spend on orders.",
        subcommands: [ShowCommand.self, SetCommand.self])

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show an account: its balance, and what orders under way hold of it.",
            discussion: "Ends with 66 when nobody has made it.")

        @Argument(help: "The customer's name, 1 to 256 bytes.") var name: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws { try await HoldingRun(kind: .account, name: name, mesh: mesh).show() }
    }

    struct SetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make an account, or set its balance.", discussion: HoldingKind.settingHelp)

        @Argument(help: "The customer's name, 1 to 256 bytes.") var name: String
        @Argument(help: "The balance, 0 to 1000000000000000; not less than orders hold.") var balance: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws { try await HoldingRun(kind: .account, name: name, mesh: mesh).set(balance) }
    }
}

/// `gossamer stock`: how much there is of what is ordered.
struct StockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stock", abstract: "Show or set how much there is of an item that is ordered.",
        subcommands: [ShowCommand.self, SetCommand.self])

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show an item's stock: its quantity, and what orders under way have reserved of it.",
            discussion: "Ends with 66 when nobody has made it.")

        @Argument(help: "The item's name, 1 to 256 bytes.") var name: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws { try await HoldingRun(kind: .stock, name: name, mesh: mesh).show() }
    }

    struct SetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make an item, or set its quantity.", discussion: HoldingKind.settingHelp)

        @Argument(help: "The item's name, 1 to 256 bytes.") var name: String
        @Argument(help: "The quantity, 0 to 1000000000000000; not less than orders have reserved.") var quantity: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws { try await HoldingRun(kind: .stock, name: name, mesh: mesh).set(quantity) }
    }
}

/// What accounts and stock do not have in common.
struct HoldingKind {
    let noun: String
    /// Of the edge; the name comes after it.
    let path: String
    /// The members' names in documents.
    let amount: String
    let held: String

    static let account = HoldingKind(noun: "account", path: "/api/accounts/", amount: "balance", held: "held")
    static let stock = HoldingKind(noun: "stock", path: "/api/stock/", amount: "quantity", held: "reserved")

    static let settingHelp = """
        Reads what is there first, and sets it unless somebody else has changed it in between: then it ends with 1, and may be \
        called again. It ends with 1, too, when orders under way hold more than that, and with 2 when nobody knows whether it was set; show \
        tells.
        """

    /// What is wrong with these arguments of the command if what is to be set is negative; the parser would take `-5` for an
    /// option, and miss the number.
    func complaint(negativeIn arguments: ArraySlice<String>) -> String? {
        guard arguments.first == "set" else { return nil }
        let negative = arguments.first { $0.hasPrefix("-") && $0.dropFirst().first?.isNumber == true }
        return negative.map { "\(amount): \($0) is negative; expected a whole number from 0 to 1000000000000000" }
    }
}

/// An account or stock, shown or set.
struct HoldingRun {
    let kind: HoldingKind
    let name: String
    let mesh: MeshOptions

    func show() async throws {
        let reply = try await client().ask(path)
        guard reply.answer.isSuccess, let document = reply.answer.json else { throw reply.failure(changes: false) }
        put(document)
    }

    /// - Parameter amount: as it was written; the edge knows what is right.
    func set(_ amount: String) async throws {
        let client = try await client()
        let present = try await client.ask(path)
        guard present.answer.isSuccess || present.answer.status == 404 else { throw present.failure(changes: false) }
        guard !present.answer.isSuccess || present.answer.eTag != nil else {
            throw CommandFailure(.protocolError, "\(present.edge)\(path) says no ETag; is it the edge of a gossamer node?")
        }
        let reply = try await client.ask(path, method: .PUT, body: [kind.amount: .string(amount)], ifMatch: present.answer.eTag)
        guard reply.answer.isSuccess, let document = reply.answer.json else { throw refusal(reply) }
        put(document)
    }

    private func refusal(_ reply: EdgeClient.Reply) -> CommandFailure {
        guard reply.answer.status != 412 else {
            return CommandFailure(
                .negative, "somebody else has changed \(kind.noun) \"\(name)\" meanwhile; look at it, and call this again")
        }
        let failure = reply.failure(changes: true)
        guard failure.status == .unknown else { return failure }
        return CommandFailure(.unknown, failure.message + "; this tells: gossamer \(kind.noun) show \(name)")
    }

    private var path: String { kind.path + HTTPAsker.encoded(name) }

    private func client() async throws -> EdgeClient {
        guard !name.isEmpty else { throw CommandFailure(.usage, "the name is empty; give 1 to 256 bytes") }
        let world = SystemWorld()
        return try EdgeClient(await mesh.access(world.files).members(), world: world)
    }

    private func put(_ document: JSON) {
        if mesh.json { return Console.put(document) }
        func number(_ field: String) -> String { document[field]?.text() ?? "?" }
        Console.put("\(kind.noun) \(name): \(kind.amount) \(number(kind.amount)), \(kind.held) \(number(kind.held))")
    }
}
