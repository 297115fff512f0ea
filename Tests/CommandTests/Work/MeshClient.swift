import Choreography
import Logging
import Membership
import Mesh
import Registers
import Truth
import World

/// A node of this process in a mesh of others: asks for what no edge offers.
enum MeshClient {
    /// - Parameters:
    ///   - port: its own; the two after it are used, too.
    ///   - seeds: ports of the others.
    static func with(_ mesh: TestMesh, port: Int, seeds: [Int], _ body: (TruthService) async throws -> Void) async throws {
        let address = MemberAddress(host: "127.0.0.1", port: port)
        var configuration = NodeConfiguration(
            mesh: mesh.meshName, name: "client", bindHost: "127.0.0.1", address: address,
            seeds: seeds.map { MemberAddress(host: "127.0.0.1", port: $0) }, metadata: MemberMetadata(),
            dataDirectory: mesh.directory + "/client")
        configuration.errors = TruthService.errors
        var log = Logger(label: "client")
        log.logLevel = .critical
        let node = try Node(configuration, world: SystemWorld(), log: log)
        let listed = mesh.names.map { StoreListing(name: $0, capacity: 100, zone: "") }
        let truth = try TruthService(node: node, store: nil, listed: listed, actors: [], log: log)
        do {
            try await node.start()
            truth.start()
            try await mesh.until { truth.configuration != nil }
            try await body(truth)
        } catch {
            await end(node, truth)
            throw error
        }
        await end(node, truth)
    }

    private static func end(_ node: Node, _ truth: TruthService) async {
        await node.leave()
        await truth.stop()
        await node.stop()
    }
}
