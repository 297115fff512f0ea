// Looks something up with the worker next door, on a bench as every node has one:   swift run Whois example.com HOST PORT

import Lookup
import World

@main struct Whois {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4, let port = Int(words[3]) else { return print("usage: Whois TARGET HOST PORT") }
        let world = SystemWorld()
        let worker = WhoisWorker(host: words[2], port: port)
        let bench = LookupBench(world: world, node: "here", workers: [worker], store: MemoryLookupResultStore())
        let order = LookupOrder(service: worker.service.value, target: try LookupTarget(words[1]))
        let outcome = try await bench.perform(order: order, job: WorkIDGenerator(world).next())
        print(outcome.data ?? outcome.errorMessage ?? "")
    }
}
