import Distributed
import Logging
import Membership
import Mesh
import TestSupport
import Transport
import World

/// Whole nodes in virtual time: the product's own core, links, codec and membership, on a simulated network.
final class SimulatedMesh {
    let simulation: Simulation
    let network: SimulatedNetwork
    private(set) var nodes: [String: Node] = [:]
    private(set) var worlds: [String: SimulatedWorld] = [:]
    /// What nodes have logged.
    private(set) var logs: [String: LogLines] = [:]
    private let seeds: [String]
    private let figures: MembershipConfiguration
    private var probes: [Probe] = []

    /// - Parameter seeds: hosts, or other names of them: `dns-n1` is one of `n1`.
    init(
        seed: UInt64, conditions: SimulatedNetwork.Conditions = .init(), seeds: [String] = ["n1", "n2"],
        figures: MembershipConfiguration = .lan
    ) {
        simulation = Simulation(seed: seed)
        network = SimulatedNetwork(simulation, conditions: conditions)
        self.seeds = seeds
        self.figures = figures
    }

    static func names(_ count: Int) -> [String] { (1...count).map { "n\($0)" } }

    /// Starts a node, or its next life on the same disk.
    /// - Parameter wallAhead: what its wall clock shows ahead of virtual time.
    @discardableResult
    func start(_ name: String, wallAhead: Duration = .zero) throws -> Node {
        let world = SimulatedWorld(simulation, name: name)
        world.wallClockOffset = wallAhead
        let loop = world.makeEventLoop()
        var configuration = NodeConfiguration(
            mesh: "simulated", name: name, bindHost: name, address: MemberAddress(host: name, port: 1000),
            seeds: seeds.map { MemberAddress(host: $0, port: 1000) },
            metadata: MemberMetadata(roles: ["primes"]), dataDirectory: "/data")
        configuration.membership = figures
        network.setName("dns-" + name, of: name)
        configuration.errors = [TestError.self]
        let lines = LogLines()
        logs[name] = lines
        let log = Logger(label: name) { _ in lines }
        let network = network
        let node = try Node(configuration, world: world, loop: loop, log: log) { network.sockets(for: name, loop: loop) }
        probes.append(Probe(actorSystem: node.system))
        nodes[name] = node
        worlds[name] = world
        try simulation.run(in: world) { try await node.start() }
        return node
    }

    func kill(_ name: String) {
        worlds[name]?.kill()
        network.kill(name)
        nodes[name] = nil
    }

    /// The names that `node` holds alive.
    func alive(at name: String) -> [String] {
        nodes[name]?.members.members.filter { $0.status == .alive }.map(\.name) ?? []
    }

    /// Virtual time until every running node holds exactly the running ones alive; nil after `limit`.
    func timeToAgree(limit: Duration) -> Duration? {
        let start = simulation.now
        let expected = nodes.keys.sorted()
        while simulation.now - start < limit {
            if expected.allSatisfy({ alive(at: $0) == expected }) { return simulation.now - start }
            simulation.run(for: .milliseconds(10))
        }
        return nil
    }

    func run<Value: Sendable>(
        at name: String, _ body: @escaping @Sendable (MeshActorSystem) async throws -> Value
    ) throws -> Value {
        guard let node = nodes[name], let world = worlds[name] else { preconditionFailure("\(name) does not run") }
        let system = node.system
        return try simulation.run(in: world) { try await body(system) }
    }
}
