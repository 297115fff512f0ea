import TestSupport
import Transport
import Wire
import World

/// Test nodes on a simulated network. The node called `n1` has the address `n1:1000`, and so on.
final class SimulatedMesh {
    let simulation: Simulation
    let network: SimulatedNetwork
    private(set) var nodes: [String: (node: TestNode, world: SimulatedWorld)] = [:]

    init(seed: UInt64, conditions: SimulatedNetwork.Conditions = .init()) {
        simulation = Simulation(seed: seed)
        network = SimulatedNetwork(simulation, conditions: conditions)
    }

    static func address(_ name: String) -> PeerAddress { PeerAddress(host: name, port: 1000) }

    @discardableResult
    func start(
        _ name: String, life: UInt64 = 1, mesh: String = "m", chaos: Bool = false,
        _ change: (inout LinksConfiguration) throws -> Void = { _ in },
        sockets wrapped: @escaping @Sendable (any PacketSockets) -> any PacketSockets = { $0 }
    ) throws -> TestNode {
        let world = SimulatedWorld(simulation, name: name)
        let loop = world.makeEventLoop()
        let node = TestNode(loop: loop, logs: LogLines())
        var settings = try configuration(name, life: life, mesh: mesh, host: name, port: 1000, chaos: chaos)
        try change(&settings)
        let (final, network) = (settings, network)
        try simulation.run(in: world) {
            try await node.start(final, world: world) { wrapped(network.sockets(for: name, loop: loop)) }
        }
        nodes[name] = (node, world)
        return node
    }

    func kill(_ name: String) {
        nodes[name]?.world.kill()
        network.kill(name)
    }

    /// Runs `body` on the node's loop.
    func on<R: Sendable>(_ name: String, _ body: @escaping @Sendable (Links, TestDelegate) throws -> R) throws -> R {
        let (node, world) = nodes[name]!
        return try simulation.run(in: world) { try await node.with(body) }
    }

    func heard(_ name: String) throws -> Heard { try on(name) { $1.heard } }

    func dial(_ from: String, _ to: String) throws {
        let address = Self.address(to)
        try on(from) { links, _ in links.dial(address, expecting: to) }
    }

    /// The established session that `from` has dialled to `to`.
    func session(_ from: String, _ to: String) throws -> SessionID {
        try on(from) { links, delegate in
            let info = delegate.heard.established.last { $0.peer.name == to && $0.direction == .outbound }!
            return links.session(to: info.peer)!
        }
    }

    /// Starts two nodes, the first of which has a session with the second.
    static func pair(seed: UInt64 = 1, conditions: SimulatedNetwork.Conditions = .init(), chaos: Bool = false) throws -> SimulatedMesh {
        let mesh = SimulatedMesh(seed: seed, conditions: conditions)
        try mesh.start("n1", chaos: chaos)
        try mesh.start("n2", chaos: chaos)
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(2))
        return mesh
    }

    func sendNumbers(_ range: Range<UInt64>, from: String, to: String, lane: Lane = .work) throws -> [SendResult] {
        let session = try session(from, to)
        let (node, world) = nodes[from]!
        return try simulation.run(in: world) { await node.sendNumbers(range, lane: lane, to: session) }
    }

    func numbers(at name: String, lane: Lane = .work) throws -> [UInt64] {
        let (node, world) = nodes[name]!
        return try simulation.run(in: world) { await node.numbers(on: lane) }
    }
}
