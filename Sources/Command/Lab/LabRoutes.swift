import JSONDocument
import Topology
import Web
import World

/// What a running lab is asked, through a socket in its directory.
struct LabRoutes: RouteGroup {
    let topology: Topology
    let namespace: LabNamespace
    let servers: LabServers
    /// What of the network could not be had, in sentences.
    let missing: [String]
    let world: any World

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/status") { _ in .json(await document) },
            WebRoute(.post, "/servers/{name}/stop") { request in .json(try await change(request) { try await servers.stop($0) }) },
            WebRoute(.post, "/servers/{name}/start") { request in .json(try await change(request) { try await servers.start($0) }) },
        ]
    }

    private func change(_ request: WebRequest, _ body: (LabServer) async throws -> Void) async throws -> JSON {
        let name = request.parameter("name")
        guard let server = LabServer(rawValue: name) else {
            throw Problem.notFound("the lab has no server \"\(name.prefix(40))\"; it has \(LabServer.names)")
        }
        do {
            try await body(server)
        } catch let failure as CommandFailure {
            throw Problem(status: 503, detail: failure.message)
        }
        return await document
    }

    private var document: JSON {
        get async {
            let nodes = topology.nodes.map { node -> JSON in
                let pid = NodeFiles(node).running(world.files)?.pid
                return [
                    "name": .string(node.name), "pid": pid.map { .number($0) } ?? .null, "edge": .text(node.edge.map { "\($0.url)" }),
                ]
            }
            let process = ProcessIdentity.own?.pid
            return [
                "mesh": .string(topology.mesh), "file": .string(topology.file),
                "pid": process.map { .number($0) } ?? .null, "namespace": .string(namespace.rawValue),
                "join": .array((process.map { namespace.joining($0) } ?? []).map { .string($0) }),
                "missing": .array(missing.map { .string($0) }), "servers": await servers.document, "nodes": .array(nodes),
            ]
        }
    }
}

extension LabServer {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
