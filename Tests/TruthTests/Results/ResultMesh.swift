import Choreography
import Logging
import Membership
import Mesh
import TestSupport
import Truth
import World

/// Nodes in this process, over real sockets on 127.0.0.1, some of which keep results.
final class ResultMesh {
    private struct Seat {
        let node: Node
        let own: FileResults?
        let results: MeshResults
    }

    private let scratch: Scratch
    private var seats: [String: Seat] = [:]

    private init(_ scratch: Scratch) { self.scratch = scratch }

    /// Runs `body` with a mesh, and ends it whatever happens.
    /// - Parameters:
    ///   - stores: names of the nodes with the role `store`.
    ///   - workers: names of the others.
    ///   - room: bytes that nodes keep, where not as many as usual.
    static func with(
        stores: [String], workers: [String] = [], room: [String: Int] = [:], _ body: (ResultMesh) async throws -> Void
    ) async throws {
        let mesh = ResultMesh(try Scratch())
        do {
            try await mesh.start(stores, workers, room)
            try await body(mesh)
            for name in stores + workers { await mesh.stop(name) }
        } catch {
            for name in stores + workers { await mesh.stop(name) }
            throw error
        }
    }

    subscript(name: String) -> MeshResults {
        guard let seat = seats[name] else { preconditionFailure("\(name) does not run") }
        return seat.results
    }

    /// The paths of a node's files of results; empty for one that keeps none.
    func paths(_ name: String) -> [String] {
        let directory = "\(scratch.path)/\(name)/blobs"
        return ((try? SystemFileSystem().list(directory)) ?? []).map { directory + "/" + $0 }
    }

    private func start(_ stores: [String], _ workers: [String], _ room: [String: Int]) async throws {
        let mesh = scratch.path.split(separator: "/").last.map { String($0) } ?? "mesh"
        var seed: MemberAddress?
        for name in stores + workers {
            let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block())
            seed = seed ?? address
            let isStore = stores.contains(name)
            var configuration = NodeConfiguration(
                mesh: mesh, name: name, bindHost: "127.0.0.1", address: address, seeds: [seed ?? address],
                metadata: MemberMetadata(roles: isStore ? [TruthService.role] : []), dataDirectory: "\(scratch.path)/\(name)")
            configuration.errors = TruthService.errors
            var log = Logger(label: name)
            log.logLevel = .critical
            let node = try Node(configuration, world: SystemWorld(), log: log)
            let own = isStore
                ? try FileResults(
                    world: node.world, dataDirectory: configuration.dataDirectory, bytes: room[name] ?? ResultLimits.storedBytes, log: log)
                : nil
            seats[name] = Seat(node: node, own: own, results: MeshResults(node: node, own: own))
            try await node.start()
        }
        try await settle()
    }

    /// Ends a node without a farewell, and waits until the others know.
    func kill(_ name: String) async throws {
        await stop(name)
        try await settle()
    }

    private func stop(_ name: String) async { await seats.removeValue(forKey: name)?.node.stop() }

    /// Waits until those that run see each other and no other.
    private func settle() async throws {
        let names = seats.keys.sorted()
        for name in names {
            try await eventually("\(name) sees \(names)") {
                seats[name]?.node.members.members.filter { $0.status.isLive }.map(\.name) == names
                    && seats[name]?.node.decidedMembers.map(\.name) == names
            }
        }
    }
}
