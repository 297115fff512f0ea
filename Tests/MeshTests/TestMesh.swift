import Distributed
import Logging
import Membership
import Mesh
import Synchronization
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

    /// Ends the nodes, and removes what they have written.
    func stop() async {
        for node in nodes { await node.stop() }
        try? SystemFileSystem().removeTree(directory)
    }
}

/// Counts from several tasks.
final class Tally: Sendable {
    private let state = Mutex(0)
    var sum: Int { state.withLock { $0 } }
    func count() { state.withLock { $0 += 1 } }
}

/// Holds an actor until it is told to let go.
final class Keeper<Kept: Sendable>: Sendable {
    private let state: Mutex<Kept?>
    init(_ kept: Kept) { state = Mutex(kept) }
    var value: Kept? { state.withLock { $0 } }
    func letGo() { state.withLock { $0 = nil } }
}

/// Whether `body` ends within ten seconds: for what must not wait for ever.
func ends(_ body: @escaping @Sendable () async -> Void) async throws -> Bool {
    let world = SystemWorld(), ended = Tally()
    world.spawn("body") {
        await body()
        ended.count()
    }
    let end = world.now + .seconds(10)
    while world.now < end, ended.sum == 0 { try await world.sleep(for: .milliseconds(10)) }
    return ended.sum > 0
}
