import Choreography
import Jobs
import Logging
import Membership
import Mesh
import Registers
import TestSupport
import Truth
import World

/// Nodes in this process, over real sockets on 127.0.0.1: an edge that does no work, and stores that do. Each node has a desk for jobs of one
/// kind.
package final class JobMesh<Actor: JobActor> {
    private struct Seat {
        let node: Node
        let truth: TruthService
        let desk: JobDesk<Actor>
    }

    package static var edge: String { "n0" }

    private let directory: String
    private var seats: [String: Seat] = [:]

    private init() {
        var random = SystemWorld().random("mesh")
        directory = "/tmp/gossamer-jobs-\(random.next() % 1_000_000_000)"
    }

    /// Runs `body` with a mesh, and ends it whatever happens.
    /// - Parameters:
    ///   - kind: the kind of work that the jobs order.
    ///   - stores: how many, `n1` and so on; each works too.
    ///   - worker: makes that of a node, by the node's name.
    package static func with(
        _ kind: WorkKind, stores: Int = 3, limits: JobLimits, worker: (String) -> any Worker, _ body: (JobMesh) async throws -> Void
    ) async throws {
        let mesh = JobMesh()
        do {
            try await mesh.start(kind, stores, limits, worker)
            try await body(mesh)
            await mesh.stop()
        } catch {
            await mesh.stop()
            throw error
        }
    }

    /// The desk of a node that runs.
    package subscript(name: String) -> JobDesk<Actor> { seat(name).desk }

    /// The node that looks after a job, as the edge sees it.
    package func home(of job: WorkID) -> String? { seat(Self.edge).truth.explain(ActorName(Actor.kind, of: job).key)?.home?.name }

    /// The nodes that work and run, sorted.
    package var workers: [String] { seats.keys.filter { $0 != Self.edge }.sorted() }

    package func catalogue(at name: String) -> JobCatalogue {
        JobCatalogue(world: SystemWorld(), registers: seat(name).truth.engine, kinds: [JobKind(Actor.self)])
    }

    /// Ends a node without a farewell. What it held in memory is gone, its store too.
    package func kill(_ name: String) async {
        guard let seat = seats.removeValue(forKey: name) else { return }
        await seat.truth.stop()
        await seat.node.stop()
    }

    private static func store(_ index: Int) -> StoreID { StoreID(high: 7, low: UInt64(index)) }

    private func seat(_ name: String) -> Seat {
        guard let seat = seats[name] else { preconditionFailure("\(name) does not run") }
        return seat
    }

    private func start(_ kind: WorkKind, _ stores: Int, _ limits: JobLimits, _ worker: (String) -> any Worker) async throws {
        let names = (1...stores).map { "n\($0)" }
        var seed: MemberAddress?
        for (index, name) in ([Self.edge] + names).enumerated() {
            let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block()), isStore = index > 0
            seed = seed ?? address
            var configuration = NodeConfiguration(
                mesh: String(directory.dropFirst(5)), name: name, bindHost: "127.0.0.1", address: address, seeds: [seed ?? address],
                metadata: MemberMetadata(roles: isStore ? [TruthService.role, kind.name] : []), dataDirectory: "\(directory)/\(name)")
            configuration.errors = TruthService.errors
            var log = Logger(label: name)
            log.logLevel = .critical
            let node = try Node(configuration, world: SystemWorld(), log: log)
            let store = isStore ? MemoryStore(MemoryDisk(id: Self.store(index))) : nil
            let own = isStore ? try FileResults(world: node.world, dataDirectory: configuration.dataDirectory, log: log) : nil
            let truth = try TruthService(
                node: node, store: store, listed: names.map { StoreListing(name: $0, capacity: 100, zone: "") }, actors: [Actor.self],
                kinds: [kind], workers: isStore ? [worker(name)] : [], results: MeshResults(node: node, own: own), log: log)
            let desk = JobDesk<Actor>(
                world: node.world, actors: truth.actors, limits: limits,
                surroundings: .init(results: truth.results, breadth: { truth.breadth(of: kind) }))
            seats[name] = Seat(node: node, truth: truth, desk: desk)
        }
        for name in seats.keys.sorted() {
            try await seat(name).node.start()
            seat(name).truth.start()
        }
        for name in seats.keys.sorted() {
            let seat = seat(name)
            try await eventually("\(name) takes part with all others") {
                seat.truth.configuration != nil && seat.node.decidedMembers.count == stores + 1
                    && (1...stores).allSatisfy { seat.truth.node(of: Self.store($0)) != nil }
                    && (name == Self.edge || seat.truth.standing == .voting)
            }
        }
    }

    private func stop() async {
        for name in seats.keys.sorted() { await kill(name) }
        try? SystemFileSystem().removeTree(directory)
    }
}
