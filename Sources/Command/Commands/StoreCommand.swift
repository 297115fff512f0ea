import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer store`: who holds the durable state of the mesh.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Show the stores of the mesh, or the replicas of a key; replace, add and remove stores.",
        subcommands: [
            ListCommand.self, WhereCommand.self, AddCommand.self, RemoveCommand.self, ReplaceCommand.self, CancelCommand.self,
            SchemaCommand.self,
        ], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show the stores, and of how many shards each has a replica and is the home.")

        @OptionGroup var mesh: MeshOptions

        func run() async throws {
            let json = try await mesh.access(SystemWorld().files).read("/stores")
            if mesh.json { return Console.put(json) }
            guard let id = json["mesh"]?.string else {
                return Console.put(
                    json["obstacle"]?.string ?? "the mesh has not begun, as far as this node knows; its first-named store says what is missing")
            }
            var table = Table([.init("STORE"), .init("STATUS"), .init("SHARDS", .right), .init("HOMES", .right), .init("ZONE"), .init("ID")])
            for store in json["stores"]?.elements ?? [] {
                let state = store["state"]?.string ?? "holding"
                table.add([
                    store["name"]?.string ?? "", (store["live"] == true ? "live" : "down") + (state == "holding" ? "" : ", " + state),
                    store["shards"]?.text() ?? "",
                    store["homes"]?.text() ?? "", store["zone"]?.string ?? "", store["store"]?.string ?? "",
                ])
            }
            Console.put(table.text())
            if let change = json["change"], let words = change["change"]?.string {
                func number(_ field: String) -> String { change[field].flatMap { $0 == .null ? nil : $0.text() } ?? "?" }
                Console.note(
                    "under way: \(words); \(number("carried")) of \(number("moving")) shards and \(number("registers")) registers "
                        + "carried over")
            }
            Console.note("mesh \(id), epoch \(json["epoch"]?.text() ?? "?"); the asked node's own store: \(json["own"]?.string ?? "none")")
        }
    }

    struct WhereCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "where", abstract: "Show the replicas of a key, and who is its home.",
            discussion: "A value of gossamer kv has the key kv/NAME.")

        @Argument(help: "The key of a register.") var key: String
        @OptionGroup var mesh: MeshOptions

        func run() async throws {
            let json = try await mesh.access(SystemWorld().files).read("/stores/where/" + HTTPAsker.encoded(key))
            if mesh.json { return Console.put(json) }
            Console.put("key \(key) is in shard \(json["shard"]?.text() ?? "?"), epoch \(json["epoch"]?.text() ?? "?")")
            let home = json["home"]?.string
            for replica in json["replicas"]?.elements ?? [] {
                let name = replica["name"]?.string ?? "?"
                Console.put("  \(name)  \(name == home ? "home" : replica["live"] == true ? "stands by" : "down")")
            }
            if json["hasMajority"] == false {
                Console.put("no majority of its replicas lives: the key is unavailable until one returns")
            }
        }
    }
}
