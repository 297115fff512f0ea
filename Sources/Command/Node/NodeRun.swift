import Glibc
import Logging
import Mesh
import Primes
import Topology
import Truth
import World

/// The life of a node's process: one life of the node after the other, until somebody asks for the end.
struct NodeRun {
    let topology: Topology
    let node: TopologyNode
    let allowsFaults: Bool
    let mutations: Set<Mutation>
    let world: any World
    private let log = Logger(label: "node")

    /// How long a drained node may take to finish the work it has.
    static let drainLimit: Duration = .seconds(3_600)

    init(topology: Topology, node: TopologyNode, allowsFaults: Bool, mutations: Set<Mutation> = [], world: any World) {
        self.topology = topology
        self.node = node
        self.allowsFaults = allowsFaults
        self.mutations = mutations
        self.world = world
    }

    func run(until requests: EndRequests) async throws {
        world.spawn("impatience") { [world] in
            await requests.impatience(world)
            exit(ExitStatus.interrupted.rawValue)
        }
        while true {
            switch try await live(requests) {
            case .ended: return
            case .superseded(let life): log.notice("the mesh holds this life for over; beginning another", metadata: ["above": "\(life)"])
            }
        }
    }

    private enum Ending {
        case ended
        case superseded(life: UInt64)
    }

    /// One life: from its first word to its last.
    private func live(_ requests: EndRequests) async throws -> Ending {
        let mesh = try make()
        let doors: NodeDoors
        do {
            let store = try await NodeDoors.openStore(of: node, mesh.world, log)
            doors = try NodeDoors(topology: topology, node: node, mesh: mesh, store: store, log: log, requests: requests)
        } catch {
            await mesh.stop()
            throw error
        }
        do {
            try await doors.open()
        } catch {
            await mesh.stop()
            throw error
        }
        log.notice("the node is up", metadata: [
            "life": "\(mesh.identity.life)", "mesh": "\(topology.mesh)", "address": "\(node.address)",
        ])
        let renewal = world.spawn("renewal") {
            for await life in mesh.lifeOver { requests.request(.renew(above: life)) }
        }
        defer { renewal.cancel() }
        let request = await requests.next()
        log.notice("ending", metadata: ["because": "\(request)"])
        if case .renew(let life) = request {
            await doors.close()
            await mesh.stop()
            try mesh.raiseLife(above: life)
            return .superseded(life: life)
        }
        if case .drain = request { try await drain(mesh, doors) }
        // Clients first: what they are told must not come from a node that is no member any more.
        await doors.closeEdge()
        await mesh.leave()
        await doors.close()
        await mesh.stop()
        log.notice("the node has left")
        return .ended
    }

    private func make() throws(CommandFailure) -> Node {
        // A node's world ends with it; a next life has one of its own.
        let world = SystemWorld(mutations: mutations)
        var configuration = try NodeConfiguration(node, of: topology, files: world.files)
        configuration.errors = TruthService.errors
        configuration.allowsFaults = allowsFaults
        if let text = Mutation.text(mutations) { configuration.metadata.labels[Mutation.label] = text }
        do { return try Node(configuration, world: world, log: log) } catch { throw CommandFailure(error) }
    }

    /// Takes no new work, and waits until what there is has been done.
    private func drain(_ mesh: Node, _ doors: NodeDoors) async throws {
        try await mesh.drain()
        // By then everybody has decided on a view in which this node has no roles.
        try await world.sleep(for: mesh.configuration.membership.quietLimit)
        let deadline = world.now + Self.drainLimit
        while world.now < deadline {
            let parts = await doors.partsInHand()
            if parts == 0 && !mesh.actors().contains(where: { $0.unfinishedCalls > 0 }) { return }
            try await world.sleep(for: .milliseconds(100))
        }
    }
}

extension CommandFailure {
    /// What kept a node from starting.
    init(_ error: any Error) {
        guard let error = error as? NodeError else {
            self.init(.software, "\(error)")
            return
        }
        let status: ExitStatus = switch error.code {
        case .bind: .unavailable
        case .dataDirectory: .ioError
        case .configuration: .usage
        case .system: .software
        }
        self.init(status, error.message)
    }
}
