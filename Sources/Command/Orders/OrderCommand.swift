import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer order`: orders of the mesh, which are carried out whatever dies.
struct OrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order", abstract: "Place an order, show how it stands, cancel it.",
        discussion: """
            An order asks for payment from its customer's account, for the item's stock, and for shipping, one after the other. It \
            is either shipped, or cancelled and undone. Make accounts with gossamer account set, and stock with gossamer stock set.
            """,
        subcommands: [PlaceCommand.self, ShowCommand.self, CancelCommand.self])

    struct PlaceCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "place", abstract: "Place an order.",
            discussion: """
                Prints the order's id once it is kept; from then on it comes to its end by itself, within a minute while the mesh \
                is well. With --wait its end is awaited, and the exit code is 1 when it was cancelled; Ctrl-C ends the waiting alone.
                With --idempotency-key the same command once more, within a day, is the same order.

                Example: gossamer order place alice lamp --quantity 2 --amount 40 --wait
                """)

        @Argument(help: "Whose account pays, 1 to 256 bytes.") var customer: String
        @Argument(help: "What is ordered, 1 to 256 bytes.") var item: String

        @Option(parsing: .unconditional, help: ArgumentHelp("How many, 1 to 1000000000.", valueName: "n"))
        var quantity = "1"

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("What all of it costs, 0 to 1000000000000000, in the unit of the account.", valueName: "n"))
        var amount = "0"

        @Option(help: ArgumentHelp("Have a step fail, to try it out: order, payment, inventory or shipping.", valueName: "step"))
        var failAt: String?

        @Option(help: ArgumentHelp("A name of this order that you make up, 1 to 255 visible ASCII characters.", valueName: "key"))
        var idempotencyKey: String?

        @Flag(help: "Wait until it is shipped or cancelled.")
        var wait = false

        @OptionGroup var mesh: MeshOptions

        func run() async throws {
            let world = SystemWorld()
            let client = try EdgeClient(await mesh.access(world.files).members(), world: world)
            let reply = try await client.ask("/api/orders", method: .POST, body: order, idempotencyKey: idempotencyKey)
            let json = reply.answer.json
            guard reply.answer.isSuccess, let id = json?["orderId"]?.string, let path = json?["statusUrl"]?.string else {
                throw refusal(reply)
            }
            guard wait else { return mesh.json ? Console.put(json ?? [:]) : Console.put(id) }
            if !mesh.json { Console.note(reply.edge + path) }
            var status = ""
            let end = try await client.follow(.init(edge: reply.edge, path: path), as: OrderDocument.self) { document in
                if document.status != status, !mesh.json { Console.note(document.status) }
                status = document.status
            }
            try report(end)
        }

        private var order: JSON {
            [
                "customer": .string(customer), "item": .string(item), "quantity": .string(quantity), "amount": .string(amount),
                "failAt": .text(failAt),
            ]
        }

        private func refusal(_ reply: EdgeClient.Reply) -> CommandFailure {
            let failure = reply.failure(changes: true)
            guard failure.status == .unknown, let id = reply.answer.json?["orderId"]?.string else { return failure }
            return CommandFailure(.unknown, failure.message + "; this tells: gossamer order show \(id)")
        }

        private func report(_ end: OrderDocument) throws(CommandFailure) {
            if mesh.json { Console.put(end.document) } else { Console.put(end.text) }
            guard end.status == "Shipped" else {
                throw CommandFailure(.negative, mesh.json ? "" : "the order was cancelled: \(end.reason ?? "no reason was given")")
            }
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show how an order stands, step by step.",
            discussion: "Ends with 66 when there is no such order.")

        @Argument(help: "The order's id, as gossamer order place has printed it.") var id: String
        @OptionGroup var mesh: MeshOptions

        func validate() throws { try validateOrder(id) }

        func run() async throws {
            let world = SystemWorld()
            let reply = try await EdgeClient(await mesh.access(world.files).members(), world: world).ask("/api/orders/\(id)")
            guard reply.answer.isSuccess, let json = reply.answer.json else { throw reply.failure(changes: false) }
            let document = try OrderDocument(json)
            if mesh.json { Console.put(json) } else { Console.put(document.text) }
        }
    }

    struct CancelCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Cancel an order that has not ended.",
            discussion: """
                Returns when that is decided; what the order holds is given back soon after, which gossamer order show tells. Ends \
                with 1 when the order has ended before, and with 66 when there is none. May be called again.
                """)

        @Argument(help: "The order's id, as gossamer order place has printed it.") var id: String
        @OptionGroup var mesh: MeshOptions

        func validate() throws { try validateOrder(id) }

        func run() async throws {
            let world = SystemWorld()
            let client = try EdgeClient(await mesh.access(world.files).members(), world: world)
            let reply = try await client.ask("/api/orders/\(id)", method: .DELETE)
            guard reply.answer.isSuccess else { throw reply.failure(changes: true) }
            if mesh.json { return Console.put(reply.answer.json ?? [:]) }
            Console.put("order \(id) is being cancelled")
        }
    }
}

private func validateOrder(_ id: String) throws {
    guard WorkID(id) == nil else { return }
    throw ValidationError("\"\(id)\" is no id of an order; give the UUID that gossamer order place has printed")
}

extension EdgeClient.Reply {
    /// Whether the edge says that nothing was done, and will not be.
    var hasSurelyFailed: Bool { ["failed", "not counted"].contains(answer.json?["outcome"]?.string) }

    /// How a command ends whose wish was not granted.
    /// - Parameter changes: the wish was to change something. An edge that could not say what became of it leaves that unknown.
    func failure(changes: Bool) -> CommandFailure {
        switch answer.status {
        case 400: CommandFailure(.usage, answer.complaint)
        case 404: CommandFailure(.noInput, answer.complaint)
        case 409, 412: CommandFailure(.negative, answer.complaint)
        case 429:
            CommandFailure(.unavailable, "\(edge): \(answer.complaint); try again in \((answer.retryAfter ?? .zero).milliseconds / 1_000) s")
        case 503 where changes && !hasSurelyFailed:
            CommandFailure(.unknown, "\(edge): \(answer.complaint): whether it was done is unknown")
        case 503: CommandFailure(.unavailable, "\(edge): \(answer.complaint)" + (changes ? "; nothing was changed" : ""))
        default: CommandFailure(.protocolError, "\(edge)\(path): \(answer.complaint)")
        }
    }
}
