import Topology
import World
import Yams

extension Scenario {
    /// A scenario is a page; what is larger is another file.
    static let maximumFileBytes = 1 << 20
    static let keys = ["name", "description", "limit", "patience", "topology", "workload", "steps", "expect", "bites"]

    /// Reads and checks a scenario file.
    /// - Throws: every problem of the file at once, each at its line.
    package static func load(_ path: String, from files: any FileSystem) throws(TopologyError) -> Scenario {
        let bytes: [UInt8]
        do { bytes = try files.read(path) } catch { throw unreadable(path, "the file cannot be read: \(error.reason)") }
        guard bytes.count <= maximumFileBytes else {
            throw unreadable(path, "the file has \(bytes.count) bytes; a scenario has at most \(maximumFileBytes)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw unreadable(path, "the file is no UTF-8 text; save it as UTF-8")
        }
        return try parse(text, file: path, files: files)
    }

    private static func unreadable(_ path: String, _ sentence: String) -> TopologyError {
        TopologyError([TopologyProblem(code: .unreadable, file: path, sentence: sentence)])
    }

    /// Checks the text of a scenario file.
    /// - Parameter files: for the topology file that it may name.
    package static func parse(_ text: String, file: String, files: any FileSystem) throws(TopologyError) -> Scenario {
        guard let tree = try YAMLTree.compose(text, file: file) else {
            throw unreadable(file, "the file is empty; it needs the keys \"name\", \"topology\", \"workload\" and \"expect\"")
        }
        let diagnostics = Diagnostics(file: file)
        guard let root = Section(tree, path: "", known: keys, diagnostics: diagnostics) else {
            throw TopologyError(diagnostics.problems)
        }
        return try ScenarioReader(root: root, file: file, files: files).read()
    }
}

/// Reads a scenario from its YAML tree.
struct ScenarioReader {
    let root: Section
    let file: String
    let files: any FileSystem

    /// No wait of a scenario is longer.
    static let longest = Duration.seconds(3_600)

    private var diagnostics: Diagnostics { root.diagnostics }

    func read() throws(TopologyError) -> Scenario {
        for key in ["name", "topology", "workload", "expect"] where !root.has(key) {
            diagnostics.report(.missingKey, at: root.place, "the scenario lacks the key \"\(key)\"")
        }
        let name = root.name("name")
        if let name, name.value.utf8.count > 40 {
            root.refuse(name, "must have at most 40 characters, because it becomes part of the paths of sockets")
        }
        let description = root.shortText("description")?.value ?? ""
        let limit = root.limitedDuration("limit") ?? .seconds(180), patience = root.limitedDuration("patience") ?? .seconds(20)
        let mesh = DraftReader(root: root, file: file, files: files).read()
        let workload = WorkloadReader(root: root, limit: limit).read()
        let steps = StepsReader(root: root, nodes: mesh?.names ?? [], limit: limit).read()
        let phrases = PhrasesReader(root: root, steps: steps, workload: workload)
        let expectations = phrases.expectations(), bites = phrases.bites()
        if !steps.isEmpty, !root.has("bites") {
            diagnostics.report(
                .missingKey, at: root.place,
                "the scenario does harm but lacks the key \"bites\": what shows that the harm was felt, such as \"resent > 0\"")
        }
        guard diagnostics.problems.isEmpty, let name, let mesh else { throw TopologyError(diagnostics.problems) }
        return Scenario(
            file: file, name: name.value, description: description, limit: limit, patience: patience, mesh: mesh, workload: workload,
            steps: steps, expectations: expectations, bites: bites)
    }
}

extension Section {
    /// A duration of at most ``ScenarioReader/longest``.
    func limitedDuration(_ key: String, from least: Duration = .milliseconds(1)) -> Duration? {
        let demand = "must be a duration from \(DurationNotation.format(least)) to 1h with its unit, such as 500ms, 8s or 2m"
        guard let text = plain(key, demand) else { return nil }
        guard let duration = DurationNotation.parse(text.value), duration >= least, duration <= ScenarioReader.longest else {
            refuse(text, demand)
            return nil
        }
        return duration
    }
}
