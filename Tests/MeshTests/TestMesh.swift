import Distributed
import Logging
import Membership
import Mesh
import TestSupport
import World

/// Some nodes in this process, over real sockets on 127.0.0.1.
struct TestMesh {
    let name: String
    private(set) var nodes: [Node] = []
    private let directory: String

    init(_ count: Int, roles: [String] = ["primes"], configure: (inout NodeConfiguration) -> Void = { _ in }) async throws {
        var random = SystemWorld().random("test-mesh")
        name = "test-\(random.next() % 1_000_000_000)"
        directory = "/tmp/gossamer-\(name)"
        var seeds: [MemberAddress] = []
        for index in 1...count {
            let port = TestPorts.block()
            let address = MemberAddress(host: "127.0.0.1", port: port)
            seeds.append(address)
            var configuration = NodeConfiguration(
                mesh: name, name: "n\(index)", bindHost: "127.0.0.1", address: address, seeds: [seeds[0]],
                metadata: MemberMetadata(roles: roles), dataDirectory: "\(directory)/n\(index)")
            configuration.errors = [TestError.self]
            configure(&configuration)
            var log = Logger(label: "n\(index)")
            log.logLevel = .critical
            nodes.append(try Node(configuration, world: SystemWorld(), log: log))
        }
    }

    subscript(index: Int) -> Node { nodes[index] }

    func start() async throws {
        for node in nodes { try await node.start() }
        try await converge()
    }

    /// Waits until every node holds every node alive.
    func converge(_ names: [String]? = nil) async throws {
        let expected = names ?? nodes.map(\.identity.name)
        for node in nodes where expected.contains(node.identity.name) {
            try await eventually("\(node.identity) sees \(expected)") {
                node.members.members.filter { $0.status == .alive }.map(\.name) == expected.sorted()
            }
        }
    }

    func stop() async {
        for node in nodes { await node.stop() }
        try? SystemFileSystem().removeTree(directory)
    }
}

/// Polls a condition, for half a minute at most: a bound against hanging, not a claim about speed.
func eventually(_ what: String, _ condition: () async -> Bool) async throws {
    let world = SystemWorld()
    let end = world.now + .seconds(30)
    while world.now < end {
        if await condition() { return }
        try await world.sleep(for: .milliseconds(10))
    }
    throw Timeout(what: what)
}

struct Timeout: Error, CustomStringConvertible {
    let what: String
    var description: String { "did not happen: \(what)" }
}
