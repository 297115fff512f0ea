import ArgumentParser
import JSONDocument
import Web
import World

extension StoreCommand {
    /// `gossamer store schema`: the form in which durable actors write their states.
    struct SchemaCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema", abstract: "Show the schema in which states are written, or raise it.",
            discussion: """
                A release reads older schemas, and writes the active one, so that it runs beside the release before it. When every store runs \
                the newer one, raise the schema; from then on the older release cannot hold a store of this mesh.
                """,
            subcommands: [ShowCommand.self, RaiseCommand.self], defaultSubcommand: ShowCommand.self)

        struct ShowCommand: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "show", abstract: "Show the active schema, and the newest that the program of each store writes.")

            @OptionGroup var mesh: MeshOptions

            func run() async throws {
                let json = try await mesh.access(SystemWorld().files).read("/stores")
                guard json["mesh"]?.string != nil else {
                    throw CommandFailure(.unavailable, "the mesh has not begun, as far as this node knows; gossamer store list says more")
                }
                let stores = json["stores"]?.elements ?? [], active = json["schema"] ?? .null
                if mesh.json {
                    return Console.put([
                        "active": active,
                        "stores": .array(stores.map { ["name": $0["name"] ?? .null, "newest": $0["schema"] ?? .null] }),
                    ])
                }
                var table = Table([.init("STORE"), .init("WRITES UP TO", .right)])
                for store in stores {
                    table.add([store["name"]?.string ?? "", store["schema"]?.integer(UInt32.self).map { "\($0)" } ?? "down"])
                }
                Console.put(table.text())
                Console.note("states are written in schema \(active.text()), in epoch \(json["epoch"]?.text() ?? "?")")
            }
        }

        struct RaiseCommand: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "raise", abstract: "Have states written in a later schema, once every store knows it.",
                discussion: """
                    Every store has to be live, and its program to know the schema; otherwise nothing changes, and those that are in the way are \
                    named (1). A schema is never lowered. States are written anew with the next change of each. Raising to the active schema \
                    does nothing and ends with 0.
                    """)

            @Argument(help: "The schema, above the active one.") var schema: UInt32
            @OptionGroup var change: StoreChangeOptions

            func run() async throws {
                try await change.carryOut("schema", nil, more: ["schema": .number(schema)], participle: "schema \(schema) is active")
            }
        }
    }
}
