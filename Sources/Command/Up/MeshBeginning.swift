import JSONDocument
import Topology
import Web
import World

/// Waits until a mesh has begun: until all nodes that run go by the configuration of one mesh.
struct MeshBeginning {
    let topology: Topology
    /// Who must know the mesh.
    let nodes: [TopologyNode]
    let timeout: Duration
    let world: any World

    /// Returns the id of the mesh.
    /// - Throws: `timedOut` with what is missing, `negative` when there are two meshes.
    func wait() async throws -> String {
        let deadline = world.now + timeout
        while true {
            let answers = await ask()
            let ids = Set(answers.compactMap { $0.document?["mesh"]?.string }).sorted()
            if ids.count > 1 { throw CommandFailure(.negative, Self.apart(answers)) }
            if let id = ids.first, answers.allSatisfy({ $0.document?["mesh"]?.string == id }) { return id }
            guard world.now < deadline else {
                throw CommandFailure(
                    .timedOut, "after \(DurationText.short(timeout)) the mesh has not begun: \(missing(answers)); the nodes run on, and it "
                        + "begins once that is put right")
            }
            try await world.sleep(for: .milliseconds(50))
        }
    }

    private struct Answer {
        let node: String
        let document: JSON?
    }

    private func ask() async -> [Answer] {
        var answers: [Answer] = []
        for node in nodes {
            let answer = try? await HTTPAsker().ask(AdminPoint(node, of: topology).base, "/stores", timeout: .seconds(1))
            answers.append(Answer(node: node.name, document: answer.flatMap { $0.isSuccess ? $0.json : nil }))
        }
        return answers
    }

    private func missing(_ answers: [Answer]) -> String {
        if let obstacle = answers.lazy.compactMap({ $0.document?["obstacle"]?.string }).first { return obstacle }
        if let silent = answers.first(where: { $0.document == nil }) { return "\(silent.node) does not answer" }
        let stores = topology.nodes.filter { $0.roles.contains("store") }.map(\.name)
        guard let first = stores.first else { return "\(topology.file) gives no node the role store" }
        guard nodes.contains(where: { $0.name == first }) else { return "\(first), the first-named store, would begin it and does not run here" }
        return answers.filter { $0.document?["mesh"]?.string == nil }.map(\.node).joined(separator: ", ") + " know no mesh yet"
    }

    private static func apart(_ answers: [Answer]) -> String {
        let rows = answers.compactMap { answer in answer.document?["mesh"]?.string.map { "\(answer.node) belongs to mesh \($0)" } }
        return rows.joined(separator: ", ") + ": stop those that are wrong here and remove their data directories"
    }
}
