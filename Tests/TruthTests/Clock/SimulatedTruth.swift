import Choreography
import Logging
import Membership
import Mesh
import Registers
import TestSupport
import Transport
import Truth
import World

/// Whole nodes with stores, replicas and couriers in virtual time, each with a wall clock of its own.
final class SimulatedTruth {
    struct Seat {
        let world: SimulatedWorld
        let node: Node
        let truth: TruthService
        let store: MemoryStore
        let log: LogLines
    }

    let simulation: Simulation
    private let network: SimulatedNetwork
    private let names: [String]
    private let actors: [any DurableActor.Type]
    /// Of work that these order, and that nobody does.
    private let kinds: [WorkKind]
    /// Of states, that the nodes' programs know.
    private let schemas: StateSchemas
    private(set) var seats: [String: Seat] = [:]

    /// A mesh that has begun, all of whose stores vote.
    init(
        seed: UInt64, stores: Int, actors: [any DurableActor.Type], kinds: [WorkKind] = [], schemas: StateSchemas = .program
    ) throws {
        (self.schemas, self.kinds) = (schemas, kinds)
        simulation = Simulation(seed: seed)
        network = SimulatedNetwork(simulation)
        names = (1...stores).map { "n\($0)" }
        self.actors = actors
        for (number, name) in names.enumerated() { try start(name, MemoryDisk(id: storeID(UInt64(number + 1)))) }
        try wait("the mesh begins") { self.seats.values.allSatisfy { $0.truth.standing == .voting && $0.node.decidedMembers.count == stores } }
        simulation.run(for: .seconds(5))
    }

    subscript(name: String) -> Seat {
        guard let seat = seats[name] else { preconditionFailure("\(name) does not run") }
        return seat
    }

    /// What a wall clock shows that is right.
    var truth: WallTime { WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000 + simulation.now.nanoseconds) }

    private func start(_ name: String, _ disk: MemoryDisk, wallAhead: Duration = .zero, schemas: StateSchemas? = nil) throws {
        let world = SimulatedWorld(simulation, name: name), loop = world.makeEventLoop()
        world.wallClockOffset = wallAhead
        var configuration = NodeConfiguration(
            mesh: "simulated", name: name, bindHost: name, address: MemberAddress(host: name, port: 1000),
            seeds: names.map { MemberAddress(host: $0, port: 1000) }, metadata: MemberMetadata(roles: [TruthService.role]), dataDirectory: "/data")
        configuration.errors = TruthService.errors
        let lines = LogLines(), log = Logger(label: name) { _ in lines }, network = network
        let node = try Node(configuration, world: world, loop: loop, log: log) { network.sockets(for: name, loop: loop) }
        let store = MemoryStore(disk)
        let truth = try TruthService(
            node: node, store: store, listed: names.map { StoreListing(name: $0, capacity: 100, zone: "") }, actors: actors,
            kinds: kinds, schemas: schemas ?? self.schemas, log: log)
        seats[name] = Seat(world: world, node: node, truth: truth, store: store, log: lines)
        try simulation.run(in: world) {
            try await node.start()
            truth.start()
        }
    }

    /// The process dies, and its next life begins at once, on the same disk.
    /// - Parameter disk: another, such as an older copy.
    func restart(_ name: String, on disk: MemoryDisk? = nil, wallAhead: Duration = .zero, schemas: StateSchemas? = nil) throws {
        let seat = self[name]
        kill(name)
        try start(name, disk ?? seat.store.cut(keepsPending: true), wallAhead: wallAhead, schemas: schemas)
    }

    /// The process dies.
    func kill(_ name: String) {
        self[name].world.kill()
        network.kill(name)
        seats[name] = nil
    }

    func setClock(of name: String, ahead: Duration) { self[name].world.wallClockOffset = ahead }

    func wait(_ what: String, _ condition: () -> Bool) throws {
        let end = simulation.now + .seconds(60)
        while !condition() {
            guard simulation.now < end else { throw Timeout(what: what) }
            simulation.run(for: .milliseconds(20))
        }
    }

    /// Lets time pass until a wall clock that is right shows this.
    func run(until time: WallTime) { simulation.run(for: .nanoseconds(time.nanosecondsSince1970 - truth.nanosecondsSince1970)) }

    /// A living actor of this kind whose home is that node, by the sight of all.
    func actor(_ kind: String, at home: String) throws -> ActorName {
        for number in 0..<1_000 {
            guard let actor = ActorName(kind, named: "a\(number)") else { continue }
            if seats.values.allSatisfy({ $0.truth.explain(actor.key)?.home?.name == home }) { return actor }
        }
        throw Timeout(what: "\(home) is the home of some \(kind)")
    }

    func ask<Value: Sendable>(at name: String, _ body: @escaping @Sendable (TruthService) async throws -> Value) throws -> Value {
        let seat = self[name]
        return try simulation.run(in: seat.world) { try await body(seat.truth) }
    }
}
