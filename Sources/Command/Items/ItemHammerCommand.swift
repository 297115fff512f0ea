import ArgumentParser
import Chaos
import JSONDocument
import Topology
import Web
import World

/// `gossamer items hammer`: adds and counts items while somebody breaks the mesh, and judges what was told.
struct ItemHammerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hammer", abstract: "Add and count items from many clients at once, and judge the answers.",
        discussion: """
            Kill, stop or cut off nodes meanwhile. Tenants are new ones for each run. In the end each is counted once more, and it is \
            judged whether every count can be explained by the additions: each at one moment between its call and its answer, those with \
            an unknown outcome at any moment later, or never. Ends with 1 when not, and with 69 when no edge has taken anything. Ctrl-C ends it early.

            Example: gossamer items hammer --seconds 30 --history items.jsonl
            """)

    @Option(help: ArgumentHelp("Write the history there, for gossamer items check. The file must not exist.", valueName: "file"))
    var history: String?

    @Option(help: ArgumentHelp("Tenants, 1 to 1000.", valueName: "n"))
    var tenants = 4

    @Option(help: ArgumentHelp("Clients, each of which does one thing after the other, 1 to 256.", valueName: "n"))
    var workers = 8

    @Option(help: ArgumentHelp("How long operations begin (default: 10).", valueName: "n"))
    var seconds: Int?

    @Option(help: ArgumentHelp("Begin this many operations, however long it takes.", valueName: "n"))
    var operations: Int?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Ask the edges of these nodes (default: of all).", valueName: "name"))
    var via: [String] = []

    @Flag(inversion: .prefixedNo, help: "Judge the answers.")
    var check = true

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        guard (1...1_000).contains(tenants) else { throw ValidationError("--tenants \(tenants): 1 to 1000") }
        guard (1...256).contains(workers) else { throw ValidationError("--workers \(workers): 1 to 256") }
        guard (1...86_400).contains(seconds ?? 10) else { throw ValidationError("--seconds \(seconds ?? 0): 1 to 86400") }
        guard operations ?? 1 > 0 else { throw ValidationError("--operations \(operations ?? 0): at least 1") }
        guard seconds == nil || operations == nil else { throw ValidationError("--seconds and --operations exclude each other") }
    }

    func run() async throws {
        let world = SystemWorld()
        if let history, world.files.exists(history) {
            throw CommandFailure(.usage, "\(history) exists; remove it, or name another file")
        }
        let edges = try await edges(world), interrupts = Interrupts(world)
        let recorder = ItemRecorder(world, path: history), run = WorkIDGenerator(world).next()
        let names = (1...tenants).map { "hammer-\(run)-\($0)" }
        let span = operations == nil ? Duration.seconds(seconds ?? 10) : .seconds(86_400)
        let urls = Dictionary(edges.map { ($0.node, $0.url) }) { first, _ in first }, asker = HTTPAsker()
        let hammer = ItemHammer(
            edges: edges.map(\.node), tenants: names, workers: workers, operations: operations, span: span, ledger: recorder, world: world
        ) { question in
            await asker.answer(question, at: urls[question.node])
        }
        if !mesh.json { Console.note("\(workers) clients at \(edges.map(\.node).joined(separator: ", ")); Ctrl-C ends them") }
        let screen = spawnScreen(recorder, span, world)
        await hammer.run { interrupts.count > 0 }
        // Where nothing was acknowledged a last count proves nothing.
        let taken = Set(recorder.records.lazy.filter { !$0.deed.isRead && $0.outcome == .ok }.map(\.tenant))
        await hammer.countOnceMore(names.filter(taken.contains)) { interrupts.count > 0 }
        recorder.close()
        screen?.cancel()
        await screen?.finished()
        if let trouble = recorder.trouble { throw CommandFailure(.ioError, "\(trouble)") }
        try report(recorder.records)
    }

    /// Those of the topology, the dead ones included; they may rise.
    private func edges(_ world: SystemWorld) async throws(CommandFailure) -> [(node: String, url: String)] {
        let access = try mesh.access(world.files)
        let all: [(node: String, url: String)]
        if let topology = access.topology {
            all = topology.nodes.compactMap { node in node.edge.map { (node: node.name, url: $0.url) } }
        } else {
            all = try await access.members().compactMap { row in row.edge.map { (node: row.name, url: $0) } }
        }
        for name in via where !all.contains(where: { $0.node == name }) {
            throw CommandFailure(.usage, "--via \(name): that node is no edge; edges are \(all.map(\.node).joined(separator: ", "))")
        }
        let chosen = via.isEmpty ? all : all.filter { via.contains($0.node) }
        guard !chosen.isEmpty else {
            throw CommandFailure(
                .unavailable, "no node is an edge; give one of the topology file the key \"edge\", such as edge: {port: 8080}")
        }
        return chosen
    }

    private func spawnScreen(_ recorder: ItemRecorder, _ span: Duration, _ world: any World) -> SpawnedTask? {
        guard Terminal.error.isInteractive, !mesh.json else { return nil }
        let started = world.now, operations = operations
        return world.spawn("progress") {
            let screen = ProgressScreen(isShown: true, unit: operations == nil ? "seconds" : "operations", world: world)
            repeat {
                let elapsed = Int((world.now - started).seconds), records = recorder.records
                let done = operations == nil ? min(elapsed, Int(span.seconds)) : records.count
                screen.show(done: done, total: operations ?? Int(span.seconds), more: [Self.counts(records)])
            } while (try? await world.sleep(for: .milliseconds(200))) != nil
            screen.end()
        }
    }

    private func report(_ records: [ItemRecord]) throws(CommandFailure) {
        let verdict: ItemVerdict?
        do throws(HistoryError) { verdict = check ? try ItemVerdict(records) : nil } catch { throw CommandFailure(.software, "\(error)") }
        if mesh.json {
            Console.put(Self.document(records, verdict))
        } else {
            Console.put(([Self.counts(records)] + (verdict?.lines ?? [])).joined(separator: "\n"))
        }
        if verdict?.isLinearizable == false { throw CommandFailure(.negative, "") }
        guard records.contains(where: { $0.outcome == .ok && !$0.deed.isRead }) else {
            throw CommandFailure(.unavailable, "no edge has taken anything, so nothing is proved")
        }
    }

    /// For people: what came of how many operations.
    private static func counts(_ records: [ItemRecord]) -> String {
        func words(_ noun: String, _ records: [ItemRecord]) -> String {
            let ok = records.count { $0.outcome == .ok }, failed = records.count { $0.outcome == .failed }
            let unknown = records.count - ok - failed
            return "\(records.count) \(noun): \(ok) ok, \(failed) failed" + (unknown > 0 ? ", \(unknown) unknown" : "")
        }
        return words("additions", records.filter { !$0.deed.isRead }) + "; " + words("counts", records.filter(\.deed.isRead))
    }

    private static func document(_ records: [ItemRecord], _ verdict: ItemVerdict?) -> JSON {
        func numbers(_ records: [ItemRecord]) -> JSON {
            .object(["ok", "failed", "unknown"].map { word in .init(word, .number(records.count { $0.outcome.rawValue == word })) })
        }
        return .object([
            .init("additions", numbers(records.filter { !$0.deed.isRead })), .init("counts", numbers(records.filter(\.deed.isRead))),
            .init("verdict", verdict?.json ?? .null),
        ])
    }
}

/// `gossamer items check`: judges a history.
struct ItemCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge a history of additions and counts.",
        discussion: """
            Each line is one operation, as gossamer items hammer --history writes them. Ends with 0 when every count can be explained, \
            with 1 when one cannot, and with 64 when the file is no such history.
            """)

    @Argument(help: ArgumentHelp("The history: JSON lines.", valueName: "file")) var file: String

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() throws {
        let verdict = try judge()
        if json { Console.put(verdict.json) } else { Console.put(verdict.lines.joined(separator: "\n")) }
        if !verdict.isLinearizable { throw CommandFailure(.negative, "") }
    }

    private func judge() throws(CommandFailure) -> ItemVerdict {
        let bytes: [UInt8]
        do { bytes = try SystemWorld().files.read(file) } catch {
            throw CommandFailure(error.code == .notFound ? .noInput : .ioError, error.description)
        }
        var records: [ItemRecord] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where !line.isEmpty {
            do { records.append(try ItemRecord(JSON(parsing: line))) } catch {
                throw CommandFailure(.usage, "\(file):\(number + 1): \(error)")
            }
        }
        do throws(HistoryError) { return try ItemVerdict(records) } catch { throw CommandFailure(.usage, "\(file): \(error)") }
    }
}

extension ItemVerdict {
    /// For people.
    var lines: [String] {
        let wrong = tenants.compactMap { tenant in tenant.violation.map { "\(tenant.name): \($0)" } }
        let ids = tenants.reduce(0) { $0 + $1.counted }, unknown = tenants.reduce(0) { $0 + $1.unknown }
        let reads = tenants.reduce(0) { $0 + $1.reads }
        let sum = "\(tenants.count) tenants, \(ids) ids acknowledged" + (unknown > 0 ? ", \(unknown) unknown" : "") + ", \(reads) counts"
        return wrong.isEmpty ? ["linearizable: \(sum)"] : ["not linearizable: \(sum)"] + wrong
    }

    var json: JSON {
        [
            "linearizable": .bool(isLinearizable),
            "tenants": .array(tenants.map { tenant in
                [
                    "tenant": .string(tenant.name), "ids": .number(tenant.counted), "unknown": .number(tenant.unknown),
                    "reads": .number(tenant.reads), "violation": .text(tenant.violation?.description),
                ]
            }),
        ]
    }
}
