import Topology
import World
import Yams

/// Reads the section `topology`: a file, or a number of nodes; and what departs from that.
struct DraftReader {
    let root: Section
    let file: String
    let files: any FileSystem

    static let keys = ["file", "nodes", "edges", "override"] + sections
    /// Sections of topology files that a scenario may have.
    static let sections = ["membership", "transport", "primes", limits, "log"]
    private static let limits = "limits"
    /// Unless the scenario has its own: so high that nobody is held up, and counted all the same.
    private static let raisedLimits = "limits: {post: {limit: 1000000}, get: {limit: 1000000}, all: {limit: 1000000}}"
    static let nodeKeys = ["roles", "zone", "capacity", "labels"]
    static let nodesAllowed = 1...50

    func read() -> MeshDraft? {
        let before = root.diagnostics.problems.count
        guard let section = root.section("topology", known: Self.keys) else { return nil }
        let options = OptionsReader(sectionsOf: section)
        (_, _, _, _, _) = (options.membership(), options.transport(), options.primes(), options.limits(), options.log())
        guard section.has("file") != section.has("nodes") else {
            root.diagnostics.report(
                .missingKey, at: section.place,
                "the topology needs either \"file\", a topology file, or \"nodes\", how many there are, and not both")
            return nil
        }
        guard let base = section.has("file") ? fromFile(section) : counted(section) else { return nil }
        let nodes = override(base, section)
        // Sections with a mistake are not written out: they would only be complained of once more.
        guard root.diagnostics.problems.count == before else { return MeshDraft(nodes: nodes, sections: "") }
        let draft = MeshDraft(nodes: nodes, sections: merged(base.sections, section))
        check(draft, section)
        return draft
    }

    /// What a scenario departs from.
    private struct Base {
        let nodes: [MeshDraft.Node]
        let sections: [(String, Yams.Node)]
        /// That a node may have.
        let roles: [String]
    }

    private func counted(_ section: Section) -> Base? {
        guard let count = section.integer("nodes", in: Self.nodesAllowed)?.value else { return nil }
        let edges = section.has("edges") ? section.integer("edges", in: 1...count)?.value : min(2, count)
        guard let edges else { return nil }
        let nodes = (1...count).map { MeshDraft.Node(name: "n\($0)", isEdge: $0 <= edges, extra: []) }
        return Base(nodes: nodes, sections: [], roles: TopologyNode.defaultRoles)
    }

    /// The nodes of a topology file with what they are; ports and directories are the run's own.
    private func fromFile(_ section: Section) -> Base? {
        if let place = section.keys.first(where: { $0.value == "edges" })?.place {
            root.diagnostics.report(
                .badValue, at: place, "\"edges\" goes with a number of nodes; a topology file says itself who is an edge")
        }
        guard let path = section.path("file", beside: PathText.directory(of: file)) else { return nil }
        let topology: Topology, tree: Yams.Node?
        do {
            topology = try Topology.load(path.value, from: files)
            let bytes = (try? files.read(path.value)) ?? []
            tree = try YAMLTree.compose(String(decoding: bytes, as: UTF8.self), file: path.value)
        } catch {
            section.refuse(path, "must name a topology file without mistakes:\n\(error)")
            return nil
        }
        if topology.curve != nil {
            section.refuse(path, "has keys under security.curve; a chaos run has nodes without keys, so take another file")
            return nil
        }
        let nodes = topology.nodes.map { node in
            let labels = node.labels.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)): \(Self.quoted($0.value))" }
            return MeshDraft.Node(name: node.name, isEdge: node.isEdge, extra: [
                "roles: [\(node.roles.joined(separator: ", "))]", "zone: \(Self.quoted(node.zone))",
                "capacity: \(node.capacity / 100).\(node.capacity % 100 < 10 ? "0" : "")\(node.capacity % 100)",
                "labels: {\(labels.joined(separator: ", "))}",
            ])
        }
        guard nodes.contains(where: \.isEdge) else {
            section.refuse(path, "has no edge, and the work of a chaos run comes in through edges; give a node the key \"edge\"")
            return nil
        }
        // The limits of the file are for its clients; a run is a crowd of them at one address.
        let sections = Self.sections.filter { $0 != Self.limits }.compactMap { key in tree?.mapping?[Yams.Node(key)].map { (key, $0) } }
        let roles = Set(topology.nodes.flatMap(\.roles)).union(TopologyNode.defaultRoles).sorted()
        return Base(nodes: nodes, sections: sections, roles: roles)
    }

    /// Double-quoted YAML.
    private static func quoted(_ text: String) -> String {
        "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }

    private func override(_ base: Base, _ section: Section) -> [MeshDraft.Node] {
        guard let overrides = section.section("override", known: base.nodes.map(\.name)) else { return base.nodes }
        return base.nodes.map { node in
            guard let own = overrides.section(node.name, known: Self.nodeKeys) else { return node }
            for role in own.texts("roles") ?? [] where !base.roles.contains(role.value) {
                own.refuse(role, "must be a role that nodes of this mesh have", known: base.roles)
            }
            guard root.diagnostics.problems.isEmpty else { return node }
            let lines = own.keys.flatMap { key in own.node(key.value).map { Self.lines(key.value, $0) } ?? [] }
            let kept = node.extra.filter { line in !own.keys.contains { line.hasPrefix("\($0.value):") } }
            return MeshDraft.Node(name: node.name, isEdge: node.isEdge, extra: kept + lines)
        }
    }

    /// The scenario's own sections in the place of the file's.
    private func merged(_ sections: [(String, Yams.Node)], _ section: Section) -> String {
        var lines: [String] = []
        for key in Self.sections {
            guard let node = section.node(key) ?? sections.first(where: { $0.0 == key })?.1 else { continue }
            lines += Self.lines(key, node)
        }
        if !section.has(Self.limits) { lines.append(Self.raisedLimits) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(_ key: String, _ node: Yams.Node) -> [String] {
        let text = (try? Yams.serialize(node: Yams.Node([(Yams.Node(key), node)]))) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Whatever else may be wrong with it shows when the file of a run is read as any topology file.
    private func check(_ draft: MeshDraft, _ section: Section) {
        let ports = draft.nodes.indices.map { 20_000 + $0 * MeshDraft.portsPerNode }
        let text = draft.text(mesh: "chaos", ports: ports, dataDir: "mesh")
        do { _ = try Topology.parse(text, file: "the topology of the run") } catch {
            for problem in error.problems {
                root.diagnostics.report(
                    problem.code, at: section.place, value: problem.value, problem.sentence, suggestion: problem.suggestion)
            }
        }
    }
}
