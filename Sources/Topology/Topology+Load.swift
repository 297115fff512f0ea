import World
import Yams

extension Topology {
    /// A topology file is a page or two; what is larger is another file, and is not read into a tree.
    static let maximumFileBytes = 4 << 20

    /// Reads and checks a topology file.
    ///
    /// - Parameters:
    ///   - check: see ``parse(_:file:check:)``.
    ///   - read: answers a file's bytes.
    /// - Throws: every problem of the file at once. Whoever starts nodes from it has started none.
    public static func load(
        _ path: String, check: (Topology) -> [TopologyProblem] = { _ in [] },
        read: (String) throws(FileError) -> [UInt8]
    ) throws(TopologyError) -> Topology {
        let bytes: [UInt8]
        do {
            bytes = try read(path)
        } catch {
            throw unreadable(path, "the file cannot be read: \(error.reason)")
        }
        guard bytes.count <= maximumFileBytes else {
            throw unreadable(path, "the file has \(bytes.count) bytes; a topology file has at most \(maximumFileBytes)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw unreadable(path, "the file is no UTF-8 text; save it as UTF-8")
        }
        return try parse(text, file: path, check: check)
    }

    /// The same, from a disk.
    public static func load(
        _ path: String, from files: any FileSystem, check: (Topology) -> [TopologyProblem] = { _ in [] }
    ) throws(TopologyError) -> Topology {
        try load(path, check: check) { path throws(FileError) in try files.read(path) }
    }

    private static func unreadable(_ path: String, _ sentence: String) -> TopologyError {
        TopologyError([TopologyProblem(code: .unreadable, file: path, sentence: sentence)])
    }

    /// Checks the text of a topology file.
    ///
    /// - Parameters:
    ///   - file: the file's path, for messages, and because relative paths in it begin at its directory.
    ///   - check: what the rooms that use the figures find wrong with them. Asked too when something is wrong already, so
    ///     that all is reported at once: then about a topology without what is wrong, down to one without nodes.
    public static func parse(
        _ text: String, file: String, check: (Topology) -> [TopologyProblem] = { _ in [] }
    ) throws(TopologyError) -> Topology {
        let tree = try YAMLTree.compose(text, file: file)
        let diagnostics = Diagnostics(file: file)
        guard let tree else {
            throw unreadable(file, "the file is empty; it needs at least the keys \"mesh\" and \"nodes\"")
        }
        guard let root = Section(tree, path: "", known: TopologyKeys.root, diagnostics: diagnostics) else {
            throw TopologyError(diagnostics.problems)
        }
        return try read(root, file: file, check: check)
    }

    private static func read(
        _ root: Section, file: String, check: (Topology) -> [TopologyProblem]
    ) throws(TopologyError) -> Topology {
        let diagnostics = root.diagnostics
        let directory = PathText.directory(of: file)
        if !root.has("mesh") {
            diagnostics.report(
                .missingKey, at: root.place, "the mesh has no name; give the file the key \"mesh\", such as mesh: local")
        }
        let mesh = root.name("mesh")?.value ?? "mesh"
        let dataDir =
            root.path("dataDir", beside: directory)?.value ?? PathText.join(directory, ".gossamer/\(mesh)")
        let entries = NodesReader(root: root, dataDir: dataDir, directory: directory).read()
        let seeds = SeedsReader(root: root, entries: entries).read()
        let nodes = entries.compactMap(\.node)
        if !nodes.isEmpty, nodes.allSatisfy({ !$0.roles.contains("store") }) {
            diagnostics.warn(
                .noStores, at: root.place,
                "no node has the role \"store\": the mesh never begins, and its edges answer 503; give it to at least one")
        }
        NodeConflicts(entries: entries, diagnostics: diagnostics).check()
        let options = OptionsReader(root: root, directory: directory, entries: entries)
        let (membership, transport, curve) = (options.membership(), options.transport(), options.curve())
        let (lookup, primes, limits) = (options.lookup(), options.primes(), options.limits())
        let (admin, log) = (options.admin(), options.log())
        let topology = Topology(
            file: file, mesh: mesh, nodes: nodes, seeds: seeds, dataDir: dataDir,
            membership: membership, transport: transport, curve: curve, lookup: lookup, primes: primes, limits: limits,
            admin: admin, log: log,
            warnings: diagnostics.warnings, locations: diagnostics.locations)
        // In a section that has a fault already, a second one may only follow from the first.
        let faulty = diagnostics.problems.map { section(of: $0) }
        let further = check(topology).filter { !faulty.contains(section(of: $0)) }
        let problems = diagnostics.problems + further
        guard problems.isEmpty else { throw TopologyError(problems) }
        return topology
    }

    /// `membership` of `membership.probeTimeout`, `nodes[2]` of `nodes[2].port`.
    private static func section(of problem: TopologyProblem) -> Substring { problem.keyPath.prefix { $0 != "." } }
}
