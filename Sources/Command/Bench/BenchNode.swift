import Lookup
import Membership
import Mesh
import Truth
import World

/// The nodes of benchmarks: `echo` and `driver` of `gossamer bench ask`, and three stores of `gossamer bench registers` and `jobs`.
enum BenchNode {
    static let echoName = "echo"
    static let driverName = "driver"
    static let host = "127.0.0.1"
    /// Every node takes three ports.
    static let portsPerNode = 3
    static let stores = 3

    /// The first of `count` neighbouring ports that nobody uses.
    static func freePorts(_ count: Int) throws(CommandFailure) -> Int {
        for first in stride(from: 17_100, to: 19_000, by: count)
        where (first..<first + count).allSatisfy({ PortProbe.probe(host: host, port: $0) == .free }) {
            return first
        }
        throw CommandFailure(.unavailable, "no \(count) neighbouring ports between 17100 and 19000 are free")
    }

    static func storeName(_ number: Int) -> String { "store-\(number)" }

    /// The database of a store.
    static func registers(_ number: Int, directory: String) -> String { "\(directory)/\(storeName(number))/registers.sqlite" }

    /// Makes a node with a store, that looks for the others.
    static func makeStore(_ number: Int, firstPort: Int, directory: String, world: any World) throws(CommandFailure) -> Node {
        let addresses = try (0..<stores).map { number throws(CommandFailure) in try address(firstPort + number * portsPerNode) }
        guard addresses.indices.contains(number) else { throw CommandFailure(.usage, "--number \(number): 0 to \(stores - 1)") }
        var configuration = NodeConfiguration(
            mesh: "bench", name: storeName(number), bindHost: host, address: addresses[number], seeds: addresses,
            metadata: MemberMetadata(roles: [TruthService.role, LookupJob.work.name]), dataDirectory: directory + "/" + storeName(number))
        configuration.errors = TruthService.errors
        do { return try Node(configuration, world: world) } catch {
            throw CommandFailure(.unavailable, "\(error)")
        }
    }

    private static func address(_ port: Int) throws(CommandFailure) -> MemberAddress {
        guard let port = UInt16(exactly: port) else { throw CommandFailure(.usage, "port \(port): 1 to 65533") }
        return MemberAddress(host: host, port: port)
    }

    /// Makes a node that looks for the other at `seedPort`.
    static func make(name: String, port: Int, seedPort: Int, directory: String, world: any World) throws(CommandFailure) -> Node {
        var configuration = NodeConfiguration(
            mesh: "bench", name: name, bindHost: host, address: try address(port), seeds: [try address(seedPort)],
            metadata: MemberMetadata(roles: []),
            dataDirectory: directory + "/" + name)
        // A flood of one-way messages is what is measured; an ordinary node would refuse most of it.
        configuration.mailboxLimit = 1 << 20
        do { return try Node(configuration, world: world) } catch {
            throw CommandFailure(.unavailable, "\(error)")
        }
    }
}
