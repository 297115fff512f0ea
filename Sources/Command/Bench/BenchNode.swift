import Membership
import Mesh
import World

/// The two nodes of `gossamer bench ask`: `echo` and `driver`.
enum BenchNode {
    static let echoName = "echo"
    static let driverName = "driver"
    static let host = "127.0.0.1"
    /// Every node takes three ports.
    static let portsPerNode = 3

    /// Makes a node that looks for the other at `seedPort`.
    static func make(name: String, port: Int, seedPort: Int, directory: String, world: any World) throws(CommandFailure) -> Node {
        guard let number = UInt16(exactly: port), let seed = UInt16(exactly: seedPort) else {
            throw CommandFailure(.usage, "ports \(port) and \(seedPort): 1 to 65533")
        }
        var configuration = NodeConfiguration(
            mesh: "bench", name: name, bindHost: host, address: MemberAddress(host: host, port: number),
            seeds: [MemberAddress(host: host, port: seed)], metadata: MemberMetadata(roles: []),
            dataDirectory: directory + "/" + name)
        // A flood of one-way messages is what is measured; an ordinary node would refuse most of it.
        configuration.mailboxLimit = 1 << 20
        do { return try Node(configuration, world: world) } catch {
            throw CommandFailure(.unavailable, "\(error)")
        }
    }
}
