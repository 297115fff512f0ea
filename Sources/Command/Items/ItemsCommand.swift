import ArgumentParser
import Items
import JSONDocument
import Web
import World

/// `gossamer items`: distinct items of tenants, counted once whatever dies.
struct ItemsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "items", abstract: "Count distinct items of tenants, and see that the count is right whatever dies.",
        subcommands: [AddCommand.self, CountCommand.self, ItemHammerCommand.self, ItemCheckCommand.self])

    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Have items of a tenant counted.",
            discussion: """
                Each id counts once, however often it is added; so what was not acknowledged is tried again for a while, and this may be \
                called again at any time. Ends with 69 when an edge has said that nothing of it counts, and with 2 when nobody knows.

                Example: gossamer items add shop-7 a1 a2 a3
                """)

        @Argument(help: "The tenant, 1 to 500 bytes.") var tenant: String
        @Argument(help: "Ids, each of 1 to 15360 bytes.") var ids: [String] = []

        @Option(help: ArgumentHelp("Read more ids from a file, one a line; - is standard input.", valueName: "file"))
        var file: String?

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard !ids.isEmpty || file != nil else {
                throw ValidationError("there is nothing to add: name ids, or a file of them with --file")
            }
        }

        func run() async throws {
            let world = SystemWorld()
            let run = ItemRun(
                client: try EdgeClient(await mesh.access(world.files).members(), world: world), isQuiet: mesh.json, world: world)
            let all = ids + (try file.map { try lines(of: $0, world.files) } ?? [])
            let count = try await run.add(all, to: tenant)
            if mesh.json { return Console.put(["tenant": .string(tenant), "added": .number(count)]) }
            Console.put("\(NumberText.grouped(UInt64(count))) \(count == 1 ? "id counts" : "ids count") at \(tenant)")
        }

        private func lines(of path: String, _ files: any FileSystem) throws(CommandFailure) -> [String] {
            let bytes: [UInt8]
            do { bytes = try files.read(path == "-" ? "/dev/stdin" : path) } catch {
                throw CommandFailure(error.code == .notFound ? .noInput : .ioError, error.description)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandFailure(.usage, "\(path) is not UTF-8") }
            return text.split { $0.isNewline }.map(String.init)
        }
    }

    struct CountCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "count", abstract: "Show how many items a tenant has.",
            discussion: """
                Every item that was acknowledged before counts. Ends with 69 when no majority of the replicas answers; with --stale one \
                replica is asked, which may be behind.
                """)

        @Argument(help: "The tenant.") var tenant: String

        @Flag(help: "What one replica has.")
        var stale = false

        @OptionGroup var mesh: MeshOptions

        func validate() throws {
            guard !tenant.isEmpty else { throw ValidationError("the tenant's name is empty") }
        }

        func run() async throws {
            let world = SystemWorld()
            let client = try EdgeClient(await mesh.access(world.files).members(), world: world)
            let reply = try await client.ask(ItemRun.path(of: tenant) + (stale ? "?consistency=stale" : ""))
            guard reply.answer.isSuccess, let count = reply.answer.json?["count"] else { throw reply.failure(changes: false) }
            guard mesh.json else { return Console.put(count.text()) }
            let version = reply.answer.version.map { [JSON.Member("version", .number($0))] } ?? []
            Console.put(.object([.init("tenant", .string(tenant)), .init("count", count)] + version))
        }
    }
}

/// Items on their way to an edge.
struct ItemRun {
    static let path = "/items"
    /// How long something is tried again that was not acknowledged.
    private static let patience = Duration.seconds(15)
    private static let pause = Duration.milliseconds(250)

    let client: EdgeClient
    /// For programs: no progress is shown.
    let isQuiet: Bool
    let world: any World

    static func path(of tenant: String) -> String { "\(path)/\(HTTPAsker.encoded(tenant))/count" }

    static func body(_ ids: [String], of tenant: String) -> JSON {
        .array(ids.map { .object([.init("id", .string($0)), .init("tenant", .string(tenant))]) })
    }

    /// One request for each parcel, because that is one change.
    /// - Returns: how many ids these are; one that comes twice is one.
    func add(_ ids: [String], to tenant: String) async throws -> Int {
        let parcels = Parcel.parcels(of: ids.map { Item(id: $0, tenant: tenant) })
        let total = parcels.reduce(0) { $0 + $1.ids.count }
        let screen = ProgressScreen(isShown: Terminal.error.isInteractive && !isQuiet && parcels.count > 1, unit: "ids", world: world)
        defer { screen.end() }
        var done = 0
        for parcel in parcels {
            do throws(CommandFailure) { try await insist(Self.body(parcel.ids, of: tenant)) } catch {
                guard parcels.count > 1 else { throw error }
                throw CommandFailure(error.status, "\(error.message); \(done) of \(total) ids count for sure: call this again")
            }
            done += parcel.ids.count
            screen.show(done: done, total: total)
        }
        return total
    }

    private func insist(_ body: JSON) async throws(CommandFailure) {
        let deadline = world.now + Self.patience
        var mayCount = false
        while true {
            let failure: CommandFailure
            do throws(CommandFailure) {
                let reply = try await client.ask(Self.path, method: .POST, body: body)
                if reply.answer.isSuccess { return }
                failure = reply.failure(changes: true)
            } catch {
                failure = error
            }
            if failure.status == .unknown { mayCount = true }
            guard failure.status == .unknown || failure.status == .unavailable, world.now < deadline,
                (try? await world.sleep(for: Self.pause)) != nil
            else {
                // What an earlier attempt may have done a later one does not take back.
                throw mayCount ? CommandFailure(.unknown, failure.message) : failure
            }
        }
    }
}
