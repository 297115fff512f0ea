import ArgumentParser
import JSONDocument
import World

/// `gossamer lookup`: asks network services about an address or a domain, across the mesh.
struct LookupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Look up an address or a domain: where it is, whether it answers, whose it is.",
        discussion: """
            Each service is asked by a node of the mesh, all at the same time. What a service could not find out it says in its own \
            line; the exit code is 1 only when none has succeeded. With --vantage each of several nodes asks them all, and what they \
            find is compared.

            Examples: gossamer lookup 127.0.0.1
                      gossamer lookup example.com --service ping --service rdap
                      gossamer lookup example.com --fresh
                      gossamer lookup example.com --vantage all
                      gossamer lookup example.com --vantage same-as=019ad3a7-c2b1-7d5e-9a41-0d3b8c6f1e22
            """)

    @Argument(help: "An IPv4 or IPv6 address, or a domain name.")
    var target: String

    @Option(
        name: [.customLong("service"), .short],
        help: ArgumentHelp("GeoIP, Ping, RDAP or ReverseDNS, or a number; may be given several times (default: all).", valueName: "name"))
    var services: [String] = []

    @Flag(help: "Take no answer that was kept from an earlier lookup.")
    var fresh = false

    @Option(
        help: ArgumentHelp(
            "From where to look: all, a number of nodes, zone=NAME, node=NAME or same-as=JOB (default: the mesh chooses).",
            valueName: "nodes"),
        transform: VantageOption.init)
    var vantage: VantageOption?

    @OptionGroup var mesh: MeshOptions

    func run() async throws {
        let world = SystemWorld()
        let members = try await mesh.access(world.files).members()
        let run = JobRun(client: try EdgeClient(members, world: world), isQuiet: mesh.json, world: world)
        let unit = LookupDocument.unit(isCompared: vantage != nil)
        let (result, wasInterrupted) = try await run.run(order, at: "/api/lookup", as: LookupDocument.self, unit: unit)
        try report(result, wasInterrupted)
    }

    private var order: JSON {
        let names = services.map { name in Int(name).map { JSON.number($0) } ?? .string(name) }
        let order: [JSON.Member] = [
            .init("target", .string(target)), .init("services", names.isEmpty ? .null : .array(names)), .init("fresh", .bool(fresh)),
        ]
        return .object(order + (vantage.map { [.init("vantage", $0.json)] } ?? []))
    }

    private func report(_ result: LookupDocument, _ wasInterrupted: Bool) throws(CommandFailure) {
        if mesh.json {
            Console.put(result.document)
        } else {
            Console.put("\(result.target) (\(result.targetType == "IPAddress" ? "address" : "domain"))")
            if !result.results.isEmpty { Console.put(result.table.text()) }
            for line in result.comparison { Console.put(line) }
            for warning in result.warnings { Console.note("warning: \(warning)") }
        }
        guard result.status == "Completed" else {
            let reasons = result.warnings.isEmpty ? "no reason was given" : result.warnings.joined(separator: "; ")
            throw CommandFailure(wasInterrupted ? .interrupted : .negative, mesh.json ? "" : "the job has failed: \(reasons)")
        }
        if !result.results.contains(where: \.isSuccess) {
            throw CommandFailure(.negative, mesh.json ? "" : "no service has succeeded")
        }
    }
}
