import Yams

/// Reads the sections `defaults` and `nodes`.
struct NodesReader {
    /// A node and where it stands. `node` is nil when something about it is wrong, which has then been reported.
    struct Entry {
        let name: Located<String>
        let fields: NodeFields
        let node: TopologyNode?
    }

    let root: Section
    /// The mesh's directory.
    let dataDir: String
    let directory: String

    private var diagnostics: Diagnostics { root.diagnostics }

    func read() -> [Entry] {
        let defaults = root.section("defaults", known: TopologyKeys.defaults)
            .map { NodeFields($0, directory: directory) } ?? .nothing
        var entries: [Entry] = []
        var lineOfName: [String: Int] = [:]
        for (name, section) in sections() {
            let own = NodeFields(section, directory: directory)
            guard let name else { continue }
            if let line = lineOfName[name.value] {
                diagnostics.report(
                    .duplicateNode, at: name.place, value: name.value,
                    "node \"\(name.value)\" is there already (line \(line)); every node needs a name of its own")
                continue
            }
            lineOfName[name.value] = name.place.line
            let fields = own.filled(from: defaults)
            entries.append(
                Entry(name: name, fields: fields, node: node(name.value, fields, at: section.place)))
        }
        return entries
    }

    /// The nodes of a list, or of a mapping by name.
    private func sections() -> [(Located<String>?, Section)] {
        guard let node = root.node("nodes") else {
            diagnostics.report(.missingKey, at: root.place, "the file lists no nodes; give it the key \"nodes\"")
            return []
        }
        var found: [(Located<String>?, Section)] = []
        if case .mapping = node, let byName = root.section("nodes", known: nil) {
            for key in byName.keys {
                guard let section = byName.section(key.value, known: TopologyKeys.node) else { continue }
                if let inner = section.text("name"), inner.value != key.value {
                    section.refuse(inner, "contradicts its key \"\(key.value)\"; remove it")
                }
                if NameText.isValid(key.value) {
                    found.append((key, section))
                } else {
                    byName.refuse(key, "is no name: \(NameText.rule)")
                    found.append((nil, section))
                }
            }
        } else {
            for item in root.items("nodes") ?? [] {
                guard
                    let section = Section(
                        item.value, path: item.place.keyPath, known: TopologyKeys.node, diagnostics: diagnostics)
                else { continue }
                if !section.has("name") {
                    diagnostics.report(.missingKey, at: section.place, "\(item.place.keyPath) has no name; give it one")
                }
                found.append((section.name("name"), section))
            }
        }
        if isEmpty(node) {
            diagnostics.report(.noNodes, at: Place("nodes", node.mark), "\"nodes\" is empty; a mesh has at least one node")
        }
        return found
    }

    private func isEmpty(_ node: Yams.Node) -> Bool {
        switch node {
        case .mapping(let mapping): mapping.isEmpty
        case .sequence(let sequence): sequence.isEmpty
        case .scalar, .alias: false
        }
    }

    private func node(_ name: String, _ fields: NodeFields, at place: Place) -> TopologyNode? {
        let bind = fields.bind?.value ?? "127.0.0.1"
        if !fields.hasPort {
            diagnostics.report(
                .missingKey, at: place,
                "node \"\(name)\" has no port; give it one, or one for all nodes under \"defaults\"")
        }
        let isReachable = fields.advertise != nil || !HostText.isWildcard(bind)
        if !isReachable {
            diagnostics.report(
                .missingKey, at: fields.bind?.place ?? place, value: bind,
                "node \"\(name)\" binds \(bind), which nobody can connect to; say under \"advertise\" where others reach it")
        }
        checkPort(fields.admin, of: name)
        checkPort(fields.edge, of: name)
        guard let port = fields.port?.value, isReachable else { return nil }
        let node = TopologyNode(
            name: name, bind: bind, advertise: fields.advertise?.value ?? bind, port: port,
            // The admin port is for the machine's own people unless the file says otherwise; an edge is where its node is.
            admin: fields.admin?.endpoint(otherwise: "127.0.0.1"), edge: fields.edge?.endpoint(otherwise: bind),
            roles: fields.roles ?? TopologyNode.defaultRoles, zone: fields.zone ?? "", capacity: fields.capacity ?? 100,
            labels: fields.labels, dataDir: fields.dataDir?.value ?? PathText.join(dataDir, name))
        checkSocket(of: node, at: fields.dataDir?.place ?? place)
        return node
    }

    private func checkSocket(of node: TopologyNode, at place: Place) {
        let bytes = node.adminSocket.utf8.count
        guard bytes > TopologyNode.longestSocketPath else { return }
        diagnostics.report(
            .badValue, at: place, value: node.dataDir,
            "the admin socket of node \"\(node.name)\", \(node.adminSocket), has a path of \(bytes) bytes, and "
                + "\(TopologyNode.longestSocketPath) are allowed; give the node a shorter \"dataDir\"")
    }

    private func checkPort(_ fields: NodeFields.EndpointFields?, of name: String) {
        guard let fields, !fields.hasPort else { return }
        diagnostics.report(
            .missingKey, at: fields.place,
            "\"\(fields.place.keyPath)\" has no port, nor has one under \"defaults\"; node \"\(name)\" needs it")
    }
}
